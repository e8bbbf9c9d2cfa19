#!/usr/bin/env bash
# Everything that must pass before a change is merged, cheap checks first. Needs a Rust toolchain and,
# the first time, the network for packages; installs the other tools itself.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
report_at_end

need_rust

step "formatting"
cargo fmt --all --check
cargo fmt --manifest-path comparison/Cargo.toml --check

step "house rules (cargo xtask tidy)"
retry cargo fetch --locked
retry cargo fetch --locked --manifest-path comparison/Cargo.toml --quiet
cargo xtask tidy

step "generated code is fresh (cargo xtask codegen)"
cargo xtask codegen --check

step "clippy"
cargo clippy --locked --workspace --all-targets -- -D warnings

need_deny
step "licences, bans and sources"
scripts/deny.sh licenses bans sources

need_nextest
step "tests"
cargo nextest run --locked --workspace

step "the simulator finds a fault that was planted"
cargo run --locked --quiet -p rialto-simulator --features planted-fault-skip-chain -- --count 1000 --expect-failure

step "a panic of the core that was planted"
cargo nextest run --locked -p rialto-exchange --features planted-fault-panic --test process poison

step "alert rules"
scripts/test-deploy.sh

step "examples in the documentation"
cargo test --locked --workspace --doc --quiet

step "documentation builds"
RUSTDOCFLAGS="-D warnings" cargo doc --locked --workspace --no-deps --document-private-items --quiet

step "instructions of the hot path"
scripts/bench-instructions.sh check

step "Python client"
scripts/test-python.sh
