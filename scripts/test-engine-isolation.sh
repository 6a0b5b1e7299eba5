#!/bin/bash
# SPDX-License-Identifier: MIT
# Shows that a test engine leaves a running engine alone: a first engine plays the user's, with a container whose
# SSH port is published; a whole test-engine run takes place in the very namespace where the first one lives; the
# first container's port answers all the time, and the first engine's bridge and firewall rules are unchanged.
set -euo pipefail

self=$(readlink -f "$0")
with_engine=$(dirname "$self")/with-test-engine.sh
port=18022

fail() { echo "test-engine-isolation: $*" >&2; exit 1; }

# The first words of whoever answers on the port; empty when nobody does within two seconds.
banner() {
  local line=
  exec 3<>"/dev/tcp/127.0.0.1/$port" || return 0
  read -r -t 2 line <&3 || true
  exec 3>&-
  printf '%s' "$line"
} 2>/dev/null

wait_for_banner() {
  for _ in $(seq 100); do
    [[ $(banner) == SSH-2.0-* ]] && return
    sleep 0.1
  done
  fail "no SSH banner on port $port $1"
}

rules() {
  ip -brief address show docker0
  iptables-save | sed -e '/^#/d' -e 's/\[[0-9]*:[0-9]*\]//'
}

# The second run's command: its own engine publishes the same port number, in its own network.
second() {
  docker run -d --name second -p "$port:22" "$DOCKHOST_TEST_IMAGE" >/dev/null
  wait_for_banner "of the second engine"
  [ "$(docker ps -q | wc -l)" = 1 ] || fail "the second engine sees containers of the first"
}

first() {
  docker run -d --name first -p "$port:22" "$DOCKHOST_TEST_IMAGE" >/dev/null
  wait_for_banner "before the second run"
  local before started probes=0 lost=0 second_pid
  before=$(rules)
  started=$(docker inspect -f '{{.State.StartedAt}}' first)

  "$with_engine" "$self" --second &
  second_pid=$!
  while kill -0 "$second_pid" 2>/dev/null; do
    probes=$((probes + 1))
    [[ $(banner) == SSH-2.0-* ]] || lost=$((lost + 1))
    sleep 0.2
  done
  wait "$second_pid" || fail "the second run failed"

  [ "$probes" -ge 5 ] || fail "only $probes probes during the second run"
  [ "$lost" = 0 ] || fail "$lost of $probes probes of the first container got no answer"
  [ "$(rules)" = "$before" ] || fail "the first engine's bridge or rules changed: $(diff <(echo "$before") <(rules))"
  [ "$(docker inspect -f '{{.State.StartedAt}}' first)" = "$started" ] || fail "the first container was restarted"
  wait_for_banner "after the second run"
  echo "test-engine-isolation: $probes probes during the second run, none lost; rules unchanged"
}

case ${1:-} in
  '') exec "$with_engine" "$self" --first ;;
  --first) first ;;
  --second) second ;;
  *) echo "usage: test-engine-isolation.sh" >&2; exit 2 ;;
esac
