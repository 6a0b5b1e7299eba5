// SPDX-License-Identifier: MIT
// From the engine's event to the client: when a raw reader of /events has it, and when clients of the node have.
import { against, median, pause, prove, quantile, summary } from "../support/figures.mjs";
import { socketPath } from "../support/engine.mjs";

const AIM_MEDIAN_MS = 1;
const AIM_P99_MS = 5;
const SETTLE_MS = 1000;
const LEADS_TO = { start: "running", die: "stopped", pause: "paused", unpause: "running" };

/** `from` and `to` as [[id, what, at]]: how much later each came, ms, pair by pair for each container. */
function lags(from, to) {
  const byId = new Map();
  for (const [id, action, at] of from) {
    if (!LEADS_TO[action]) continue;
    if (!byId.has(id)) byId.set(id, []);
    byId.get(id).push({ state: LEADS_TO[action], at });
  }
  const out = [];
  for (const [id, state, at] of to) {
    const next = byId.get(id)?.shift();
    prove(next?.state === state, `${id} is ${next?.state} at the engine, ${state} at the client`);
    out.push((at - next.at) / 1e6);
  }
  prove([...byId.values()].every((rest) => rest.length === 0), "every transition has arrived");
  return out;
}

async function measure(context, containers, clients, rounds) {
  const ids = await context.makeContainers(containers);
  const { node, port } = await context.startNode();
  const watching = context.startClients("events", socketPath(), port, clients);
  prove((await watching.line()).ready, "all clients are let in");
  const steps = Math.max(1, Math.round(rounds / Math.sqrt(containers)));
  await context.each(ids, async (id) => {
    for (let i = 0; i < steps; ++i) {
      await context.engine.expect(204, "POST", `/containers/${id}/pause`);
      await context.engine.expect(204, "POST", `/containers/${id}/unpause`);
    }
    await context.engine.expect(204, "POST", `/containers/${id}/stop`);
    await context.engine.expect(204, "POST", `/containers/${id}/start`);
  });
  await pause(SETTLE_MS); // the last ones are under way, and more than there should be would be seen
  const told = await watching.finish();
  prove((await node.stop()) === 0, "the node ended well");
  await context.removeContainers();
  const each = told.clients.map((seen) => lags(told.engine, seen));
  // The engine itself tells of some pauses twice when it is busy.
  const least = containers * (2 * steps + 2);
  prove(each.every((list) => list.length >= least), `every client has seen ${least}, not ${each.map((list) => list.length)}`);
  const all = each.flat();
  return {
    containers,
    clients,
    transitions: each[0].length,
    lag_ms: summary(all),
    median: against(AIM_MEDIAN_MS, median(all), "ms"),
    p99: against(AIM_P99_MS, quantile(all, 0.99), "ms"),
  };
}

export async function measureEvents(context, rounds) {
  return { alone: await measure(context, 1, 1, rounds * 2), many: await measure(context, 50, 10, rounds) };
}
