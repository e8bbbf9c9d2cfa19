#!/usr/bin/env bash
# Shows what the chain of the journal's checksums does: plays the same histories with the chain and without it, in a
# world where the other defence, zeros over a tail that was cut off, is taken away. Argument: how many histories, 20,000
# if it is not said. Succeeds when none fails with the chain, and without it some do, for want of the right records.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
need_rust

count="${1:-20000}"

play() {
    cargo run --locked --quiet -p rialto-simulator "$@" | tail -n 1
}

history=(--world unzeroed-tails --count "$count" --keep-going)
printf 'with the chain:    '
play -- "${history[@]}"
printf 'without the chain: '
play --features planted-fault-skip-chain -- "${history[@]}" --expect-failure
