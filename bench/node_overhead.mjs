// SPDX-License-Identifier: MIT
// What the node adds to the engine: each command through the node beside the same engine calls made directly.
//
//   scripts/with-test-engine.sh node bench/node_overhead.mjs PROGRAM [--rounds 15] [--added-rounds 40]
//        [--calls 2000] [--burst-rounds 5] [--only added,ratio,burst,queries,ssh]
//
// Prints JSON on stdout, progress on stderr. Every step is checked on the engine by inspect. SSH readiness is off,
// save where it is what is measured.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { bodyOf, EngineProxy } from "./support/engine_proxy.mjs";
import { DirectCalls, Engine, socketPath } from "./support/engine.mjs";
import { against, cpuPressure, machine, median, pause, prove, quantile, rounded, summary } from "./support/figures.mjs";
import { MainServer } from "./support/main_server.mjs";
import { NodeProcess } from "./support/node_process.mjs";

const AIM_RATIO = 1.05;
const AIM_ADDED_P99 = 3;
const AIM_QUERY_P99 = 0.5;
const BURST = 20;
const NODE_PORTS = { first: 20000, last: 25999 };
const SSH_NODE_PORTS = { first: 15000, last: 19999 };
const DIRECT_PORTS = 26000;
// The node lists anew a second after somebody else's container has changed: not in the next measurement.
const SETTLE_MS = 1300;

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: "string", default: "15" },
    "added-rounds": { type: "string", default: "40" },
    calls: { type: "string", default: "2000" },
    "burst-rounds": { type: "string", default: "5" },
    only: { type: "string", default: "added,ratio,burst,queries,ssh" },
  },
});
const [program] = positionals;
if (!program) {
  console.error("usage: scripts/with-test-engine.sh node bench/node_overhead.mjs PROGRAM [options]");
  process.exit(2);
}
const image = process.env.DOCKHOST_TEST_IMAGE ?? "sohampirale/instance";
const wanted = new Set(["added", ...options.only.split(",")]); // it also records the calls for the others
const number = (name) => Number(options[name]);
const say = (text) => console.error(`node_overhead: ${text} (cpu pressure ${cpuPressure()})`);

const publicKey = (() => {
  const text = (bytes) => Buffer.concat([Buffer.from([0, 0, 0, bytes.length]), bytes]);
  return `ssh-ed25519 ${Buffer.concat([text(Buffer.from("ssh-ed25519")), text(Buffer.alloc(32, 7))]).toString("base64")}`;
})();

const server = await MainServer.start();
const engine = new Engine();
const nodes = [];

async function startNode(settings, environment) {
  const node = new NodeProcess(
    program,
    server.port,
    {
      "containers.image": image,
      "containers.ssh_ready": false,
      "ports.first": NODE_PORTS.first,
      "ports.last": NODE_PORTS.last,
      ...settings,
    },
    environment,
  );
  nodes.push(node);
  await node.logged("fleet.loaded");
  const peer = await server.peer(node.id);
  await peer.containers;
  return { node, peer };
}

const createFields = (username) => ({ username, sshPublicKey: publicKey, startingPort: NODE_PORTS.first });

// ------------------------------------------------------------------------------ added time

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

async function measureAdded() {
  const folder = mkdtempSync(join(tmpdir(), "dockhost-bench-proxy-"));
  const proxy = await EngineProxy.start(join(folder, "engine.sock"), socketPath());
  const { node, peer } = await startNode({ "containers.name_prefix": "added-" }, { DOCKER_HOST: `unix://${proxy.path}` });
  const lists = () => ({ added: [], before: [], after: [], engine: [], looks: [] });
  const times = Object.fromEntries(Object.keys(CALLS).map((name) => [name, lists()]));
  const recorded = {};

  const one = async (name, event, payload, state) => {
    proxy.forget();
    const { sent, ms } = await peer.succeed(event, payload);
    const all = proxy.between(sent, sent + ms);
    const own = all.filter((each) => kindOf(each) !== "other");
    const kinds = own.map(kindOf);
    prove(String(kinds) === String(CALLS[name]), `${name} makes the calls ${CALLS[name]}, not ${kinds}`);
    for (const exchange of own) {
      const kind = kindOf(exchange);
      if (name === "start" || recorded[kind]) continue;
      const rest = exchange.path.replace(/^\/v[\d.]+\/containers\/[0-9a-f]{64}/, "");
      recorded[kind] = { path: exchange.path, rest, body: Buffer.from(bodyOf(exchange)) };
    }
    const inEngine = own.reduce((sum, { begin, end }) => sum + end - begin, 0);
    times[name].engine.push(inEngine);
    times[name].added.push(ms - inEngine);
    times[name].before.push(own[0].begin - sent);
    times[name].after.push(sent + ms - own.at(-1).end);
    // Each event of a container makes the node look at it, and a command waits for a look that is under way.
    const waited = all.filter((each) => each.path.endsWith("/json") && each.begin < own[0].begin);
    const until = (each) => Math.min(each.end, own[0].begin) - Math.max(each.begin, sent);
    times[name].looks.push(waited.reduce((sum, each) => sum + until(each), 0));
    await engine.proveState(`added-${payload.username}`, state);
  };

  const rounds = number("added-rounds");
  for (let i = -1; i < rounds; ++i) {
    const username = `u${i}`;
    await one("create", "create-container", createFields(username), "running");
    await one("stop", "stop-container", { username }, "exited");
    await one("start", "start-container", { username }, "running");
    await one("delete", "delete-container", { username }, "absent");
    if (i >= 0) continue;
    // The first round makes the network and opens connections.
    for (const name of Object.keys(times)) times[name] = lists();
  }
  prove(await node.stop() === 0, "the node ended well");
  await proxy.close();
  rmSync(folder, { recursive: true, force: true });

  const everything = Object.values(times).flatMap(({ added }) => added);
  const withoutLooks = Object.values(times).flatMap(({ added, looks }) => added.map((ms, i) => ms - looks[i]));
  const figures = {
    all: { ...summary(everything), p99_against_aim: against(AIM_ADDED_P99, quantile(everything, 0.99), "ms") },
    all_without_waiting_for_looks: summary(withoutLooks),
  };
  for (const [name, { added, before, after, looks, engine: inEngine }] of Object.entries(times)) {
    figures[name] = {
      calls: CALLS[name],
      added_ms: summary(added),
      until_first_call_p50_ms: rounded(median(before)),
      after_last_call_p50_ms: rounded(median(after)),
      waited_for_looks_ms: summary(looks),
      engine_p50_ms: rounded(median(inEngine)),
    };
  }
  return { figures, recorded };
}

