#!/usr/bin/env bash
# The long versions of the random tests: the same tests, with RIALTO_SOAK set. Takes hours.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
report_at_end
need_rust
need_nextest

# RIALTO_SOAK is for our own tests, PROPTEST_CASES counts the cases of each property, and the last two
# are how many inputs, for at most how long, bolero tries on each fuzz target.
export RIALTO_SOAK="${RIALTO_SOAK:-1}"
export PROPTEST_CASES="${PROPTEST_CASES:-1000}"
export BOLERO_RANDOM_ITERATIONS="${BOLERO_RANDOM_ITERATIONS:-1000000000}"
export BOLERO_RANDOM_TEST_TIME_MS="${BOLERO_RANDOM_TEST_TIME_MS:-600000}"

step "soak"
cargo nextest run --locked --workspace --profile soak "$@"
