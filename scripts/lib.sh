# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034 # colours and the namespace are used by who sources this
# Shared by run.sh and test.sh: what is missing is installed, built, started; all of it bounded and repeatable.
# To be sourced by bash from the repository's root.

if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
  bold=$'\e[1m' dim=$'\e[2m' red=$'\e[31m' green=$'\e[32m' plain=$'\e[0m'
else
  bold='' dim='' red='' green='' plain=''
fi
say() { printf '%s==>%s %s\n' "$bold" "$plain" "$*"; }
note() { printf '    %s%s%s\n' "$dim" "$*" "$plain"; }
die() { printf '%serror:%s %s\n' "$red" "$plain" "$*" >&2; exit 1; }

as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    die "this needs root, and there is no sudo: $*"
  fi
}

# ------------------------------------------------------------------------------------------------ packages

apt_install() {
  command -v apt-get >/dev/null || die "not a Debian: please install these by hand: $*"
  say "Installing: $*"
  local options=(-o Acquire::Retries=3 -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0)
  local log
  log=$(mktemp)
  as_root apt-get "${options[@]}" -qq update >"$log" 2>&1 \
    && as_root env DEBIAN_FRONTEND=noninteractive apt-get "${options[@]}" -qq -y --no-install-recommends install "$@" >"$log" 2>&1 \
    || { tail -n 30 "$log" >&2; rm -f "$log"; die "the packages could not be installed"; }
  rm -f "$log"
}