// ------------------------------------------------------------------------------ ratio

async function timed(work) {
  const begin = performance.now();
  const value = await work();
  return { ms: performance.now() - begin, value };
}

async function lifeThroughNode(peer, username) {
  const name = `dockhost-${username}`;
  const out = {};
  out.create = (await peer.succeed("create-container", createFields(username))).ms;
  await engine.proveState(name, "running");
  out.stop = (await peer.succeed("stop-container", { username })).ms;
  await engine.proveState(name, "exited");
  out.start = (await peer.succeed("start-container", { username })).ms;
  await engine.proveState(name, "running");
  out.delete = (await peer.succeed("delete-container", { username })).ms;
  await engine.proveState(name, "absent");
  return out;
}

async function lifeDirectly(direct, name, ports) {
  const out = {};
  const made = await timed(() => direct.create(name, ports));
  out.create = made.ms;
  await engine.proveState(name, "running");
  out.stop = (await timed(() => direct.stop(made.value))).ms;
  await engine.proveState(name, "exited");
  out.start = (await timed(() => direct.start(made.value))).ms;
  await engine.proveState(name, "running");
  out.delete = (await timed(() => direct.remove(made.value))).ms;
  await engine.proveState(name, "absent");
  return out;
}

function compare(node, direct, aim) {
  const ratio = median(node) / median(direct);
  return {
    node_ms: summary(node),
    direct_ms: summary(direct),
    ratio_of_medians: aim ? against(aim, ratio, "x") : rounded(ratio),
    median_of_pair_ratios: rounded(median(node.map((ms, i) => ms / direct[i]))),
  };
}

async function measureRatio(peer, direct) {
  const node = { create: [], stop: [], start: [], delete: [] };
  const straight = { create: [], stop: [], start: [], delete: [] };
  const keep = (into, from) => Object.keys(into).forEach((name) => into[name].push(from[name]));
  const rounds = number("rounds");
  for (let i = -1; i < rounds; ++i) {
    const runs = [
      async () => [node, await lifeThroughNode(peer, `r${i}`)],
      async () => [straight, await lifeDirectly(direct, `direct-r${i}`, DIRECT_PORTS + 3 * (i + 1))],
    ];
    if (i % 2) runs.reverse();
    for (const run of runs) {
      const [into, figures] = await run();
      if (i >= 0) keep(into, figures); // the first round warms up
      await pause(SETTLE_MS);
    }
  }
  return Object.fromEntries(Object.keys(node).map((name) => [
    name, compare(node[name], straight[name], name === "create" || name === "start" ? AIM_RATIO : undefined)]));
}

// ------------------------------------------------------------------------------ burst

async function burstThroughNode(peer, tag) {
  const users = Array.from({ length: BURST }, (_, i) => `${tag}-${i}`);
  const { ms, value } = await timed(() =>
    Promise.all(users.map((username) => peer.succeed("create-container", createFields(username)))));
  const bases = new Set(value.map(({ reply }) => reply.data.ports.ssh));
  prove(bases.size === BURST, "every container has ports of its own");
  for (const username of users) await engine.proveState(`dockhost-${username}`, "running");
  return { ms, users };
}

const deleteAll = (peer, users) => Promise.all(users.map((username) => peer.succeed("delete-container", { username })));

async function burstDirectly(direct, tag) {
  const names = Array.from({ length: BURST }, (_, i) => `${tag}-${i}`);
  const { ms, value } = await timed(() =>
    Promise.all(names.map((name, i) => direct.create(name, DIRECT_PORTS + 3 * i))));
  for (const name of names) await engine.proveState(name, "running");
  await Promise.all(value.map((path) => direct.remove(path)));
  return ms;
}

