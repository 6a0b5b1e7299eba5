// SPDX-License-Identifier: MIT
// From a client's CONNECT packet to the end of its initial_state: one client, and fifty at once.
import { against, median, prove, quantile, summary } from "../support/figures.mjs";

const CONTAINERS = 100;
const CLIENTS = 50;
const AIM_ONE_MS = 5;
const AIM_ALL_MS = 100;

export async function measureStates(context, rounds) {
  const { node, port } = await context.startNode({
    "engine.kind": "simulated",
    "engine.simulated_containers": CONTAINERS,
    "capacity.max_containers": 1000,
    "ports.first": 10000,
    "ports.last": 32767,
  });
  const told = await context.startClients("states", port, CLIENTS, rounds).line();
  prove(told.fewest === CONTAINERS && told.most === CONTAINERS, "every initial_state has all containers");
  prove((await node.stop()) === 0, "the node ended well");
  const ms = (list) => list.map((ns) => ns / 1e6);
  const one = ms(told.one);
  const all = ms(told.all);
  return {
    containers: CONTAINERS,
    clients: CLIENTS,
    one_ms: summary(one),
    one_p99: against(AIM_ONE_MS, quantile(one, 0.99), "ms"),
    all_ms: summary(all),
    all_median: against(AIM_ALL_MS, median(all), "ms"),
  };
}
