#!/bin/sh
# SPDX-License-Identifier: MIT
# Fails if clang-format would change any C++ file, or if a source file lacks its licence line.
set -eu
cd "$(dirname "$0")/.."

# Without a usable git (an unpacked archive), every file that is there counts.
files=$(git ls-files '*.hpp' '*.cpp' 2>/dev/null) ||
  files=$(find . -name build -prune -o -name node_modules -prune -o \( -name '*.hpp' -o -name '*.cpp' \) -print)
[ -n "$files" ] || { echo "check-format: no C++ file found" >&2; exit 1; }

status=0
# shellcheck disable=SC2086 # file names of this repository hold no white space
clang-format --dry-run -Werror $files || status=1
for file in $files; do
  [ -f "$file" ] || continue
  read -r first < "$file" || true
  [ "$first" = "// SPDX-License-Identifier: MIT" ] || { echo "$file: the first line is not the licence line"; status=1; }
done
echo "check-format: $(echo "$files" | wc -l) files, $([ $status = 0 ] && echo all well || echo NOT well)"
exit $status
