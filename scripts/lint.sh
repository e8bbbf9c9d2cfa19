#!/usr/bin/env bash
# The style checks alone, and the advisories of RustSec where their database can be fetched.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
report_at_end

advisory_database=https://github.com/RustSec/advisory-db

need_rust

step "formatting"
cargo fmt --all --check
cargo fmt --manifest-path comparison/Cargo.toml --check

step "house rules (cargo xtask tidy)"
cargo xtask tidy

step "generated code is fresh (cargo xtask codegen)"
cargo xtask codegen --check

step "clippy"
cargo clippy --locked --workspace --all-targets -- -D warnings
cargo clippy --locked --manifest-path comparison/Cargo.toml --target-dir "$target_directory" \
    --all-targets -- -D warnings

step "documentation builds"
RUSTDOCFLAGS="-D warnings" cargo doc --locked --workspace --no-deps --document-private-items --quiet

need_deny
step "licences, bans and sources"
scripts/deny.sh licenses bans sources

step "advisories"
if timeout 20 git ls-remote --quiet --exit-code "$advisory_database" HEAD >/dev/null 2>&1; then
    scripts/deny.sh advisories
else
    printf 'Not checked: %s cannot be reached from here.\n' "$advisory_database"
fi
