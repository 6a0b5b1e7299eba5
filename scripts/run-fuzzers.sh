#!/bin/bash
# SPDX-License-Identifier: MIT
# Runs the fuzz targets of build/fuzz, two at a time, each for DOCKHOST_FUZZ_SECONDS (60) from its committed corpus.
#
#   scripts/run-fuzzers.sh [TARGET...]     default: all
#
# Fails where a target finds anything: a property that does not hold, a crash, a leak, an input that takes 5 s, more
# than a gigabyte. What it found is in build/fuzz/run/TARGET/, beside the log; such an input belongs into
# tests/fuzz/corpus/TARGET/ once it is mended.
set -euo pipefail
cd "$(dirname "$0")/.."

export seconds=${DOCKHOST_FUZZ_SECONDS:-60}
export ASAN_OPTIONS=detect_leaks=1:quarantine_size_mb=64 UBSAN_OPTIONS=print_stacktrace=1
mapfile -t targets < <(if [ $# -gt 0 ]; then printf '%s\n' "$@"; else cat build/fuzz/fuzz_targets; fi)

run_one() {
  local target=$1 run=build/fuzz/run/$1 status=0 figures
  rm -rf "$run"
  mkdir -p "$run/corpus"
  cp "tests/fuzz/corpus/$target/"* "$run/corpus/"
  timeout -k 10 $((seconds + 120)) "build/fuzz/tests/fuzz/fuzz_$target" "$run/corpus" -max_total_time="$seconds" \
    -max_len=4096 -timeout=5 -rss_limit_mb=1024 -artifact_prefix="$run/" >"$run/log" 2>&1 || status=$?
  figures=$(sed -n 's|^#\([0-9]*\)\sDONE *cov: \([0-9]*\) ft: \([0-9]*\) corp: \([0-9]*\)/.*exec/s: \([0-9]*\).*|\1 runs, \5 per second, coverage \2, features \3, corpus \4|p' "$run/log")
  if [ $status = 0 ] && [ -n "$figures" ]; then
    printf '%-18s %s\n' "$target" "$figures"
    return 0
  fi
  printf '%-18s FAILED (%s), see %s\n' "$target" "$status" "$run"
  grep -v '^#[0-9]*\s' "$run/log" | tail -n 60
  return 1
}
export -f run_one

status=0
printf '%s\n' "${targets[@]}" | xargs -n 1 -P 2 bash -c 'run_one "$1"' run || status=1
[ $status = 0 ] || exit 1
echo "${#targets[@]} fuzz targets found nothing in $seconds s each"
