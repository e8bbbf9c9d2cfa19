#!/usr/bin/env bash
# Measures a running exchange from outside. Without ADDRESS it starts one of its own, with the demo's
# accounts, in a temporary directory, and stops it at the end. FILE names a recorded order flow to replay.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
need_rust

binaries="$target_directory/release"
cargo build --release --locked -p rialto-exchange -p rialto-loadtest
