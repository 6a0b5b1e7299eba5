#!/bin/bash
# SPDX-License-Identifier: MIT
# Runs a command beside a Docker engine of its own, and leaves nothing behind.
#
# The engine and the command share new network, mount and process namespaces: a second dockerd in one network
# namespace would rewrite the first one's bridge and NAT rules, and the process namespace means that nothing
# outlives the run, whatever happens. There is no network to the outside.
set -euo pipefail

usage() {
  cat <<'TEXT'
usage: with-test-engine.sh COMMAND [ARGUMENT...]

Starts dockerd privately, imports the instance image, runs COMMAND, takes everything down, and exits with
COMMAND's status (125: the engine could not be started). Needs root. COMMAND finds in its environment:
  DOCKER_HOST                the engine, unix://...
  DOCKHOST_TEST_IMAGE        the instance image, imported
  DOCKHOST_TEST_ENGINE_DIR   engine.pid, engine.log, and start-engine, which starts the engine again after COMMAND
                             has ended it by its pid, and returns when it answers
  DOCKHOST_TEST_TLS_HOST     the same engine by tcp:// with TLS; client certificate and CA are in
  DOCKHOST_TEST_TLS_CERTS    (ca.pem, cert.pem, key.pem)
TEXT
}
die() { echo "with-test-engine: $*" >&2; exit 125; }
self=$(readlink -f "$0")

# --- inside the namespaces, as their first process -----------------------------------------------------------
inside() {
  local dir=$1 tarball=$2 command=
  shift 2
  trap '[ -z "$command" ] || kill -TERM "$command" 2>/dev/null || true' TERM INT HUP
  mount -t tmpfs none /etc/docker 2>/dev/null || true # dockerd writes a key there
  ip link set lo up

  export DOCKER_HOST=unix://$dir/docker.sock DOCKER_CONFIG=$dir/cli
  unset DOCKER_CONTEXT DOCKER_TLS_VERIFY DOCKER_CERT_PATH DOCKER_API_VERSION DOCKER_TLS
  export DOCKHOST_TEST_ENGINE_DIR=$dir DOCKHOST_TEST_IMAGE=dockhost/test-instance:latest
  export DOCKHOST_TEST_TLS_HOST=tcp://127.0.0.1:2376 DOCKHOST_TEST_TLS_CERTS=$dir/tls

  "$dir/start-engine" || exit 125
  docker import -c 'CMD ["/entrypoint"]' -c 'EXPOSE 22 80 443' \
    -c 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' \
    "$tarball" "$DOCKHOST_TEST_IMAGE" >/dev/null || die "the instance image could not be imported"

  # As a job, so that this shell can pass signals on and reap what is orphaned.
  "$@" <&0 &
  command=$!
  local code=0
  while kill -0 "$command" 2>/dev/null; do
    wait "$command" && code=0 || code=$?
  done
  command=

  # An orderly end, so that mounts go away; what does not end in time goes with the namespace.
  local pid
  pid=$(cat "$dir/engine.pid" 2>/dev/null || true)
  if [ -n "$pid" ] && kill -TERM "$pid" 2>/dev/null; then
    for _ in $(seq 150); do
      [ -d "/proc/$pid" ] || break
      sleep 0.1
    done
  fi
  exit "$code"
}

# --- outside ---------------------------------------------------------------------------------------------------
write_start_engine() {
  cat >"$1/start-engine" <<TEXT
#!/bin/sh
# Starts the test engine again; returns when it answers.
dir=$1
setsid dockerd --config-file "\$dir/daemon.json" --data-root "\$dir/data" --exec-root "\$dir/exec" \\
  --pidfile "\$dir/engine.pid" --cgroup-parent "$2" -H "unix://\$dir/docker.sock" \\
  -H tcp://127.0.0.1:2376 --tlsverify --tlscacert "\$dir/tls/ca.pem" \\
  --tlscert "\$dir/tls/server-cert.pem" --tlskey "\$dir/tls/server-key.pem" \\
  </dev/null >>"\$dir/engine.log" 2>&1 &
engine=\$!
tries=0
until docker -H "unix://\$dir/docker.sock" version >/dev/null 2>&1; do
  tries=\$((tries + 1))
  if ! kill -0 "\$engine" 2>/dev/null || [ "\$tries" -gt 300 ]; then
    echo "with-test-engine: dockerd did not start; its last words:" >&2
    tail -n 15 "\$dir/engine.log" >&2
    kill -KILL "\$engine" 2>/dev/null
    exit 1
  fi
  sleep 0.1
done
TEXT
  chmod +x "$1/start-engine"
}