# install_packages GROUP...: what scripts/packages.txt lists for these groups and is not there yet.
install_packages() {
  local group package missing=()
  while read -r group package _; do
    case " $* " in *" $group "*) ;; *) continue ;; esac
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
  done < <(grep -v -e '^#' -e '^$' scripts/packages.txt)
  [ ${#missing[@]} = 0 ] || apt_install "${missing[@]}"
}

# Node.js 18 or later and npm, from wherever they already are.
ensure_node() {
  local missing=()
  node -e 'process.exit(Number(process.versions.node.split(".")[0]) >= 18 ? 0 : 1)' 2>/dev/null || missing+=(nodejs)
  command -v npm >/dev/null || missing+=(npm)
  [ ${#missing[@]} = 0 ] || apt_install "${missing[@]}"
}

# promtool, out of its package: installing that would bring a service and a user along.
ensure_promtool() {
  local folder=$PWD/build/promtool
  PATH=$PATH:$folder/usr/bin
  command -v promtool >/dev/null && return
  command -v apt-get >/dev/null || die "not a Debian: please install promtool by hand"
  say "Fetching promtool"
  rm -rf "$folder"
  mkdir -p "$folder"
  (as_root apt-get -o Acquire::Retries=3 -qq update && cd "$folder" && apt-get -o Acquire::Retries=3 -qq download prometheus &&
    dpkg-deb --fsys-tarfile prometheus_*.deb | tar -x ./usr/bin/promtool && rm prometheus_*.deb) >"$folder/log" 2>&1 ||
    { tail -n 30 "$folder/log" >&2; die "promtool could not be fetched"; }
}

# npm_ci FOLDER: its locked packages, unless exactly these are there.
npm_ci() {
  local stamp=$1/node_modules/.dockhost-lock
  cmp -s "$1/package-lock.json" "$stamp" && return
  note "npm ci in $1"
  (cd "$1" && timeout -k 10 300 npm ci --no-audit --no-fund --loglevel=error </dev/null >/dev/null) || die "npm ci failed in $1"
  cp "$1/package-lock.json" "$stamp"
}

# ------------------------------------------------------------------------------------------------ build

# As many compilers as there are cores, but no more than memory bears (1.5 GiB each).
build_jobs() {
  local cores memory
  cores=$(nproc)
  memory=$(awk '/MemAvailable/ { print int($2 / 1572864) }' /proc/meminfo)
  [ "$memory" -ge 1 ] || memory=1
  echo $((cores < memory ? cores : memory))
}

# build_errors NAME: what a build that failed said.
build_errors() {
  grep -E -A 12 'error|FAILED' "build/$1/build.log" | head -n 80 || tail -n 40 "build/$1/build.log"
}

# build_preset NAME [TARGET...]: quiet unless it fails; then it says why and returns 1.
build_preset() {
  local preset=$1 log start=$SECONDS
  shift
  mkdir -p "build/$preset"
  log=build/$preset/build.log
  say "Building ($preset)"
  if ! { cmake --preset "$preset" && cmake --build "build/$preset" -j "$(build_jobs)" ${1:+--target "$@"}; } >"$log" 2>&1; then
    build_errors "$preset" >&2
    printf '%serror:%s the build failed: %s\n' "$red" "$plain" "$log" >&2
    return 1
  fi
  note "done in $((SECONDS - start)) s"
}

# ------------------------------------------------------------------------------------------------ processes

# stop_process PID SECONDS: SIGTERM, then SIGKILL; gives the process's own exit status.
stop_process() {
  local pid=$1 end=$((SECONDS + $2)) status=0
  kill -TERM "$pid" 2>/dev/null || true
  while kill -0 "$pid" 2>/dev/null && [ $SECONDS -lt $end ]; do sleep 0.1; done
  if kill -0 "$pid" 2>/dev/null; then
    note "process $pid did not end within $2 s and was killed"
    kill -KILL "$pid" 2>/dev/null || true
  fi
  wait "$pid" 2>/dev/null || status=$?
  return $status
}

# wait_for SECONDS COMMAND...: until it succeeds.
wait_for() {
  local end=$((SECONDS + $1))
  shift
  until "$@"; do
    [ $SECONDS -lt $end ] || return 1
    sleep 0.2
  done
}

# ------------------------------------------------------------------------------------------------ engine

engine_answers() { timeout -k 1 15 docker info >/dev/null 2>&1; }

engine_pid=''        # of an engine that we started ourselves
engine_namespace=() # what to put before a program that has to live beside the engine

# A Docker engine: the one that DOCKER_HOST or the default socket names, else the system's service, else one of our
# own in a network and mount namespace of its own. In the machine's own namespace a second engine would rewrite the
# bridge and the port forwarding of a first one.
ensure_engine() {
  command -v docker >/dev/null || apt_install docker.io
  if engine_answers; then
    note "using the running Docker engine ($(docker info --format '{{.ServerVersion}}' 2>/dev/null))"
    return
  fi
  [ -z "${DOCKER_HOST:-}" ] || die "no Docker engine answers at DOCKER_HOST=$DOCKER_HOST"
  command -v dockerd >/dev/null || apt_install docker.io
  if [ -d /run/systemd/system ]; then
    say "Starting the Docker service"
    as_root systemctl start docker || die "systemctl start docker failed: see journalctl -u docker"
    wait_for 60 engine_answers || die "the Docker service does not answer: see journalctl -u docker"
    return
  fi
  engine_answers || start_own_engine
}

start_own_engine() {
  local data=${DOCKHOST_DEMO_ENGINE:-/var/lib/dockhost-demo} run=/run/dockhost-demo
  [ "$(id -u)" = 0 ] || die "no Docker engine runs; starting one needs root"
  mkdir -p "$data" "$run"
  exec 8>"$run/lock"
  flock -n 8 || die "another run holds the engine in $run"
  say "Starting a Docker engine in a namespace of its own (log: $data/dockerd.log)"
  setsid unshare --net --mount --propagation private sh -c 'ip link set lo up; exec dockerd "$@"' dockerd \
    --data-root "$data/data" --exec-root "$run/exec" --pidfile "$run/pid" --cgroup-parent /dockhost-demo \
    -H "unix://$run/docker.sock" >"$data/dockerd.log" 2>&1 8>&- </dev/null &
  engine_pid=$!
  export DOCKER_HOST=unix://$run/docker.sock
  engine_namespace=(nsenter "--net=/proc/$engine_pid/ns/net")
  wait_for 60 own_engine_up || { tail -n 20 "$data/dockerd.log" >&2; die "the engine did not come up"; }
}

own_engine_up() {
  kill -0 "$engine_pid" 2>/dev/null || { tail -n 20 "${DOCKHOST_DEMO_ENGINE:-/var/lib/dockhost-demo}/dockerd.log" >&2; die "the engine ended at once"; }
  engine_answers
}

stop_own_engine() {
  [ -n "$engine_pid" ] || return 0
  note "stopping the engine"
  stop_process "$engine_pid" 60 || true
  engine_pid=''
}

# ensure_image NAME: there, or pulled, or built here from Debian packages.
ensure_image() {
  docker image inspect "$1" >/dev/null 2>&1 && return
  # An engine of our own has no way out of its namespace.
  if [ -z "$engine_pid" ]; then
    say "Pulling $1 (at most 5 minutes)"
    timeout -k 5 300 docker pull -q "$1" >/dev/null 2>&1 && return
    note "not to be had from a registry"
  fi
  say "Building the instance image here, from Debian packages"
  as_root env ${DOCKER_HOST:+DOCKER_HOST="$DOCKER_HOST"} timeout -k 10 900 scripts/build-instance-image.sh "$1" \
    || die "the instance image could not be built"
}