async function measureBurst(peer, direct) {
  const node = [];
  const straight = [];
  const rounds = number("burst-rounds");
  for (let i = 0; i < rounds; ++i) {
    const runs = [
      async () => {
        const { ms, users } = await burstThroughNode(peer, `b${i}`);
        node.push(ms);
        await deleteAll(peer, users);
      },
      async () => straight.push(await burstDirectly(direct, `direct-b${i}`)),
    ];
    if (i % 2) runs.reverse();
    for (const run of runs) {
      await run();
      await pause(2 * SETTLE_MS);
    }
  }
  return { creates: BURST, rounds, ...compare(node, straight, AIM_RATIO) };
}

// ------------------------------------------------------------------------------ checks and lists

async function measureQueries(peer) {
  const { users } = await burstThroughNode(peer, "q");
  const echo = spawn(process.execPath, [
    fileURLToPath(new URL("./support/echo_client.mjs", import.meta.url)), `http://127.0.0.1:${server.port}`],
    { stdio: ["pipe", "inherit", "inherit"] });
  const floorPeer = await server.peer("echo");
  const times = { exists: [], running: [], list_one: [], list_all: [], floor: [] };
  const calls = number("calls");
  const warmUp = 300;
  for (let i = -warmUp; i < calls; ++i) {
    const username = users[(i + warmUp) % users.length];
    const exists = await peer.check("check_if_container_exists", username);
    const running = await peer.check("check_if_container_running", username);
    const one = await peer.succeed("list-containers", { username });
    const all = await peer.succeed("list-containers", {});
    const floor = await floorPeer.command("echo", { USERNAME: username });
    prove(exists.reply === true && running.reply === true, `${username} exists and runs`);
    prove(one.reply.data.containers.length === 1, "one container is listed");
    prove(all.reply.data.containers.length === users.length, "all containers are listed");
    if (i < 0) continue;
    times.exists.push(exists.ms);
    times.running.push(running.ms);
    times.list_one.push(one.ms);
    times.list_all.push(all.ms);
    times.floor.push(floor.ms);
  }
  echo.stdin.end();
  await deleteAll(peer, users);
  const floorP99 = quantile(times.floor, 0.99);
  const out = { containers: users.length, echo_floor_ms: summary(times.floor) };
  for (const name of ["exists", "running", "list_one", "list_all"]) {
    out[name] = {
      ms: summary(times[name]),
      p99: against(AIM_QUERY_P99, quantile(times[name], 0.99), "ms"),
      p50_above_floor_ms: rounded(median(times[name]) - median(times.floor)),
    };
  }
  out.script_was_the_bottleneck = floorP99 > AIM_QUERY_P99 / 2;
  return out;
}

// ------------------------------------------------------------------------------ SSH readiness

async function measureSsh(plain) {
  const { node, peer } = await startNode({
    "containers.ssh_ready": true,
    "containers.name_prefix": "ssh-",
    "ports.first": SSH_NODE_PORTS.first,
    "ports.last": SSH_NODE_PORTS.last,
  });
  const off = [];
  const on = [];
  const rounds = number("rounds");
  for (let i = -1; i < rounds; ++i) {
    const run = async (who, prefix, into) => {
      const username = `s${i}`;
      const { ms } = await who.succeed("create-container", createFields(username));
      await engine.proveState(prefix + username, "running");
      await who.succeed("delete-container", { username });
      if (i >= 0) into.push(ms);
      await pause(SETTLE_MS);
    };
    const runs = [() => run(plain, "dockhost-", off), () => run(peer, "ssh-", on)];
    if (i % 2) runs.reverse();
    for (const each of runs) await each();
  }
  prove(await node.stop() === 0, "the node ended well");
  return { off_ms: summary(off), on_ms: summary(on), adds_at_median_ms: rounded(median(on) - median(off)) };
}

// ------------------------------------------------------------------------------ all of it

const results = { benchmark: "node_overhead", machine_before: machine() };
try {
  say("added time");
  const { figures, recorded } = await measureAdded();
  results.added = figures;
  const direct = new DirectCalls(engine, recorded);
  const { node, peer } = await startNode({});
  if (wanted.has("ratio")) {
    say("ratio");
    results.ratio = await measureRatio(peer, direct);
  }
  if (wanted.has("burst")) {
    say("burst");
    results.burst = await measureBurst(peer, direct);
  }
  if (wanted.has("queries")) {
    say("checks and lists");
    results.queries = await measureQueries(peer);
  }
  if (wanted.has("ssh")) {
    say("SSH readiness");
    results.ssh = await measureSsh(peer);
  }
  results.memory_afterwards_kib = node.memory();
  prove(await node.stop() === 0, "the node ended well");
  results.cpu_pressure_after = cpuPressure();
  console.log(JSON.stringify(results, null, 2));
} catch (error) {
  console.error(`node_overhead: ${error.stack}`);
  process.exitCode = 1;
} finally {
  for (const node of nodes) if (node.process.exitCode === null) node.process.kill("SIGKILL");
  engine.close();
  await server.close();
}
