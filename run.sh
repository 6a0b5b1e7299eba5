#!/bin/bash
# SPDX-License-Identifier: MIT
# Shows DockHost at work: builds it, connects a node to a small main server, makes one container, logs in by ssh.
set -euo pipefail
cd "$(dirname "$0")"

usage() {
  cat <<'TEXT'
usage: ./run.sh [--once]

  (nothing)  makes a container, prints the ssh line that reaches it, and runs until Ctrl-C, which
             deletes the container again
  --once     one whole cycle: create, log in by ssh, stop, start, log in again, delete; exits 0
             only if every step went well

Installs what is missing (Debian 12; as root or with sudo), builds, and makes sure of a Docker engine
and of an instance image. May be run again at any time.
TEXT
}

once=()
for word in "$@"; do
  case $word in
    --once) once=(--once) ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
  esac
done

# shellcheck source=scripts/lib.sh
. scripts/lib.sh

demo=build/demo
image=sohampirale/instance
prefix=dockhost-demo-
server_pid='' node_pid=''

# First the main server, which has the node delete its container; then the node, the network, the engine.
# shellcheck disable=SC2329 # run by the trap
cleanup() {
  trap '' INT TERM
  set +e
  [ -z "$server_pid" ] || stop_process "$server_pid" 100
  [ -z "$node_pid" ] || stop_process "$node_pid" 75
  [ -z "$node_pid" ] || docker network rm "${prefix%-}" >/dev/null 2>&1
  stop_own_engine
}
trap cleanup EXIT
trap 'echo; say "Ending: deleting the container"; exit 130' INT TERM

say "Looking for what is missing"
install_packages build run
ensure_node
build_preset release
npm_ci conf/demo

if [ "$(id -u)" != 0 ] && ! engine_answers; then
  say "No Docker engine answers this user: going on as root"
  trap - EXIT INT TERM
  exec sudo ${DOCKER_HOST:+DOCKER_HOST="$DOCKER_HOST"} "./run.sh" "${once[@]}"
fi
ensure_engine
ensure_image "$image"

mkdir -p "$demo"
[ -s "$demo/id" ] || ssh-keygen -q -t ed25519 -N '' -C demo -f "$demo/id"
# An identity of its own: a real node on this machine keeps its containers, and this one never sees them.
[ -s "$demo/node-id" ] || cat /proc/sys/kernel/random/uuid >"$demo/node-id"
[ -s "$demo/api-key" ] || (umask 077; od -An -N16 -tx1 /dev/urandom | tr -d ' \n' >"$demo/api-key")
DOCKHOST_API_KEY=$(cat "$demo/api-key")
export DOCKHOST_API_KEY

say "Starting the main server"
rm -f "$demo/port"
ssh_prefix="${engine_namespace[*]}"
setsid "${engine_namespace[@]}" node conf/demo/main-server.mjs --key "$PWD/$demo/id" --port-file "$demo/port" \
  ${ssh_prefix:+--ssh-prefix "$ssh_prefix "} "${once[@]}" </dev/null &
server_pid=$!
wait_for 20 test -s "$demo/port" || die "the main server did not start"

cat >"$demo/dockhost.toml" <<TEXT
# Written by run.sh at each start.
[server]
url = "http://127.0.0.1:$(cat "$demo/port")"

[node]
id = "$(cat "$demo/node-id")"
state_dir = "$PWD/$demo/state"

[containers]
image = "$image"
name_prefix = "$prefix"
network = "${prefix%-}"
TEXT

# The node says where its live view is, once it listens.
where='open \1 in a browser on this machine'
[ -z "$ssh_prefix" ] || where="\\1, beside the engine only: $ssh_prefix curl \\1api/containers"
live_line='s|.*the live view is at \(http[^ ]*\).*|&\n'"$bold==>$plain The live view: $where|"
[ ${#once[@]} = 0 ] || live_line=''

say "Starting the node: dockhost node --config $demo/dockhost.toml"
# What the shell's environment may hold for a real node must not lead this one elsewhere.
setsid "${engine_namespace[@]}" env -u MAIN_SERVER_BACKEND_URL -u MAIN_SERVER \
  build/release/apps/dockhost node --config "$demo/dockhost.toml" \
  > >(trap '' INT; exec sed -u -e "s/^/${dim}node${plain}         /" -e "$live_line") 2>&1 </dev/null &
node_pid=$!

status=0
wait -n -p ended "$server_pid" "$node_pid" || status=$?
if [ "$ended" = "$node_pid" ]; then
  node_pid=''
  die "the node ended by itself (exit $status)"
fi
server_pid=''
if [ ${#once[@]} -gt 0 ]; then
  say "Stopping the node"
  node_status=0
  stop_process "$node_pid" 75 || node_status=$?
  node_pid=''
  docker network rm "${prefix%-}" >/dev/null 2>&1 || true
  [ $node_status = 0 ] || { echo "${red}the node ended with $node_status${plain}" >&2; status=1; }
  [ $status = 0 ] && say "${green}One whole cycle went well${plain}"
fi
exit $status
