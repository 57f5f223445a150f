#!/usr/bin/env bash
# Rules of the repository that no compiler knows. Prints every offence; fails if there is one.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
cd "$ROOT"

# A longer file is split before it gains a feature (see CONTRIBUTING.md).
max_lines=800

offences=0
offend() {
  printf '%s\n' "$*"
  offences=$((offences + 1))
}

mapfile -t code < <(repository_files '*.cpp' '*.hpp' '*.c' '*.h' '*.cmake' 'CMakeLists.txt' '*.sh' check run)
mapfile -t texts < <(repository_files '*.md' '*.toml' && printf '%s\n' "${code[@]}")
mapfile -t pages < <(repository_files '*.md')

# Links in the documentation lead somewhere. Code blocks and code words hold no links.
for page in "${pages[@]}"; do
  while IFS= read -r target; do
    target="${target%%#*}"
    [[ -z "$target" || "$target" =~ ^[a-z]+: ]] && continue
    [[ -e "$(dirname "$page")/$target" ]] || offend "$page: the link to '$target' leads nowhere"
  done < <(awk '/^[[:space:]]*```/ {code = !code; next} !code {gsub(/`[^`]*`/, ""); print}' "$page" |
    grep -oE '\]\([^) ]+' | sed 's/^](//' || true)
done

for file in "${code[@]}"; do
  lines="$(wc -l <"$file")"
  ((lines <= max_lines)) || offend "$file: $lines lines, above the limit of $max_lines"
done

# The words are put together here so that this file does not offend itself.
for word in 'TO''DO' 'FIX''ME' 'XX''X:'; do
  while IFS= read -r hit; do
    offend "$hit (finish it, or open an issue)"
  done < <(grep -nH "$word" "${code[@]}" /dev/null || true)
done
while IFS= read -r hit; do
  offend "$hit (a path of one machine)"
done < <(grep -nHE '(^|[^A-Za-z0-9_.-])/(wor''k|hom''e/[a-z]+|roo''t)/' "${texts[@]}" /dev/null || true)

for file in "${code[@]}"; do
  case "$file" in
    *.hpp) grep -q '^#pragma once' "$file" || offend "$file: no '#pragma once'" ;;
    *.sh | check | run) bash -n "$file" || offend "$file: does not parse" ;;
  esac
done

# A source that no target names would never be compiled.
while IFS= read -r source; do
  folder="$(dirname "$source")"
  until [[ -f "$folder/CMakeLists.txt" || "$folder" == . ]]; do
    folder="$(dirname "$folder")"
  done
  grep -qF "${source#"$folder"/}" "$folder/CMakeLists.txt" ||
    offend "$source: not named in $folder/CMakeLists.txt"
done < <(repository_files '*.cpp' | grep -E '^(src|apps|device|bench)/' || true)

for folder in src/*/; do
  [[ ! -f "$folder/CMakeLists.txt" || -f "$folder/README.md" ]] || offend "$folder: no README.md"
done

if ((offences > 0)); then
  printf '%d offences\n' "$offences"
  exit 1
fi
printf '%d files are clean\n' "${#texts[@]}"
