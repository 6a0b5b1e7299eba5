#!/bin/bash
# SPDX-License-Identifier: MIT
# Installs what is missing, builds, and runs every test. What CI runs.
set -euo pipefail
cd "$(dirname "$0")"

usage() {
  cat <<'TEXT'
usage: ./test.sh [PART...]

  checks    formatting, who includes whom, the trouble table
  tidy      clang-tidy on the layers without actors and sockets
  unit      tests that need nothing but the program
  web       the dashboard: types, unit tests, its build, and the page in Chromium before a server of its own
  engine    tests on a real Docker engine, which the run itself starts in namespaces of its own (root)
  e2e       tests with real peers too: npm's socket.io, ssh, Chromium (root)
  sanitize  the unit tests again, under AddressSanitizer and UndefinedBehaviorSanitizer
  fuzz      the fuzz targets, each for a minute (DOCKHOST_FUZZ_SECONDS), two at a time, beside engine and e2e

Without a part: all of them. What they leave to look at is in build/test/Testing, build/test/e2e and
build/fuzz/run; screenshots of the dashboard are in build/test/e2e/page (on a real node) and build/test/web-pages.
TEXT
}

all=(checks tidy unit web engine e2e sanitize fuzz)
parts=()
for word in "$@"; do
  case $word in
    checks | tidy | unit | web | engine | e2e | sanitize | fuzz) parts+=("$word") ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
  esac
done
[ ${#parts[@]} -gt 0 ] || parts=("${all[@]}")
wants() { case " ${parts[*]} " in *" $1 "*) ;; *) return 1 ;; esac; }

# shellcheck source=scripts/lib.sh
. scripts/lib.sh

summary=()
failures=()
failed=0
# record NAME STATUS SECONDS [WHAT CTEST SAID]
record() {
  local word="${green}ok${plain}    "
  [ "$2" = 0 ] || { word="${red}FAILED${plain}"; failed=1; }
  summary+=("$(printf '%-9s %s %5s s  %s' "$1" "$word" "$3" "${4:-}")")
}

# what_failed LOG: the tests that failed and the first lines of what they said, 40 lines at most. Repeated at the very end,
# because of a long run often only the end is kept.
what_failed() {
  {
    sed -n '/^The following tests FAILED:/,/^Errors while running CTest/p' "$1" | grep -E '^\s+[0-9]+ - ' || true
    # GoogleTest's and the page's own words; where there are none (a compiler's, a formatter's), the end of the log.
    grep -A 7 -E ': Failure$|^FAILED  |AddressSanitizer|runtime error:|^fuzz.* FAILED' "$1" || grep -qE 'tests failed out of' "$1" || tail -n 15 "$1"
  } | cut -c 1-300 | head -n 40
}

# part NAME COMMAND...: runs one part to its end, whatever came before.
part() {
  local name=$1 start=$SECONDS status=0 log=build/$1.log
  shift
  say "$name"
  mkdir -p build
  "$@" 2>&1 | tee "$log" || status=$?
  record "$name" "$status" $((SECONDS - start)) \
    "$(grep -E 'tests passed|fuzz targets found|passed, [0-9]+ failed' "$log" | tail -n 1)"
  [ $status = 0 ] || failures+=("$name"$'\n'"$(what_failed "$log")")
}

# build_for PARTS PRESET [TARGET...]: builds what these parts stand on. Where that fails, it is recorded and they are left out.
build_for() {
  local dependents=$1 preset=$2 start=$SECONDS name kept=()
  shift
  ! build_preset "$@" || return 0
  record build 1 $((SECONDS - start)) "preset $preset; not run for it: $dependents"
  failures+=("the build (preset $preset)"$'\n'"$(build_errors "$preset" | cut -c 1-300 | head -n 40)")
  for name in "${parts[@]}"; do
    case " $dependents " in *" $name "*) ;; *) kept+=("$name") ;; esac
  done
  parts=("${kept[@]}")
}

checks() {
  local status=0 check
  for check in 'scripts/check-format.sh' 'scripts/check-layering.py --self-test' 'scripts/check-layering.py' \
    'scripts/check-trouble-table.py --self-test' 'scripts/check-trouble-table.py'; do
    # shellcheck disable=SC2086 # a program and its flag
    $check || status=1
  done
  return $status
}