# A CA of this run, a certificate for 127.0.0.1 and one for the client.
make_certificates() {
  local tls=$1 who
  mkdir -p "$tls"
  {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj '/CN=test engine CA' \
      -keyout "$tls/ca-key.pem" -out "$tls/ca.pem"
    printf 'subjectAltName=IP:127.0.0.1,DNS:localhost\nextendedKeyUsage=serverAuth\n' >"$tls/server.ext"
    printf 'extendedKeyUsage=clientAuth\n' >"$tls/client.ext"
    for who in server client; do
      openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$who" \
        -keyout "$tls/$who-key.pem" -out "$tls/$who.csr"
      openssl x509 -req -in "$tls/$who.csr" -CA "$tls/ca.pem" -CAkey "$tls/ca-key.pem" -CAcreateserial \
        -days 2 -extfile "$tls/$who.ext" -out "$tls/$who-cert.pem"
    done
    mv "$tls/client-cert.pem" "$tls/cert.pem"
    mv "$tls/client-key.pem" "$tls/key.pem"
  } >"$tls/openssl.log" 2>&1 || die "openssl could not make the engine's certificates: $(tail -n 3 "$tls/openssl.log")"
}

outside() {
  [ "$(id -u)" = 0 ] || die "starting an engine needs root"
  local program
  for program in dockerd docker unshare setpriv ip iptables openssl; do
    command -v "$program" >/dev/null \
      || die "$program is missing: apt-get install -y docker.io iproute2 iptables util-linux openssl"
  done
  unshare --net --mount --pid --fork true 2>/dev/null \
    || die "this machine does not let root make network, mount and process namespaces"
  # Made out here: inside there is no network.
  local tarball
  tarball=$("$(dirname "$self")/build-instance-image.sh" --tarball) || die "no instance image"

  dir=$(mktemp -d "${TMPDIR:-/tmp}/dockhost-engine.XXXXXX")
  cgroup=dockhost-test-${dir##*.}
  runner=
  first=
  trap clean_up EXIT
  trap '[ -z "$first" ] || kill -TERM "$first" 2>/dev/null || true' TERM INT HUP
  mkdir "$dir/cli"
  echo '{}' >"$dir/daemon.json"
  make_certificates "$dir/tls"
  write_start_engine "$dir" "/$cgroup"

  # The death signal ends all of it even when this script is killed outright. It needs the very process that
  # started it, hence no subshell in between.
  setpriv --pdeathsig KILL -- unshare --net --mount --pid --fork --kill-child --mount-proc --propagation private \
    -- "$self" --inside "$dir" "$tarball" "$@" <&0 &
  runner=$!
  until first=$(cat "/proc/$runner/task/$runner/children" 2>/dev/null) && [ -n "$first" ]; do
    kill -0 "$runner" 2>/dev/null || break
    sleep 0.02
  done
  first=${first%% *}
  local code=0
  while kill -0 "$runner" 2>/dev/null; do
    wait "$runner" && code=0 || code=$?
  done
  runner=
  exit "$code"
}

clean_up() {
  [ -z "$runner" ] || kill -KILL "$runner" 2>/dev/null || true
  # The namespace is gone, and with it every mount and process; the kernel may still be at it.
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    rm -rf --one-file-system "$dir" 2>/dev/null && break
    sleep 0.2
  done
  local group
  for group in /sys/fs/cgroup/"$cgroup" /sys/fs/cgroup/*/"$cgroup"; do
    [ -d "$group" ] || continue
    find "$group" -depth -type d -exec rmdir {} + 2>/dev/null || true
  done
}

case ${1:-} in
  '' | -h | --help) usage; [ -n "${1:-}" ] || exit 2 ;;
  --inside) shift; inside "$@" ;;
  *) outside "$@" ;;
esac
