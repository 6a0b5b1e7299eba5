// SPDX-License-Identifier: MIT
// Floods of log lines through the node's live view, beside the engine's log read directly.
//
//   scripts/with-test-engine.sh node bench/node_logs.mjs PROGRAM [--lines 200000] [--rounds 7] [--many 200]
//        [--states 100] [--stops 20] [--only one,ten,many,rotating,states,stops] [--peers build/bench/bench/peers]
//
// Prints JSON on stdout, progress on stderr. A native program (bench/peers/log_watchers) reads and counts: each line
// has a number, and each must come, once and in its place, or be told to be missing.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { EndlessFlood, Flood, Sleeper } from "./logs/containers.mjs";
import { Watchers } from "./logs/watchers.mjs";
import { socketPath } from "./support/engine.mjs";
import { against, atLeast, cpuPressure, machine, median, pause, prove, quantile, rounded, summary } from "./support/figures.mjs";
import { MainServer } from "./support/main_server.mjs";
import { NodeProcess } from "./support/node_process.mjs";
import { DEFAULT_FOLDER } from "./support/peers.mjs";

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    lines: { type: "string", default: "200000" },
    rounds: { type: "string", default: "7" },
    many: { type: "string", default: "200" },
    states: { type: "string", default: "100" },
    stops: { type: "string", default: "20" },
    only: { type: "string", default: "one,ten,many,rotating,states,stops" },
    peers: { type: "string", default: DEFAULT_FOLDER },
  },
});
const [program] = positionals;
if (!program) {
  console.error("usage: scripts/with-test-engine.sh node bench/node_logs.mjs PROGRAM [options]");
  process.exit(2);
}
const AIM = { ratio: 0.9, cpuSeconds: 0.5, total: 1e6, rssMib: 64, statesMs: 25, stopMs: 5 };
const LIMIT_SECONDS = 300;
const lines = Number(options.lines);
const rounds = Number(options.rounds);
const wanted = new Set(options.only.split(","));
const results = { benchmark: "node_logs", lines, machine_before: machine() };

const server = await MainServer.start();
const watchers = new Watchers(resolve(options.peers));
const nodes = [];
const flood = Flood.start();
const perSecond = (count, ns) => (count * 1e9) / ns;

/** Its live view is served when this is back. */
async function startNode(settings = {}) {
  const node = new NodeProcess(resolve(program), server.port, { "live.enabled": true, "live.port": 0, ...settings });
  nodes.push(node);
  const { message } = await node.logged("live.listening");
  await node.logged("fleet.loaded");
  return { node, port: /:(\d+)\/$/.exec(message)[1] };
}

async function stopNode(node) {
  prove((await node.stop()) === 0, "the node ended well");
}

