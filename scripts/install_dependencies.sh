#!/usr/bin/env bash
# Installs the Debian packages that Stepcast needs; does nothing, quietly, when all are there.
#   scripts/install_dependencies.sh [build|train|check]
# build: what ./run needs. train: also what stepcast-train needs. check: also compilers and tools of
# ./check. Default: check.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

# Why each is there: docs/decisions/0003-dependencies.md.
build_packages=(
  build-essential cmake ninja-build ccache
  libexpected-dev libfmt-dev libeigen3-dev libboost1.81-dev
  libtomlplusplus-dev nlohmann-json3-dev libcli11-dev libspdlog-dev
  libsoci-dev libsqlite3-dev libpq-dev libssl-dev libargon2-dev libcurl4-openssl-dev libavahi-client-dev
  libmosquitto-dev
  libopencv-core-dev libopencv-imgproc-dev libopencv-imgcodecs-dev libopencv-dnn-dev
)
# Training only; half a gigabyte that no printer needs.
train_packages=(libtorch-dev libopenblas0-openmp libonnx-dev libprotobuf-dev)
check_packages=(
  git clang clang-tidy clang-format libclang-rt-14-dev
  libgtest-dev libgmock-dev libbenchmark-dev
  python3 python3-venv python3-dev mosquitto openssl curl chromium
)

group="${1:-check}"
case "$group" in
  build) wanted=("${build_packages[@]}") ;;
  train) wanted=("${build_packages[@]}" "${train_packages[@]}") ;;
  check) wanted=("${build_packages[@]}" "${train_packages[@]}" "${check_packages[@]}") ;;
  *) die "unknown group '$group'; use build, train or check" ;;
esac

command -v apt-get >/dev/null ||
  die "this script knows Debian 12 only; install the equivalents of: ${wanted[*]}"

is_installed() {
  [[ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" == installed ]]
}

# Boost 1.74 and 1.81 own the same files; apt would remove one behind the user's back.
if is_installed libboost1.74-dev; then
  die "libboost1.74-dev conflicts with libboost1.81-dev; remove it first: apt-get remove libboost1.74-dev"
fi

missing=()
for package in "${wanted[@]}"; do
  is_installed "$package" || missing+=("$package")
done
if [[ ${#missing[@]} -eq 0 ]]; then
  exit 0
fi

printf 'installing: %s\n' "${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
install_missing() {
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    "${missing[@]}"
}
# The package lists are fetched only when the ones at hand cannot do it.
log="$(mktemp)"
trap 'rm -f "$log"' EXIT
if ! install_missing >"$log" 2>&1; then
  as_root apt-get update -qq >>"$log" 2>&1 || true
  if ! install_missing >>"$log" 2>&1; then
    tail -n 20 "$log" >&2
    die "the packages above could not be installed"
  fi
fi
printf 'installed %d packages\n' "${#missing[@]}"
