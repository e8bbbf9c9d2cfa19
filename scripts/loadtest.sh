#!/usr/bin/env bash
# Measures an exchange from outside: round trips, and the replay of a recorded order flow.
#
#   FILE     order flow to replay (the columns are those of LOBSTER's message files); none: no replay
#   ADDRESS  host:port of a running exchange, with KEYS naming its key file; none: one of its own is
#            started with the demo's accounts in a temporary directory, and stopped at the end
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
report_at_end
need_rust

step "build"
cargo build --release --locked -p rialto-exchange -p rialto-loadtest
binaries="$target_directory/release"

# Whether something accepts connections at host:port.
is_listening() {
    (exec 3<>"/dev/tcp/${1%:*}/${1##*:}") 2>/dev/null
}

# Starts an exchange on a free port, and sets ADDRESS and KEYS.
start_exchange() {
    data_directory="$(mktemp --directory)"
    local port=20000
    while is_listening "127.0.0.1:$port"; do
        port=$((port + 1))
    done
    ADDRESS="127.0.0.1:$port"
    KEYS="$data_directory/demo-keys.json"
    "$binaries/rialto" serve --demo --data "$data_directory" --listen "$ADDRESS" &
    exchange=$!
    trap 'stop_exchange $?' EXIT
    local attempt
    for attempt in {1..600}; do
        if is_listening "$ADDRESS" && [[ -e "$KEYS" ]]; then
            return 0
        fi
        if ! kill -0 "$exchange" 2>/dev/null; then
            printf 'The exchange ended before it answered at %s.\n' "$ADDRESS" >&2
            return 1
        fi
        sleep 0.1
    done
    printf 'The exchange does not answer at %s after 60 s.\n' "$ADDRESS" >&2
    return 1
}

stop_exchange() {
    if kill -TERM "$exchange" 2>/dev/null; then
        wait "$exchange" || true
    fi
    rm -rf "$data_directory"
    report "$1"
}

if [[ -z "${ADDRESS:-}" ]]; then
    step "start an exchange"
    start_exchange
fi

step "round trips"
"$binaries/rialto-loadtest" ping --address "$ADDRESS" --keys "$KEYS"

if [[ -n "${FILE:-}" ]]; then
    step "replay of $FILE"
    "$binaries/rialto-loadtest" replay "$FILE" --address "$ADDRESS" --keys "$KEYS"
fi
