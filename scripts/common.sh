# Sourced by the scripts of this folder and by ./run and ./check.
# shellcheck shell=bash

# A precompiled header changes with every build folder, though not in what it means.
export CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime

ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"

die() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

# Runs a command as root: directly, or by sudo.
as_root() {
  if [[ "$(id -u)" -eq 0 ]]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    die "installing packages needs root; run this as root or install sudo"
  fi
}

# Files of the repository that match the patterns, one a line; also without git.
repository_files() {
  if git -C "$ROOT" rev-parse --is-inside-work-tree >/dev/null 2>&1; then
    # Deleted but not yet committed files are still listed, hence the test.
    git -C "$ROOT" ls-files -- "$@" | while IFS= read -r file; do
      [[ ! -f "$ROOT/$file" ]] || printf '%s\n' "$file"
    done
  else
    local pattern
    for pattern in "$@"; do
      (cd "$ROOT" && find . -path ./build -prune -o -name "$pattern" -type f -print) | sed 's|^\./||'
    done | sort -u
  fi
}
