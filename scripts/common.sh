# shellcheck shell=bash
# What the scripts share: steps with their times, retries, and the tools that are not part of Rust.
# Sourced, not run. Everything it installs goes below target/, Debian packages aside.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

target_directory="$(realpath --canonicalize-missing "${CARGO_TARGET_DIR:-target}")"
tools_directory="$target_directory/tools"
export PATH="$tools_directory/bin:$PATH"

nextest_version=0.9.143
deny_version=0.20.2
mutants_version=27.1.0

current_step="preparation"

# Names the step that follows, and says how long the one before took.
step() {
    end_step
    current_step="$1"
    step_began=$SECONDS
    printf '\n==> %s\n' "$current_step"
}

end_step() {
    if [[ -n "${step_began:-}" ]]; then
        printf '    %s: %d s\n' "$current_step" $((SECONDS - step_began))
    fi
}

# Prints the outcome and the total time when the script ends, however it ends.
report_at_end() {
    trap 'report $?' EXIT
}

report() {
    local minutes=$((SECONDS / 60)) seconds=$((SECONDS % 60))
    if [[ "$1" -eq 0 ]]; then
        end_step
        printf '\nAll passed in %d min %02d s.\n' "$minutes" "$seconds"
    else
        printf '\nFailed at: %s (after %d min %02d s).\n' "$current_step" "$minutes" "$seconds" >&2
    fi
}

# Runs a command until it succeeds, four times at most: package servers have bad moments.
retry() {
    local attempt pause=5
    for attempt in 1 2 3; do
        if "$@"; then
            return 0
        fi
        printf 'Attempt %d of "%s" failed; again in %d s.\n' "$attempt" "$*" "$pause" >&2
        sleep "$pause"
        pause=$((pause * 3))
    done
    "$@"
}

# Installs Debian packages. Only called when something they bring is missing.
install_packages() {
    local as_root=()
    if ! command -v apt-get >/dev/null; then
        printf 'Please install these packages (or what your system calls them): %s\n' "$*" >&2
        return 1
    fi
    if [[ "$(id -u)" -ne 0 ]]; then
        if ! command -v sudo >/dev/null; then
            printf 'Please install as root: apt-get install %s\n' "$*" >&2
            return 1
        fi
        as_root=(sudo)
    fi
    retry "${as_root[@]}" apt-get update -q
    retry "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -q -y --no-install-recommends "$@"
}

# Rust itself has to be there; rustfmt and clippy come with it or through rustup.
need_rust() {
    if ! command -v cargo >/dev/null; then
        printf 'cargo is not installed; https://rustup.rs says how.\n' >&2
        return 1
    fi
    if ! command -v cc >/dev/null; then
        install_packages build-essential
    fi
    if ! cargo fmt --version >/dev/null 2>&1 || ! cargo clippy --version >/dev/null 2>&1; then
        retry rustup component add rustfmt clippy
    fi
}

# Installs a cargo tool into target/tools, unless the machine has it. Arguments: name, version, and what
# cargo install should know besides. It is built for a short build, not for speed; what a failed attempt
# has built is kept for the next one.
need_cargo_tool() {
    local name="$1" version="$2"
    shift 2
    if cargo "$name" --version >/dev/null 2>&1; then
        return 0
    fi
    step "install cargo-$name (once, a few minutes)"
    retry env CARGO_TARGET_DIR="$tools_directory/build" \
        CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 CARGO_PROFILE_RELEASE_DEBUG=false \
        CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_OPT_LEVEL=1 \
        cargo install --quiet --locked --root "$tools_directory" "$@" "cargo-$name@$version"
    rm -rf "$tools_directory/build"
}

# Takes promtool out of the Debian package of Prometheus into target/tools, unless the machine has it. The package
# is not installed: that would start a service.
need_promtool() {
    if command -v promtool >/dev/null; then
        return 0
    fi
    if ! command -v apt-get >/dev/null; then
        printf 'Please install promtool, which comes with Prometheus.\n' >&2
        return 1
    fi
    local directory="$tools_directory/prometheus"
    mkdir -p "$directory" "$tools_directory/bin"
    if ! (cd "$directory" && apt-get download -q prometheus); then
        retry apt-get update -q
        (cd "$directory" && retry apt-get download -q prometheus)
    fi
    dpkg-deb --extract "$directory"/prometheus_*.deb "$directory"
    cp "$directory/usr/bin/promtool" "$tools_directory/bin/promtool"
    rm -rf "$directory"
}

need_nextest() {
    need_cargo_tool nextest "$nextest_version" --no-default-features --features default-no-update
}

need_deny() {
    need_cargo_tool deny "$deny_version"
}

need_mutants() {
    need_cargo_tool mutants "$mutants_version"
}
