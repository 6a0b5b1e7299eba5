// SPDX-License-Identifier: MIT
// The time that the node itself adds to a command: from its sending to its answer, less the engine calls. The native
// peers time both; what they take to notice bytes counts against the node.
import { DirectCalls } from "../support/engine.mjs";
import { against, median, pause, prove, quantile, rounded, summary } from "../support/figures.mjs";
import { createFields, DIRECT_PORTS, SETTLE_MS } from "./context.mjs";

const AIM_P99_MS = 3;
const PREFIX = "added-";

/** The calls that a command needs, by what they ask of the engine. */
const CALLS = {
  create: ["create", "getArchive", "putArchive", "start"],
  stop: ["stop"],
  start: ["start"],
  delete: ["remove"],
};

function kindOf({ method, path }) {
  if (path.includes("/containers/create?")) return "create";
  if (path.includes("/archive?")) return method === "PUT" ? "putArchive" : "getArchive";
  if (path.endsWith("/start")) return "start";
  if (path.includes("/stop?")) return "stop";
  return method === "DELETE" ? "remove" : "other";
}

/** The exchanges of one command, its own calls and others of the same time. */
function split(exchanges, name, sent, ms) {
  const all = exchanges.filter(({ begin, end }) => end > sent && end <= sent + ms && begin < sent + ms);
  const own = all.filter((each) => kindOf(each) !== "other");
  const kinds = own.map(kindOf);
  prove(String(kinds) === String(CALLS[name]), `${name} makes the calls ${CALLS[name]}, not ${kinds}`);
  // Each event of a container makes the node look at it, and a command waits for a look that is under way.
  const begin = own[0].begin;
  const looks = all.filter((each) => each.path.endsWith("/json") && each.begin < begin);
  const waited = looks.reduce((sum, each) => sum + Math.min(each.end, begin) - Math.max(each.begin, sent), 0);
  return { own, waited };
}

function record(recorded, own) {
  for (const exchange of own) {
    const rest = exchange.path.replace(/^\/v[\d.]+\/containers\/[0-9a-f]{64}/, "");
    const body = exchange.request.subarray(exchange.request.indexOf("\r\n\r\n") + 4);
    recorded[kindOf(exchange)] ??= { path: exchange.path, rest, body };
  }
}

function figuresOf(samples, floor) {
  const of = (list, field) => list.map((each) => each[field]);
  const everything = Object.values(samples).flat();
  const added = of(everything, "added");
  const figures = {
    all: { ...summary(added), p99_against_aim: against(AIM_P99_MS, quantile(added, 0.99), "ms") },
    floor_ms: summary(Object.values(floor).flat()),
    // A floor that takes half of what is allowed says more about the measuring than about the node.
    measuring_was_the_bottleneck: quantile(Object.values(floor).flat(), 0.99) > AIM_P99_MS / 2,
    all_without_waiting_for_looks: summary(everything.map((each) => each.added - each.waited)),
  };
  for (const [name, list] of Object.entries(samples)) {
    figures[name] = {
      calls: CALLS[name],
      added_ms: summary(of(list, "added")),
      floor_ms: summary(floor[name]),
      until_first_call_p50_ms: rounded(median(of(list, "before"))),
      after_last_call_p50_ms: rounded(median(of(list, "after"))),
      waited_for_looks_ms: summary(of(list, "waited")),
      engine_p50_ms: rounded(median(of(list, "engine"))),
    };
  }
  return figures;
}

/** {figures, recorded}: also what the node sent, so that the same calls can be made without it. */
export async function measureAdded(context) {
  const { peers } = context;
  const node = context.spawnNode(
    peers.port, { "containers.name_prefix": PREFIX }, { DOCKER_HOST: `unix://${peers.proxyPath}` });
  await node.logged("fleet.loaded");
  const peer = await peers.peer(node.id);
  await peer.containers();
  const samples = { create: [], stop: [], start: [], delete: [] };
  const recorded = {};

  const one = async (name, event, payload, state, warmUp) => {
    await peers.calls();
    const { sent, ms } = await peer.succeed(event, payload);
    const { own, waited } = split(await peers.calls(), name, sent, ms);
    record(recorded, own);
    const engine = own.reduce((sum, { begin, end }) => sum + end - begin, 0);
    const sample = { added: ms - engine, engine, waited, before: own[0].begin - sent, after: sent + ms - own.at(-1).end };
    if (!warmUp) samples[name].push(sample);
    await context.engine.proveState(PREFIX + payload.username, state);
  };

  // The floor: the same calls, on the same way, by a native client that does nothing else.
  const floor = { create: [], stop: [], start: [], delete: [] };
  const caller = await peers.floor();
  const direct = new DirectCalls(context.engine, recorded);
  const bare = async (name, calls, container, state, warmUp) => {
    await caller.succeed("prepare", calls.map((each) => ({ ...each, body: each.body?.toString("base64") })));
    await peers.calls();
    const { sent, ms, reply } = await caller.succeed("go", {});
    const { own } = split(await peers.calls(), name, sent, ms);
    if (!warmUp) floor[name].push(ms - own.reduce((sum, { begin, end }) => sum + end - begin, 0));
    await context.engine.proveState(container, state);
    return reply.id;
  };

  // The first round makes the network and opens connections.
  let cpu = 0;
  for (let i = -1; i < context.counts.addedRounds; ++i) {
    const username = `u${i}`;
    const before = node.cpuMs();
    await one("create", "create-container", createFields(username), "running", i < 0);
    await one("stop", "stop-container", { username }, "exited", i < 0);
    await one("start", "start-container", { username }, "running", i < 0);
    await one("delete", "delete-container", { username }, "absent", i < 0);
    if (i >= 0) cpu += node.cpuMs() - before;
    const container = `floor-${i}`;
    const id = await bare("create", direct.create(container, DIRECT_PORTS), container, "running", i < 0);
    await bare("stop", direct.stop(id), container, "exited", i < 0);
    await bare("start", direct.start(id), container, "running", i < 0);
    await bare("delete", direct.remove(id), container, "absent", i < 0);
    await pause(SETTLE_MS);
  }
  await context.stopNode(node);
  const commands = context.counts.addedRounds * Object.keys(CALLS).length;
  // Processor time, unlike the rest, hardly depends on what else the machine does.
  const figures = {
    ...figuresOf(samples, floor),
    node_cpu_per_command_ms: rounded(cpu / commands),
    peers_realtime: peers.realtime,
  };
  return { figures, recorded };
}
