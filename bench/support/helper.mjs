// SPDX-License-Identifier: MIT
// A script of this folder in a process of its own, which ends with its standard input.
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

export function helper(name, ...args) {
  const path = fileURLToPath(new URL(name, import.meta.url));
  return spawn(process.execPath, [path, ...args], { stdio: ["pipe", "pipe", "inherit"] });
}
