// SPDX-License-Identifier: MIT
// Memory, idle processor time and start of a node. Needs no engine: the containers are simulated.
//
//   node bench/node_footprint.mjs PROGRAM [--rounds 9] [--idle-seconds 30]
//
// Prints JSON on stdout, progress on stderr.
import { spawn } from "node:child_process";
import { parseArgs } from "node:util";
import { against, cpuPressure, machine, median, pause, prove, rounded, summary } from "./support/figures.mjs";
import { MainServer } from "./support/main_server.mjs";
import { NodeProcess } from "./support/node_process.mjs";

const MIB = 1024; // KiB
const AIM_IDLE_MIB = 6;
const AIM_200_MIB = 12;
const AIM_PSS_MIB = 16;
const AIM_CPU_PERCENT = 0.2;
const AIM_READY_MS = 150;
const SETTLE_MS = 3000; // what the start has allocated and freed is given back
const PORTS = { "ports.first": 10000, "ports.last": 32767 };

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: "string", default: "9" }, "idle-seconds": { type: "string", default: "30" } },
});
const [program] = positionals;
if (!program) {
  console.error("usage: node bench/node_footprint.mjs PROGRAM [--rounds 9] [--idle-seconds 30]");
  process.exit(2);
}
const rounds = Number(options.rounds);
const say = (text) => console.error(`node_footprint: ${text} (cpu pressure ${cpuPressure()})`);
const server = await MainServer.start();
const nodes = [];

async function startNode(containers) {
  const node = new NodeProcess(program, server.port, {
    "engine.kind": "simulated",
    "engine.simulated_containers": containers,
    ...PORTS,
  });
  nodes.push(node);
  const ready = await node.logged("node.ready");
  const peer = await server.peer(node.id);
  const reported = await peer.containers;
  prove(reported.containers.length === containers, `${containers} containers are reported`);
  return { node, peer, ready: ready.at - node.spawnedAt, reported: reported.at - node.spawnedAt };
}

async function stop(node) {
  prove((await node.stop()) === 0, "the node ended well");
}

/** Memory and idle processor time with that many containers. */
async function measureIdle(containers) {
  const { node, peer } = await startNode(containers);
  const { reply } = await peer.succeed("list-containers", {});
  prove(reply.data.containers.length === containers, "all containers are listed");
  await pause(SETTLE_MS);
  const seconds = Number(options["idle-seconds"]);
  const before = node.cpuMs();
  const begin = performance.now();
  await pause(seconds * 1000);
  const percent = ((node.cpuMs() - before) / (performance.now() - begin)) * 100;
  const memory = node.memory();
  await stop(node);
  return { memory, percent };
}

/** Memory without the long wait, for the spread. */
async function measureMemory(containers) {
  const { node } = await startNode(containers);
  await pause(SETTLE_MS);
  const memory = node.memory();
  await stop(node);
  return memory;
}

/** From spawn to exit of the program doing nothing: what starting a process costs here. */
function startFloor() {
  return new Promise((resolve) => {
    const begin = performance.now();
    spawn(program, ["--version"], { stdio: "ignore" }).once("close", () => resolve(performance.now() - begin));
  });
}

const mib = (kib) => rounded(kib / MIB);

async function footprint(containers, aim) {
  const idle = await measureIdle(containers);
  const all = [idle.memory];
  for (let i = 1; i < 3; ++i) all.push(await measureMemory(containers));
  const of = (name) => median(all.map((each) => each[name])) / MIB;
  return {
    containers,
    anonymous: against(aim, of("anonymous"), "MiB"),
    pss: against(AIM_PSS_MIB, of("pss"), "MiB"),
    rss_mib: rounded(of("rss")),
    anonymous_of_each_run_mib: all.map(({ anonymous }) => mib(anonymous)),
    idle_cpu: against(AIM_CPU_PERCENT, idle.percent, "%"),
  };
}

async function startTimes(containers) {
  const ready = [];
  const reported = [];
  const floor = [];
  for (let i = -1; i < rounds; ++i) {
    const base = await startFloor();
    const started = await startNode(containers);
    await stop(started.node);
    if (i < 0) continue; // the first one reads the program from the disk
    floor.push(base);
    ready.push(started.ready);
    reported.push(started.reported);
  }
  return {
    containers,
    ready_ms: summary(ready),
    ready_median: against(AIM_READY_MS, median(ready), "ms"),
    all_reported_to_main_server_ms: summary(reported),
    process_floor_ms: summary(floor),
  };
}

const results = { benchmark: "node_footprint", machine_before: machine() };
try {
  say("idle");
  results.idle = await footprint(0, AIM_IDLE_MIB);
  say("200 containers");
  results.with_200 = await footprint(200, AIM_200_MIB);
  say("start with 500 containers");
  results.start = await startTimes(500);
  results.cpu_pressure_after = cpuPressure();
  console.log(JSON.stringify(results, null, 2));
} catch (error) {
  console.error(`node_footprint: ${error.stack}`);
  process.exitCode = 1;
} finally {
  for (const node of nodes) node.kill();
  await server.close();
}
