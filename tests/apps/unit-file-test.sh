#!/bin/bash
# SPDX-License-Identifier: MIT
# usage: unit-file-test.sh UNIT
# The service file is one that systemd takes without a complaint, stays hardened, and lets figures be read.
set -euo pipefail
command -v systemd-analyze >/dev/null || { echo "no systemd here"; exit 77; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
unit=$folder/dockhost-node.service
# The program isn't installed; everything else is taken as it is.
sed 's#^ExecStart=[^ ]*#ExecStart=/bin/true#' "$1" >"$unit"

complaints=$(systemd-analyze verify "$unit" 2>&1) || { echo "$complaints"; exit 1; }
[ -z "$complaints" ] || { echo "$complaints"; exit 1; }
# Exposure from 0 to 10, given as ten times that; it was 1.3 when this was written.
systemd-analyze security --offline=true --threshold=15 "$unit" >/dev/null

for line in Type=notify WatchdogSec= Restart=always SupplementaryGroups=docker LoadCredential= \
  StateDirectory=dockhost ProtectHome=yes; do
  grep -q "^$line" "$unit" || { echo "missing: $line"; exit 1; }
done
# What containers use is read from other users' processes in /proc, and from the machine's control groups.
for line in ProtectProc=default ProcSubset=all ProtectControlGroups=yes; do
  grep -qx "$line" "$unit" || { echo "missing: $line"; exit 1; }
done
if grep -qx 'PrivatePIDs=.*\|PrivateUsers=.*\|ProtectControlGroups=\(private\|strict\)' "$unit"; then
  echo "containers' figures are hidden"
  exit 1
fi
