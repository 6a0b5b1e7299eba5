// SPDX-License-Identifier: MIT
// What an idle client costs in memory, beside npm's server with the same clients.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { against, pause, prove, rounded } from "../support/figures.mjs";

const AIM_KIB = 10;
const SETTLE_MS = 3000;

function privateKib(pid) {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
  return [...text.matchAll(/^Private_(?:Clean|Dirty):\s+(\d+) kB/gm)].reduce((sum, [, kib]) => sum + Number(kib), 0);
}

/** KiB per client of the process that serves `port`. */
async function costOf(context, pid, port, clients) {
  const before = privateKib(pid);
  const idle = context.startClients("idle", port, clients);
  prove((await idle.line()).ready, "all clients are let in");
  await pause(SETTLE_MS);
  const kib = (privateKib(pid) - before) / clients;
  await idle.stop();
  return kib;
}

async function costOfNpm(context, clients) {
  const path = fileURLToPath(new URL("idle_server.mjs", import.meta.url));
  const server = spawn(process.execPath, ["--expose-gc", path], { stdio: ["pipe", "pipe", "inherit"] });
  try {
    const lines = createInterface({ input: server.stdout })[Symbol.asyncIterator]();
    const port = Number((await lines.next()).value);
    await pause(SETTLE_MS);
    return await costOf(context, server.pid, port, clients);
  } finally {
    server.kill();
  }
}

export async function measureIdle(context, clients) {
  const { node, port } = await context.startNode({ "engine.kind": "simulated" });
  await pause(SETTLE_MS);
  const kib = await costOf(context, node.process.pid, port, clients);
  prove((await node.stop()) === 0, "the node ended well");
  const npm = await costOfNpm(context, clients);
  return { clients, each: against(AIM_KIB, kib, "KiB"), npm_kib: rounded(npm) };
}