# run_ctest PRESET LABELS [FLAG...]
run_ctest() {
  local preset=$1 labels=$2
  shift 2
  ctest --test-dir "build/$preset" -L "$labels" --output-on-failure --no-tests=error --timeout 600 "$@"
}

# On a real engine: the engine and its tests share a network and mount namespace of their own.
real_ctest() {
  as_root env CI="${CI:-}" scripts/with-test-engine.sh \
    ctest --test-dir "$PWD/build/test" -L "$1" --output-on-failure --no-tests=error --timeout 600
}

# The layers that hold the decisions. (The others' headers, CAF's and Asio's, take clang-tidy a quarter of an hour.)
tidy() {
  run-clang-tidy -quiet -j 2 -p build/test "^$PWD/(core|json|protocol|store|platform)/.*\\.cpp$" 2>/dev/null >build/tidy.txt && return
  grep -vE '^(clang-tidy|\[)' build/tidy.txt
  return 1
}

web() (
  shots=$PWD/build/test/web-pages
  cd web || exit
  export NO_COLOR=1
  npm run --silent typecheck && npm test --silent && npm run --silent build && npm run --silent check-browser -- "$shots"
)

# The tests with real peers mostly wait, so what keeps the processor busy runs beside them and gives way: the fuzz targets,
# then the sanitized build. Gives way not by much, as a target's input has 5 s by the clock.
beside_pid=''
start_beside() {
  mkdir -p build
  rm -f build/fuzz.status
  set -m # a process group of its own, so that a Ctrl-C ends all of it
  {
    status=0
    renice -n 5 -p "$BASHPID" >/dev/null
    if wants fuzz; then
      scripts/run-fuzzers.sh >build/fuzz.txt 2>&1 || status=$?
      echo $status >build/fuzz.status
    fi
    ! wants sanitize || build_preset sanitize dockhost_unit_tests >/dev/null 2>&1
  } &
  set +m
  beside_pid=$!
  trap 'kill -- "-$beside_pid" 2>/dev/null || true' EXIT
}

finish_beside() {
  tail --pid="$beside_pid" -f /dev/null
}

fuzz() {
  cat build/fuzz.txt
  return "$(cat build/fuzz.status || echo 1)"
}

sanitizer_options() {
  export ASAN_OPTIONS=detect_leaks=1:strict_string_checks=1 UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1
}

say "Looking for what is missing"
groups=(build test)
if wants engine || wants e2e; then
  groups+=(run)
fi
if wants sanitize || wants fuzz; then
  groups+=(clang)
fi
install_packages "${groups[@]}"
if wants engine || wants e2e; then
  command -v dockerd >/dev/null && command -v docker >/dev/null || apt_install docker.io
fi

! wants checks || part checks checks
if wants tidy || wants unit || wants engine || wants e2e; then
  ensure_node
  ensure_promtool
  npm_ci tests/e2e
  npm_ci conf/demo
  build_for 'tidy unit engine e2e' test
fi
! wants tidy || part tidy tidy
if wants web; then
  ensure_node
  npm_ci web
  part web web
fi
! wants unit || part unit run_ctest test '^unit$' -j 2
! wants fuzz || build_for fuzz fuzz dockhost_fuzzers
if wants fuzz || wants sanitize; then
  start_beside
fi
if wants engine && wants e2e; then
  part 'engine+e2e' real_ctest '^(engine|e2e)$'
else
  ! wants engine || part engine real_ctest '^engine$'
  ! wants e2e || part e2e real_ctest '^e2e$'
fi
if [ -n "$beside_pid" ]; then
  say "Waiting for what runs beside"
  finish_beside
fi
! wants fuzz || part fuzz fuzz
! wants sanitize || build_for sanitize sanitize dockhost_unit_tests
if wants sanitize; then
  sanitizer_options
  part sanitize run_ctest sanitize '^unit$' -j 2
fi

say "Summary (after $((SECONDS / 60)) min $((SECONDS % 60)) s)"
printf '    %s\n' "${summary[@]}"
for failure in "${failures[@]}"; do
  say "What failed in $failure"
done
exit $failed
