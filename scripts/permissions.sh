#!/usr/bin/env bash
# Writes docs/permissions.md from the routes of the daemon that is built in BUILD (default: build/dev).
set -euo pipefail
cd "$(dirname "$0")/.."
build=${1:-build/dev}
STEPCASTD=$PWD/$build/apps/stepcastd/stepcastd STEPCAST_SOURCE_DIR=$PWD \
  python3 -B tests/e2e/stepcastd/permissions_test.py --write
