#!/usr/bin/env bash
# Mutation tests: plants one fault after the other and asks the fast tests whether they notice. Arguments: the
# parts (risk, matching, journal; without any, all of them). What no test noticed stands in
# target/mutants/PART/mutants.out/missed.txt, and docs/TESTING.md says what it means.
#
#   MUTANTS_SECONDS  when to stop, 14400 (four hours) if it is not said
#   MUTANTS_SHARD    such as 1/4: only these, of each part
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
report_at_end
need_rust
need_mutants
need_nextest

seconds_max="${MUTANTS_SECONDS:-14400}"
results="$target_directory/mutants"
# Short: what a hundred sequences would not find, five rarely miss. And a fault that takes memory without end
# must not take the machine's.
export PROPTEST_CASES="${PROPTEST_CASES:-5}" BOLERO_RANDOM_ITERATIONS="${BOLERO_RANDOM_ITERATIONS:-200}"
ulimit -v $((12 << 20))
export NEXTEST_PROFILE=mutants
# A trace for each of the thousand panics while a sequence is made short takes longer than all else.
unset RUST_BACKTRACE
# The copy of the tree that is changed gets a target directory of its own.
unset CARGO_TARGET_DIR

# Arguments of cargo mutants for a part: what is changed, and after `--` the tests that must notice.
arguments_of() {
    local file
    case "$1" in
        risk)
            printf '%s\n' --package rialto-risk --test-package rialto-risk,rialto-engine \
                -- --tests
            ;;
        matching)
            for file in matching sweep taker trading lifecycle book ladder orders chains expiry; do
                printf '%s\n' --file "engine/src/$file.rs"
            done
            printf '%s\n' --test-package rialto-engine -- --tests
            ;;
        journal)
            for file in recovery recovered survey walk repair group tip; do
                printf '%s\n' --file "journal/src/$file.rs"
            done
            printf '%s\n' --test-package rialto-journal -- --tests
            ;;
        *)
            printf 'There is no part %s; there are risk, matching and journal.\n' "$1" >&2
            return 1
            ;;
    esac
}

count() {
    wc --lines <"$results/$1/mutants.out/$2.txt"
}

parts=("$@")
if [[ ${#parts[@]} -eq 0 ]]; then
    parts=(risk matching journal)
fi
shard=()
if [[ -n "${MUTANTS_SHARD:-}" ]]; then
    shard=(--shard "$MUTANTS_SHARD")
fi

outcome=0
for part in "${parts[@]}"; do
    step "mutants of $part"
    left=$((seconds_max - SECONDS))
    if [[ "$left" -le 0 ]]; then
        printf 'No time was left for %s: scripts/mutants.sh %s does it.\n' "$part" "$part"
        outcome=1
        continue
    fi
    listed="$(arguments_of "$part")"
    mapfile -t arguments <<<"$listed"
    mkdir -p "$results/$part"
    status=0
    timeout --signal=INT "$left" cargo mutants --no-shuffle --jobs 1 --build-timeout 600 --colors never \
        --output "$results/$part" "${shard[@]}" "${arguments[@]}" || status=$?
    printf '%s: %d caught, %d timed out, %d unviable, %d missed\n' "$part" \
        "$(count "$part" caught)" "$(count "$part" timeout)" "$(count "$part" unviable)" "$(count "$part" missed)"
    # 2: some were missed, and are to be looked at; 3: some never ended, which is noticed too.
    if [[ "$status" -ne 0 && "$status" -ne 2 && "$status" -ne 3 ]]; then
        outcome=1
    fi
done
exit "$outcome"
