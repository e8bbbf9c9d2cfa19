#!/usr/bin/env bash
# Measures an exchange from outside: round trips, a load, and the replay of a recorded order flow.
#
#   RATE       messages a second of the load; by default 10000
#   FILE       order flow to replay (the columns are those of LOBSTER's message files); none: no replay
#   ADDRESS    host:port of a running exchange; none: one of its own is started on a free port, with its
#              data in a temporary directory, and stopped at the end
#   ADMIN_KEY  the admin-key.json of the exchange at ADDRESS, with which an instrument is set up
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

# Whether the exchange at host:port says that it has recovered.
is_healthy() {
    local status
    status="$(
        exec 3<>"/dev/tcp/${1%:*}/${1##*:}"
        printf 'GET /healthz HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n' "$1" >&3
        head -n 1 <&3
    )" 2>/dev/null
    [[ "$status" == *" 200 "* ]]
}

# Starts an exchange on a free port, and sets ADDRESS and ADMIN_KEY.
start_exchange() {
    data_directory="$(mktemp --directory)"
    local port=20000
    while is_listening "127.0.0.1:$port"; do
        port=$((port + 1))
    done
    ADDRESS="127.0.0.1:$port"
    ADMIN_KEY="$data_directory/admin-key.json"
    # Whoever measures an exchange does not want to measure the limits that protect it.
    RIALTO__GATEWAY__ORDERS_PER_SECOND=0 RIALTO__GATEWAY__CANCELS_PER_SECOND=0 \
        "$binaries/rialto" serve --data "$data_directory" --listen "$ADDRESS" &
    exchange=$!
    trap 'stop_exchange $?' EXIT
    local attempt
    for attempt in {1..600}; do
        if is_listening "$ADDRESS" && is_healthy "$ADDRESS"; then
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
elif [[ -z "${ADMIN_KEY:-}" ]]; then
    printf 'ADDRESS is given, so ADMIN_KEY must name the admin-key.json of that exchange.\n' >&2
    exit 2
fi

step "round trips"
"$binaries/rialto-loadtest" ping --address "$ADDRESS" --admin-key "$ADMIN_KEY"

step "load"
"$binaries/rialto-loadtest" run --rate "${RATE:-10000}" --output target/load \
    --address "$ADDRESS" --admin-key "$ADMIN_KEY"

if [[ -n "${FILE:-}" ]]; then
    step "replay of $FILE"
    "$binaries/rialto-loadtest" replay "$FILE" --address "$ADDRESS" --admin-key "$ADMIN_KEY"
fi
