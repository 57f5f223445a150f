#!/usr/bin/env bash
# Installs the PyPI packages that tests talk to (tests/peers/requirements.txt) and those of which they
# need only a library that lies within (libraries.txt) into a virtual environment, build/peers; does
# nothing when they are there.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

wanted="$ROOT/tests/peers/requirements.txt"
peers="$ROOT/build/peers"
libraries="$ROOT/tests/peers/libraries.txt"
if cmp -s <(cat "$wanted" "$libraries") "$peers/installed.txt"; then
  exit 0
fi
mkdir -p "$ROOT/build"
# From scratch: a package that is no longer wanted must not stay.
rm -rf "$peers"
python3 -m venv "$peers"
"$peers/bin/pip" install --quiet --disable-pip-version-check --requirement "$wanted"
# What they need as Python modules would be 60 MB more.
"$peers/bin/pip" install --quiet --disable-pip-version-check --no-deps --requirement "$libraries"
cat "$wanted" "$libraries" >"$peers/installed.txt"
printf 'installed the peers of the tests into %s\n' "$peers"