/** Peak of its resident memory so far, MiB. */
const peakMib = (node) => Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${node.process.pid}/status`, "utf8"))[1]) / 1024;

async function readDirectly() {
  const watching = await watchers.start("raw", socketPath(), flood.id, lines);
  flood.begin(lines);
  const got = await watching.result();
  prove(got.lines === lines, "every line is read directly");
  return perSecond(lines, got.ns);
}

async function readLive({ node, port }, clients, from = flood) {
  const watching = await watchers.start("live", port, from.id, lines, clients, LIMIT_SECONDS);
  await pause(300); // the engine's follow is opened after the answer
  const before = node.cpuMs();
  from.begin(lines);
  const got = await watching.result();
  for (const each of got.clients) prove(each.disorder === 0, "lines come in their order, once, and gaps are told in their place");
  return { ...got, cpuMs: node.cpuMs() - before };
}

const received = ({ clients }) => clients.reduce((sum, each) => sum + each.lines, 0);
const unaccounted = ({ clients }) => clients.reduce((sum, each) => sum + Math.abs(lines - each.lines - each.marked), 0);

async function one() {
  const live = await startNode();
  const direct = [], through = [], cpu = [];
  for (let i = 0; i < rounds; ++i) {
    direct.push(await readDirectly());
    const got = await readLive(live, 1);
    prove(received(got) === lines, "one client receives every line");
    through.push(perSecond(lines, got.ns));
    cpu.push(got.cpuMs / 1000);
  }
  await stopNode(live.node);
  return {
    rounds,
    direct_lines_per_second: summary(direct),
    node_lines_per_second: summary(through),
    ratio: atLeast(AIM.ratio, median(through) / median(direct), "x"),
    cpu: against(AIM.cpuSeconds, median(cpu), "core-s"),
  };
}

async function ten() {
  const clients = 10;
  const live = await startNode();
  const total = [], cpu = [];
  for (let i = 0; i < rounds; ++i) {
    const got = await readLive(live, clients);
    prove(received(got) === clients * lines, "each client receives every line");
    total.push(perSecond(clients * lines, got.ns));
    cpu.push(got.cpuMs / 1000);
  }
  await stopNode(live.node);
  return { clients, rounds, total: atLeast(AIM.total, median(total), "lines/s"), totals: summary(total), cpu_s: summary(cpu) };
}

async function many() {
  const clients = Number(options.many);
  const live = await startNode();
  const got = await readLive(live, clients);
  for (const each of got.clients) prove(each.unknown === 0, "each gap says how many lines it is");
  const marked = got.clients.reduce((sum, each) => sum + each.marked, 0);
  const rss = peakMib(live.node);
  await stopNode(live.node);
  return {
    clients,
    unmarked: against(0, unaccounted(got), "lines"),
    received_per_second: rounded(perSecond(received(got), got.ns)),
    marked_percent: rounded((100 * marked) / (clients * lines)),
    gaps: got.clients.reduce((sum, each) => sum + each.gaps, 0),
    cpu_s: rounded(got.cpuMs / 1000),
    rss: against(AIM.rssMib, rss, "MiB"),
  };
}

/** The engine keeps three files of 1 MB, which are full several times a second, and of 10 MB. */
async function rotating() {
  const out = [];
  for (const size of ["1m", "10m"]) {
    const from = Flood.start("--log-opt", `max-size=${size}`, "--log-opt", "max-file=3");
    try {
      const live = await startNode();
      const came = [], gone = [], gaps = [], cpu = [];
      for (let i = 0; i < rounds; ++i) {
        const got = await readLive(live, 1, from);
        const [client] = got.clients;
        came.push((100 * client.lines) / lines);
        gone.push((100 * client.gone) / lines);
        gaps.push(client.gaps);
        cpu.push(got.cpuMs / 1000);
        prove(client.lines + client.marked + client.gone === lines, "every line came, or a gap stands in its place");
      }
      await stopNode(live.node);
      const [percent, missing, each, seconds] = [came, gone, gaps, cpu].map(summary);
      out.push({ max_size: size, rounds, received_percent: percent, gone_percent: missing, gaps: each, cpu_s: seconds, cpu: against(AIM.cpuSeconds, median(cpu), "core-s") });
    } finally {
      from.remove();
    }
  }
  return { files: out };
}

/** Another container is paused and unpaused while the flood goes on. */
async function states() {
  const sleeper = Sleeper.start();
  const endless = EndlessFlood.start();
  try {
    const live = await startNode();
    const ENDLESS = 100_000_000;
    const watching = await watchers.start("live", live.port, endless.id, ENDLESS, 1, LIMIT_SECONDS);
    const seeing = await watchers.start("states", live.port, socketPath(), sleeper.id, Number(options.states));
    const { ns } = await seeing.result();
    prove(!watching.over, "the flood went on all the time");
    watching.kill();
    await stopNode(live.node);
    const ms = ns.map((each) => each / 1e6);
    return { ms: summary(ms), p99: against(AIM.statesMs, quantile(ms, 0.99), "ms") };
  } finally {
    endless.remove();
    sleeper.remove();
  }
}

async function stops() {
  const folder = mkdtempSync(join(tmpdir(), "dockhost-bench-logs-"));
  const proxy = join(folder, "engine.sock");
  const watching = await watchers.start("stops", proxy, socketPath());
  const live = await startNode({ "engine.host": `unix://${proxy}` });
  const endless = EndlessFlood.start();
  const closed = [], told = [];
  for (let i = 0; i < Number(options.stops); ++i) {
    const got = await watching.ask({ port: Number(live.port), container: endless.id });
    prove(got.after_stop === 0, "no line comes after log_stream_stopped");
    prove(got.open === 0, "no log is left open at the engine");
    closed.push(got.closed_ns / 1e6);
    told.push(got.stopped_ns / 1e6);
  }
  endless.remove();
  await stopNode(live.node);
  watching.kill();
  rmSync(folder, { recursive: true, force: true });
  return { ms: summary(closed), told_ms: summary(told), closed: against(AIM.stopMs, quantile(closed, 1), "ms") };
}

try {
  for (const [name, measure] of Object.entries({ one, ten, many, rotating, states, stops })) {
    if (!wanted.has(name)) continue;
    const before = cpuPressure();
    console.error(`node_logs: ${name} (cpu pressure ${before})`);
    try {
      results[name] = { cpu_pressure_before: before, ...(await measure()) };
    } catch (error) {
      // The others' figures are good; the exit code says that not all is there.
      console.error(`node_logs: ${name}: ${error.stack}`);
      process.exitCode = 1;
    }
  }
  console.log(JSON.stringify(results, null, 2));
} catch (error) {
  console.error(`node_logs: ${error.stack}`);
  process.exitCode = 1;
} finally {
  watchers.close();
  for (const node of nodes) node.kill();
  flood.remove();
  await server.close();
}
