#!/bin/bash
# SPDX-License-Identifier: MIT
# Builds a release and runs every benchmark; each leaves its figures as JSON in build/bench.
set -euo pipefail
cd "$(dirname "$0")/.."

usage() {
  cat <<'TEXT'
usage: bench/run.sh [PART...]

  micro      Google Benchmark: ports, codec, JSON, lifecycle, logs   -> port_registry.json, codec.json, json.json, lifecycle.json,
             log_pipeline.json
  footprint  memory, idle CPU and start, containers simulated  -> node_footprint.json
  overhead   commands on a real engine, which it starts (root) -> node_overhead.json
  live       the live view on a real engine (root)             -> node_live.json
  logs       log streams of a real engine (root)               -> node_logs.json

Without a part: all of them. Figures are only worth something on a machine that is otherwise idle: each program waits
for that, at most DOCKHOST_BENCH_WAIT seconds (default 600), and then runs in any case; the pressure is in its output.
DOCKHOST_BENCH_DIR: an existing build (preset bench) to use instead of build/bench, which is built first.
TEXT
}

parts=()
for word in "$@"; do
  case $word in
    micro | footprint | overhead | live | logs) parts+=("$word") ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
  esac
done
[ ${#parts[@]} -gt 0 ] || parts=(micro footprint overhead live logs)
wants() { case " ${parts[*]} " in *" $1 "*) ;; *) return 1 ;; esac; }

# shellcheck source=scripts/lib.sh
. scripts/lib.sh

# Share of the last 10 s in which somebody waited for a processor, %, whole.
pressure() { sed -n 's/^some avg10=\([0-9]*\).*/\1/p' /proc/pressure/cpu 2>/dev/null || true; }

wait_for_quiet() {
  local end=$((SECONDS + ${DOCKHOST_BENCH_WAIT:-600})) now
  while now=$(pressure) && [ -n "$now" ] && [ "$now" -ge 15 ]; do
    if [ $SECONDS -ge $end ]; then
      note "the machine does not get quiet (CPU pressure $now %): the figures will be worse than it can do"
      return
    fi
    sleep 2
  done
}

failed=0
# measure NAME COMMAND...: its stdout becomes NAME.json, once it is complete. A program that fails ends the run with 1
# after the others; what it has measured all the same is kept.
measure() {
  local name=$1
  shift
  wait_for_quiet
  say "$name"
  "$@" >"$out/$name.json.part" || failed=1
  [ -s "$out/$name.json.part" ] || { rm "$out/$name.json.part"; return; }
  mv "$out/$name.json.part" "$out/$name.json"
  note "$out/$name.json"
}

micro() {
  local program
  for program in port_registry codec json lifecycle log_pipeline; do
    measure "$program" "$build/bench/${program}_bench" --benchmark_format=json
  done
}

build=${DOCKHOST_BENCH_DIR:-}
if [ -z "$build" ]; then
  install_packages build
  dpkg-query -W -f '${Status}' libbenchmark-dev 2>/dev/null | grep -q 'ok installed' || apt_install libbenchmark-dev
  build_preset bench dockhost dockhost_benchmarks
  build=$PWD/build/bench
fi
out=$PWD/build/bench
mkdir -p "$out"
ensure_node
if wants footprint || wants overhead || wants live || wants logs; then
  npm_ci tests/e2e
fi

! wants micro || micro
! wants footprint || measure node_footprint node bench/node_footprint.mjs "$build/apps/dockhost"
if wants overhead || wants live || wants logs; then
  install_packages run
  if ! command -v dockerd >/dev/null || ! command -v docker >/dev/null; then apt_install docker.io; fi
fi
# with_engine NAME: the script of that name, on a real engine.
with_engine() {
  measure "$1" as_root scripts/with-test-engine.sh node "bench/$1.mjs" "$build/apps/dockhost" --peers "$build/bench/peers"
}
! wants overhead || with_engine node_overhead
! wants live || with_engine node_live
! wants logs || with_engine node_logs

say "Figures"
node bench/report.mjs "$out"
exit $failed
