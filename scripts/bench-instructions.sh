#!/usr/bin/env bash
# Counts the instructions of the hot path under valgrind. Argument: `check` (the default) holds them against
# benches/instructions.json, `write` renews that file.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

if [[ "$(uname -s)" != Linux ]]; then
    printf 'Instructions are not counted on %s: the committed figures are for Linux.\n' "$(uname -s)"
    exit 0
fi
if ! command -v valgrind >/dev/null; then
    install_packages valgrind
fi

# The figures are for the processor that a release is built for, not for the one at hand.
unset RUSTFLAGS CARGO_ENCODED_RUSTFLAGS CARGO_BUILD_RUSTFLAGS
cargo build --release --locked --quiet --no-default-features -p rialto-benches --bin instructions
"$target_directory/release/instructions" "${1:-check}"
