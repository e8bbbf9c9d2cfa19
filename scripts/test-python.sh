#!/usr/bin/env bash
# The tests of the Python client: its style and types, and then against a real exchange. Installs its packages
# into target/python.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

client=clients/python
environment="$target_directory/python"
if ! command -v python3 >/dev/null || ! python3 -c 'import ensurepip, venv' 2>/dev/null; then
    install_packages python3 python3-venv
fi
if [[ ! -x "$environment/bin/pip" ]]; then
    python3 -m venv --clear "$environment"
fi
retry "$environment/bin/pip" install --quiet --disable-pip-version-check --requirement "$client/requirements-test.txt"

# The tests start this binary; building it in the tests' own profile costs nothing more.
if [[ -z "${RIALTO_BIN:-}" ]]; then
    cargo build --locked --quiet -p rialto-exchange --bin rialto
    export RIALTO_BIN="$target_directory/debug/rialto"
fi

cd "$client"
"$environment/bin/ruff" format --check --quiet
"$environment/bin/ruff" check --quiet
"$environment/bin/mypy" --no-error-summary
"$environment/bin/python" -m pytest -q
