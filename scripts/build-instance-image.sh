#!/bin/bash
# SPDX-License-Identifier: MIT
# Builds the instance image (conf/instance) on the engine that DOCKER_HOST names.
set -euo pipefail

usage() {
  cat <<'TEXT'
usage: build-instance-image.sh [--registry] [IMAGE[:TAG]]
       build-instance-image.sh --tarball

Makes the image IMAGE (default sohampirale/instance:latest).
  (default)    from Debian packages with debootstrap, without any image registry; needs root
  --registry   with `docker build` from conf/instance/Dockerfile, whose base image is pulled
  --tarball    only makes the root file system and prints the path of its tar file

Environment: DOCKER_HOST; DOCKHOST_CACHE, where the root file system is kept between runs
(default ~/.cache/dockhost); DOCKHOST_DEBIAN_MIRROR, if not debootstrap's own default.
TEXT
}
die() { echo "build-instance-image: $*" >&2; exit 1; }

here=$(cd "$(dirname "$0")/.." && pwd)
conf=$here/conf/instance
mode=debootstrap
image=
for word in "$@"; do
  case $word in
    --registry) mode=registry ;;
    --tarball) mode=tarball ;;
    -h | --help) usage; exit 0 ;;
    -*) usage >&2; exit 2 ;;
    *) [ -z "$image" ] || { usage >&2; exit 2; }; image=$word ;;
  esac
done
image=${image:-sohampirale/instance}
case ${image##*/} in *:*) ;; *) image=$image:latest ;; esac

if [ "$mode" = registry ]; then
  exec docker build -t "$image" "$conf"
fi

suite=bookworm
packages=openssh-server,busybox-static
cache=${DOCKHOST_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/dockhost}
mkdir -p "$cache"
# Another run may be making the same files.
exec 9>"$cache/instance.lock"
flock 9

base=$cache/rootfs-$suite-$(printf '%s' "$packages 1" | sha256sum | cut -c1-12).tar
if [ ! -s "$base" ]; then
  [ "$(id -u)" = 0 ] || die "debootstrap needs root"
  command -v debootstrap >/dev/null || die "debootstrap is missing: apt-get install -y debootstrap"
  work=$(mktemp -d "$cache/rootfs.XXXXXX")
  trap 'rm -rf --one-file-system "$work"' EXIT
  echo "making a $suite root file system in $cache (about half a minute)" >&2
  debootstrap --variant=minbase --include="$packages" "$suite" "$work" \
    ${DOCKHOST_DEBIAN_MIRROR:+"$DOCKHOST_DEBIAN_MIRROR"} >"$cache/debootstrap.log" 2>&1 9>&- \
    || { tail -n 20 "$cache/debootstrap.log" >&2; die "debootstrap failed ($cache/debootstrap.log)"; }
  # Host keys made here would be every container's; package files and indexes only cost space.
  rm -rf "$work"/etc/ssh/ssh_host_* "$work"/var/cache/apt/archives/*.deb "$work"/var/cache/apt/*.bin \
    "$work"/var/lib/apt/lists/* "$work"/usr/share/doc/* "$work"/usr/share/man/* "$work"/var/log/*
  tar -C "$work" --one-file-system --numeric-owner --exclude='./proc/*' --exclude='./sys/*' --exclude='./dev/*' \
    -cf "$base.new" .
  mv "$base.new" "$base"
fi

tarball=$cache/instance-$(cat "$conf"/* "$0" <(echo "$base") | sha256sum | cut -c1-12).tar
if [ ! -s "$tarball" ]; then
  rm -f "$cache"/instance-*.tar
  top=$(mktemp -d "$cache/top.XXXXXX")
  trap 'rm -rf "$top" ${work:+"$work"}' EXIT
  install -D -m 0755 "$conf/entrypoint" "$top/entrypoint"
  install -D -m 0644 "$conf/index.html" "$top/var/www/html/index.html"
  install -D -m 0644 "$conf/sshd_dockhost.conf" "$top/etc/ssh/sshd_config.d/10-dockhost-image.conf"
  cp "$base" "$tarball.new"
  (cd "$top" && find . -type f -printf '%P\0') \
    | tar -C "$top" --null --files-from=- --owner=0 --group=0 --numeric-owner -rf "$tarball.new"
  mv "$tarball.new" "$tarball"
fi

if [ "$mode" = tarball ]; then
  echo "$tarball"
  exit 0
fi
command -v docker >/dev/null || die "the docker program is missing: apt-get install -y docker.io"
docker import -c 'CMD ["/entrypoint"]' -c 'EXPOSE 22 80 443' \
  -c 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' "$tarball" "$image" >/dev/null
echo "$image"
