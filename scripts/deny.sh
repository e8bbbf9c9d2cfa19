#!/usr/bin/env bash
# Holds third-party code against deny.toml. Arguments: the checks to run, such as `licenses sources`.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
need_deny
retry cargo fetch --locked --quiet
cargo deny --locked --log-level error check --hide-inclusion-graph "$@"
