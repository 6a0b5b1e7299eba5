// SPDX-License-Identifier: MIT
// The tables of docs/benchmarks.md from what bench/run.sh has left: node bench/report.mjs [FOLDER]
import { readFileSync } from "node:fs";
import { join } from "node:path";

const folder = process.argv[2] ?? "build/bench";

function read(name) {
  try {
    return JSON.parse(readFileSync(join(folder, `${name}.json`), "utf8"));
  } catch (error) {
    if (error.code !== "ENOENT") throw error;
    console.error(`report: no ${name}.json in ${folder}`);
    return undefined;
  }
}

function table(title, head, rows) {
  console.log(`### ${title}\n`);
  console.log(`| ${head.join(" | ")} |`);
  console.log(`|${head.map(() => "---").join("|")}|`);
  for (const row of rows) console.log(`| ${row.join(" | ")} |`);
  console.log("");
}

const short = (value) => (Math.abs(value) >= 100 ? value.toFixed(0) : Number(value.toPrecision(3)).toString());
const against = ({ measured, aim, unit, met, missed_by: by, at_least: more }) =>
  [`${short(measured)} ${unit}`, `${more ? "≥" : "≤"} ${aim} ${unit}`, met ? "met" : `**missed by ${short(by)} ${unit}**`];
const rate = (perSecond) =>
  perSecond >= 1e6 ? `${short(perSecond / 1e6)} M/s` : perSecond >= 1e4 ? `${short(perSecond / 1e3)} k/s` : `${short(perSecond)}/s`;

const bottleneck = ({ measuring_was_the_bottleneck: was }) => (was ? " (the measuring was the bottleneck)" : "");

