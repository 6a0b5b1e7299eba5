#!/bin/bash
# SPDX-License-Identifier: MIT
# usage: install-test.sh CMAKE BUILD_FOLDER
# An installation runs from where it was put, finds its own configuration, and keeps what was edited.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
say() { echo "install-test: $*"; exit 1; }

"$1" --install "$2" --prefix "$folder/opt" >/dev/null
cd "$folder"
"$folder/opt/bin/dockhost" version | grep -q '^dockhost [0-9]' || say "the program doesn't run"
grep -q "^ExecStart=$folder/opt/bin/dockhost node --config $folder/opt/etc/dockhost/dockhost.toml$" \
  opt/lib/systemd/system/dockhost-node.service || say "the unit names another program"
[ -s opt/share/doc/dockhost/README.md ] || say "no documents"
[ -s opt/etc/dockhost/node.env.example ] || say "no example of the environment"
if [ ! -e /etc/dockhost/dockhost.toml ]; then # it would come first
  env -i "$folder/opt/bin/dockhost" check-config --server h:1 2>&1 |
    grep -q "$folder/opt/etc/dockhost/dockhost.toml: all is well" || say "its configuration isn't found"
fi

echo '# edited' >>opt/etc/dockhost/dockhost.toml
"$1" --install "$2" --prefix "$folder/opt" >/dev/null
grep -q '^# edited$' opt/etc/dockhost/dockhost.toml || say "an edited configuration was replaced"
[ -s opt/etc/dockhost/dockhost.toml.new ] || say "the new defaults are missing"

DESTDIR=$folder/root "$1" --install "$2" --prefix /usr >/dev/null
[ -s root/etc/dockhost/dockhost.toml ] || say "prefix /usr: the configuration belongs into /etc"
[ ! -e root/usr/etc ] || say "prefix /usr: something is in /usr/etc"
grep -q '^ExecStart=/usr/bin/dockhost ' root/usr/lib/systemd/system/dockhost-node.service || say "prefix /usr: unit"
