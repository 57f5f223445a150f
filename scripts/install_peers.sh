#!/usr/bin/env bash
# Installs the PyPI packages that tests talk to (tests/peers/requirements.txt) into a virtual
# environment, build/peers; does nothing when they are there.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

wanted="$ROOT/tests/peers/requirements.txt"
peers="$ROOT/build/peers"
if cmp -s "$wanted" "$peers/installed.txt"; then
  exit 0
fi
mkdir -p "$ROOT/build"
# From scratch: a package that is no longer wanted must not stay.
rm -rf "$peers"
python3 -m venv "$peers"
"$peers/bin/pip" install --quiet --disable-pip-version-check --requirement "$wanted"
cp "$wanted" "$peers/installed.txt"
printf 'installed the peers of the tests into %s\n' "$peers"
