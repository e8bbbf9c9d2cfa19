#!/usr/bin/env bash
# Our own benchmarks, then the same messages beside other engines. With `all` also a minute of the input ring with
# the journal on (up to 24 GB on the disk, removed afterwards), and the tables of docs/BENCHMARKS.md are renewed.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
report_at_end
need_rust

results=target/bench
mkdir -p "$results"

step "build"
cargo build --release --locked -p rialto-exchange --bin rialto
cargo build --release --locked -p rialto-benches --bins
cargo build --release --locked --manifest-path comparison/Cargo.toml --target-dir "$target_directory"
binaries="$target_directory/release"
export RIALTO_BIN="${RIALTO_BIN:-$binaries/rialto}"

step "our own"
"$binaries/rialto-benches" --output "$results/summary.json"

step "beside others"
"$binaries/rialto-comparison" --output "$results/comparison.json"

if [[ "${1:-}" == all ]]; then
    step "a minute with the journal on"
    "$binaries/rialto-benches" --sustained 60 --output "$results/sustained.json"

    step "instructions"
    scripts/bench-instructions.sh check

    step "tables of docs/BENCHMARKS.md"
    "$binaries/bench-tables" "$results" docs/BENCHMARKS.md
fi
