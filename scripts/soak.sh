#!/usr/bin/env bash
# The long versions of the random tests: the same tests, with RIALTO_SOAK set. Takes hours.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
report_at_end
need_rust
need_nextest

step "soak"
RIALTO_SOAK="${RIALTO_SOAK:-1}" cargo nextest run --locked --workspace --profile soak "$@"