function ports({ benchmarks }) {
  const AIM_US = 50;
  table("Port registry, 95 % full", ["allocation", "p50", "p99", "p99.9", "aim (p99)", ""],
    benchmarks.map((b) => [
      b.name.replace(/^allocate\//, "").replace(/\/.*/, "").replaceAll("_", " "),
      `${short(b.p50_us)} µs`, `${short(b.p99_us)} µs`, `${short(b.p999_us)} µs`, `≤ ${AIM_US} µs`,
      b.p99_us <= AIM_US ? "met" : `**missed by ${short(b.p99_us - AIM_US)} µs**`]));
}

function rates(title, { benchmarks }) {
  table(title, ["", "bytes each", "per second", "MB/s"], benchmarks.map((b) => {
    const bytes = b.bytes_per_second ? b.bytes_per_second / b.items_per_second : undefined;
    return [b.name.replace("/", ", ").replaceAll("_", " "), bytes ? bytes.toFixed(0) : "–", rate(b.items_per_second),
      bytes ? short(b.bytes_per_second / 1e6) : "–"];
  }));
}

function logPipeline({ benchmarks }) {
  const AIM = 1e6; // lines per second, on one core
  table("Log lines, from the engine's bytes to packets, one core", ["", "lines", "MB/s", "aim", ""],
    benchmarks.map((b) => {
      const perSecond = b.items_per_second;
      return [b.name.replaceAll("_", " "), rate(perSecond), short(b.bytes_per_second / 1e6), `≥ ${rate(AIM)}`,
        perSecond >= AIM ? "met" : `**missed by ${rate(AIM - perSecond)}**`];
    }));
}

function footprint({ idle, with_200: full, start }) {
  const rows = [];
  for (const each of [idle, full]) {
    const name = each.containers ? `${each.containers} simulated containers` : "idle";
    rows.push([`anonymous memory, ${name}`, ...against(each.anonymous)]);
    rows.push([`PSS, ${name}`, ...against(each.pss)]);
    rows.push([`CPU while nothing happens, ${name}`, ...against(each.idle_cpu)]);
  }
  rows.push([`start to ready, ${start.containers} simulated containers, median of ${start.ready_ms.count}`,
    ...against(start.ready_median)]);
  rows.push([`start until the main server has all ${start.containers}, median`,
    `${short(start.all_reported_to_main_server_ms.p50)} ms`, "–", ""]);
  rows.push(["starting the program for `--version`, median", `${short(start.process_floor_ms.p50)} ms`, "–", ""]);
  table("Node", ["", "measured", "aim", ""], rows);
}

function overhead({ added, ratio, burst, ssh, queries }) {
  const rows = [];
  for (const [name, each] of Object.entries(ratio ?? {})) {
    if (name === "cpu_pressure_before") continue;
    const times = `${short(each.node_ms.p50)} ms / ${short(each.direct_ms.p50)} ms`;
    const of = each.ratio_of_medians;
    rows.push([`${name}, median of ${each.node_ms.count}`, times,
      ...(typeof of === "number" ? [`${of} x`, "–", ""] : against(of))]);
  }
  if (burst) {
    rows.push([`${burst.creates} creates at once, one port named, median of ${burst.rounds}`,
      `${short(burst.node_ms.p50)} ms / ${short(burst.direct_ms.p50)} ms`, ...against(burst.ratio_of_medians)]);
  }
  table("Through the node / directly", ["", "times", "ratio", "aim", ""], rows);

  const p99 = ({ p99: value }) => `${short(value)} ms`;
  table("Time that the node adds", ["", "p50", "p99", "aim (p99)", ""], [
    ["all commands", `${short(added.all.p50)} ms`, ...against(added.all.p99_against_aim)],
    ["of it without waiting for looks", `${short(added.all_without_waiting_for_looks.p50)} ms`,
      p99(added.all_without_waiting_for_looks), "–", ""],
    ...["create", "stop", "start", "delete"].map((name) =>
      [name, `${short(added[name].added_ms.p50)} ms`, p99(added[name].added_ms), "–", ""]),
    [`floor: a native client makes the same calls${bottleneck(added)}`,
      `${short(added.floor_ms.p50)} ms`, p99(added.floor_ms), "–", ""],
    ["processor time of the node per command", `${short(added.node_cpu_per_command_ms)} ms (mean)`, "", "–", ""]]);

  for (const [key, server] of [["bare_server", "a native server that only writes and times bytes"], ["npm_server", "npm's server"]]) {
    const asked = queries?.[key];
    if (!asked) continue;
    table(`Checks and lists, seen by ${server}${bottleneck(asked)}`, ["", "p50", "p99", "aim (p99)", ""], [
      ...["exists", "running", "list_one", "list_all"].map((name) =>
        [name.replaceAll("_", " "), `${short(asked[name].ms.p50)} ms`, ...against(asked[name].p99_against_aim)]),
      ["floor: no node in between", `${short(asked.floor_ms.p50)} ms`, `${short(asked.floor_ms.p99)} ms`, "–", ""],
      ["processor time of the node per query", `${short(asked.node_cpu_per_query_ms)} ms (mean)`, "", "–", ""]]);
  }
  if (ssh) {
    table("SSH readiness", ["create, median", ""], [
      ["off", `${short(ssh.off_ms.p50)} ms`], ["on", `${short(ssh.on_ms.p50)} ms`],
      ["adds", `${short(ssh.adds_at_median_ms)} ms`]]);
  }
}

function live({ states, idle, events, stats }) {
  if (events) {
    table("From the engine's event to the client", ["later than a raw reader of `/events`", "median", "aim", "", "p99", "aim", ""],
      Object.values(events).filter((each) => each.lag_ms).map((each) =>
        [`${each.containers} containers, ${each.clients} clients, ${each.transitions} transitions`,
          ...against(each.median), ...against(each.p99)]));
  }
  const rows = [];
  if (states) {
    rows.push([`\`initial_state\` of ${states.containers} containers, p99 of ${states.one_ms.count}`, ...against(states.one_p99)]);
    rows.push([`for ${states.clients} clients at once, until the last has it, median`, ...against(states.all_median)]);
  }
  if (idle) {
    rows.push([`an idle client, at ${idle.clients}`, ...against(idle.each)]);
    rows.push(["the same at npm's server", `${short(idle.npm_kib)} KiB`, "–", ""]);
  }
  if (stats) {
    rows.push([`processor for the stats of ${stats.containers} containers each second`, ...against(stats.node)]);
    rows.push(["the engine meanwhile / before", `${short(stats.engine_meanwhile_percent)} % / ${short(stats.engine_idle_percent)} %`, "–", ""]);
    rows.push(["the engine when it streams them itself", `${short(stats.engine_streams_percent)} %`, "–", ""]);
  }
  if (rows.length > 0) table("Live view", ["", "measured", "aim", ""], rows);
}

function logs({ lines, one, ten, many, rotating, states, stops }) {
  const rows = [];
  if (one) {
    rows.push(["the engine's log read directly, median", `${rate(one.direct_lines_per_second.p50)}`, "–", ""]);
    rows.push(["1 client, median", `${rate(one.node_lines_per_second.p50)}`, "–", ""]);
    rows.push(["1 client / directly", ...against(one.ratio)]);
    rows.push(["processor time of the node with 1 client, median", ...against(one.cpu)]);
  }
  if (ten) {
    rows.push([`${ten.clients} clients, all lines to each, in all, median`, ...against(ten.total)]);
    rows.push([`processor time of the node with ${ten.clients} clients, median`, `${short(ten.cpu_s.p50)} core-s`, "–", ""]);
  }
  if (many) {
    rows.push([`${many.clients} clients: lines neither received nor marked as missing`, ...against(many.unmarked)]);
    rows.push([`${many.clients} clients: lines received, in all`, `${rate(many.received_per_second)}`, "–", ""]);
    rows.push([`${many.clients} clients: lines marked as missing`, `${short(many.marked_percent)} %`, "–", ""]);
    rows.push([`${many.clients} clients: peak memory of the node (RSS)`, ...against(many.rss)]);
  }
  for (const each of rotating?.files ?? []) {
    const name = `1 client, three files of ${each.max_size}`;
    rows.push([`${name}: lines received, median`, `${short(each.received_percent.p50)} %`, "–", ""]);
    rows.push([`${name}: gone from the engine and marked, median`, `${short(each.gone_percent.p50)} %`, "–", ""]);
    rows.push([`${name}: processor time of the node, median`, ...against(each.cpu)]);
  }
  if (states) rows.push([`another client's states during a flood, p99 of ${states.ms.count}`, ...against(states.p99)]);
  if (stops) rows.push([`stop request until the engine's log is closed, slowest of ${stops.ms.count}`, ...against(stops.closed)]);
  table(`A flood of ${lines} log lines`, ["", "measured", "aim", ""], rows);
}

const parts = [
  ["node_logs", logs],
  ["node_overhead", overhead],
  ["node_live", live],
  ["node_footprint", footprint],
  ["port_registry", ports],
  ["codec", (all) => rates("Socket.IO codec", all)],
  ["json", (all) => rates("JSON", all)],
  ["log_pipeline", logPipeline],
  ["lifecycle", (all) => rates("Lifecycle steps", all)],
];
for (const [name, print] of parts) {
  const results = read(name);
  if (results) print(results);
}
