// SPDX-License-Identifier: MIT
// Figures of many containers each second: the node's processor time and the engine's, beside the engine's own streams.
import { readdirSync, readFileSync } from "node:fs";
import { request } from "node:http";
import { basename, dirname } from "node:path";
import { socketPath } from "../support/engine.mjs";
import { against, pause, prove, rounded } from "../support/figures.mjs";

const AIM_PERCENT = 1; // of one processor
const SECONDS = 20;
const SETTLE_MS = 3000;
const INTERVAL_MS = 1000;

/** Processor time of the engine's processes so far, ms: those that were told of its folder. */
function engineCpuMs() {
  const folder = dirname(socketPath());
  let total = 0;
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
      const isEngine = ["dockerd", "containerd"].includes(basename(command[0]));
      if (!isEngine || !command.some((word) => word.includes(folder))) continue;
      for (const task of readdirSync(`/proc/${pid}/task`)) {
        total += Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, "utf8").split(" ")[0]) / 1e6;
      }
    } catch {
      // It has ended meanwhile.
    }
  }
  prove(total > 0, "the engine's processes are found");
  return total;
}

/** Per cent of one processor during `SECONDS`. */
async function during(node) {
  const before = { node: node.cpuMs(), engine: engineCpuMs(), at: performance.now() };
  await pause(SECONDS * 1000);
  const passed = performance.now() - before.at;
  return {
    node: ((node.cpuMs() - before.node) / passed) * 100,
    engine: ((engineCpuMs() - before.engine) / passed) * 100,
  };
}

/** The engine's own streams of these containers, read and thrown away. */
function openStreams(ids) {
  const calls = ids.map((id) => {
    const call = request({ socketPath: socketPath(), path: `/containers/${id}/stats?stream=1`, agent: false });
    call.on("response", (response) => response.resume());
    call.on("error", () => {});
    call.end();
    return call;
  });
  return () => calls.forEach((call) => call.destroy());
}

export async function measureStats(context, containers) {
  const ids = await context.makeContainers(containers);
  const { node, port } = await context.startNode();
  await pause(SETTLE_MS);
  const idle = await during(node);
  const wish = `42${JSON.stringify(["subscribe", { topics: ["stats"], interval_ms: INTERVAL_MS }])}`;
  const watching = context.startClients("count", port, wish, "stats_update", '"container_id":');
  prove((await watching.line()).ready, "the client is let in");
  await pause(SETTLE_MS);
  const busy = await during(node);
  const told = await watching.finish();
  const ticks = Math.floor((SECONDS * 1000) / INTERVAL_MS);
  prove(told.packets >= ticks, `${ticks} updates have come (${told.packets})`);
  // The first one may not have all of them yet.
  prove(told.found >= (told.packets - 1) * containers, "every update has all containers");
  const close = openStreams(ids);
  await pause(SETTLE_MS);
  const streams = await during(node);
  close();
  prove((await node.stop()) === 0, "the node ended well");
  await context.removeContainers();
  return {
    containers,
    updates: told.packets,
    node: against(AIM_PERCENT, busy.node - idle.node, "%"),
    node_idle_percent: rounded(idle.node),
    engine_idle_percent: rounded(idle.engine),
    engine_meanwhile_percent: rounded(busy.engine),
    engine_streams_percent: rounded(streams.engine),
  };
}
