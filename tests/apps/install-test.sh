#!/bin/bash
# SPDX-License-Identifier: MIT
# usage: install-test.sh CMAKE BUILD_FOLDER
# An installation runs from where it was put, finds its own configuration, shows its page, and keeps what was edited.
set -euo pipefail
folder=$(mktemp -d)
node=
trap '[ -z "$node" ] || kill "$node" 2>/dev/null || true; rm -rf "$folder"' EXIT
say() { echo "install-test: $*"; exit 1; }

"$1" --install "$2" --prefix "$folder/opt" >/dev/null
cd "$folder"
"$folder/opt/bin/dockhost" version | grep -q '^dockhost [0-9]' || say "the program doesn't run"
grep -q "^ExecStart=$folder/opt/bin/dockhost node --config $folder/opt/etc/dockhost/dockhost.toml$" \
  opt/lib/systemd/system/dockhost-node.service || say "the unit names another program"
# usage: names_its_files UNIT FOLDER: the key and the environment are looked for where the installation put the rest.
names_its_files() {
  grep -qx "LoadCredential=dockhost_api_key:$2/api_key" "$1" || say "$1: another place for the key than $2"
  grep -qx "EnvironmentFile=-$2/node.env" "$1" || say "$1: another place for the environment than $2"
}
names_its_files opt/lib/systemd/system/dockhost-node.service "$folder/opt/etc/dockhost"
[ -s opt/share/doc/dockhost/README.md ] || say "no documents"
[ -s opt/etc/dockhost/node.env.example ] || say "no example of the environment"
if [ ! -e /etc/dockhost/dockhost.toml ]; then # it would come first
  env -i "$folder/opt/bin/dockhost" check-config --server h:1 2>&1 |
    grep -q "$folder/opt/etc/dockhost/dockhost.toml: all is well" || say "its configuration isn't found"
fi

exec 3< <(exec env -i "$folder/opt/bin/dockhost" node --server 127.0.0.1:1 --engine simulated \
  --state-dir "$folder/state" --set live.port=0 2>&1)
node=$!
port=
while [ -z "$port" ] && IFS= read -r -t 20 line <&3; do
  port=$(sed -n 's#.*the live view is at http://127\.0\.0\.1:\([0-9]*\)/.*#\1#p' <<<"$line")
done
[ -n "$port" ] || say "the node serves nothing"
fetch() { # PATH: the answer, headers and all
  exec 4<>"/dev/tcp/127.0.0.1/$port"
  printf 'GET %s HTTP/1.1\r\nHost: localhost:%s\r\nConnection: close\r\n\r\n' "$1" "$port" >&4
  timeout 20 cat <&4
  exec 4>&-
}
page=$(fetch /)
for part in 'HTTP/1.1 200 ' 'Content-Type: text/html' 'Content-Security-Policy: ' '<!doctype html>'; do
  grep -qF "$part" <<<"$page" || say "its page lacks: $part"
done
for file in $(grep -oE '(src|href)="\./[^"]+' <<<"$page" | cut -d. -f2-); do
  grep -q '^HTTP/1.1 200 ' < <(fetch "$file") || say "its page names what is not there: $file"
done
kill "$node"
cat <&3 >/dev/null # to its end
node=

echo '# edited' >>opt/etc/dockhost/dockhost.toml
"$1" --install "$2" --prefix "$folder/opt" >/dev/null
grep -q '^# edited$' opt/etc/dockhost/dockhost.toml || say "an edited configuration was replaced"
[ -s opt/etc/dockhost/dockhost.toml.new ] || say "the new defaults are missing"

DESTDIR=$folder/root "$1" --install "$2" --prefix /usr >/dev/null
[ -s root/etc/dockhost/dockhost.toml ] || say "prefix /usr: the configuration belongs into /etc"
[ ! -e root/usr/etc ] || say "prefix /usr: something is in /usr/etc"
grep -q '^ExecStart=/usr/bin/dockhost ' root/usr/lib/systemd/system/dockhost-node.service || say "prefix /usr: unit"
names_its_files root/usr/lib/systemd/system/dockhost-node.service /etc/dockhost
