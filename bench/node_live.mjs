// SPDX-License-Identifier: MIT
// The live view: how soon state changes arrive, how long the whole state takes, what idle clients and stats cost.
// (Logs: node_logs.mjs.)
//
//   scripts/with-test-engine.sh node bench/node_live.mjs PROGRAM [--only states,idle,events,stats] [--rounds 40]
//        [--stats-containers 200] [--idle-clients 5000] [--peers build/bench/bench/peers]
//
// Prints JSON on stdout, progress on stderr.
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { measureEvents } from "./live/events.mjs";
import { measureIdle } from "./live/idle.mjs";
import { measureStates } from "./live/states.mjs";
import { measureStats } from "./live/stats.mjs";
import { LiveContext } from "./live/context.mjs";
import { cpuPressure, machine } from "./support/figures.mjs";
import { DEFAULT_FOLDER } from "./support/peers.mjs";

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: "string", default: "states,idle,events,stats" },
    rounds: { type: "string", default: "40" },
    "stats-containers": { type: "string", default: "200" },
    "idle-clients": { type: "string", default: "5000" },
    peers: { type: "string", default: DEFAULT_FOLDER },
  },
});
const [program] = positionals;
if (!program) {
  console.error("usage: scripts/with-test-engine.sh node bench/node_live.mjs PROGRAM [options]");
  process.exit(2);
}
const wanted = new Set(options.only.split(","));
const results = { benchmark: "node_live", machine_before: machine() };
const context = await LiveContext.start(resolve(program), resolve(options.peers));

async function part(name, measure) {
  if (!wanted.has(name)) return;
  const before = cpuPressure();
  console.error(`node_live: ${name} (cpu pressure ${before})`);
  results[name] = { cpu_pressure_before: before, ...(await measure()) };
}

try {
  await part("states", () => measureStates(context, Number(options.rounds)));
  await part("idle", () => measureIdle(context, Number(options["idle-clients"])));
  await part("events", () => measureEvents(context, Number(options.rounds)));
  await part("stats", () => measureStats(context, Number(options["stats-containers"])));
  results.cpu_pressure_after = cpuPressure();
  console.log(JSON.stringify(results, null, 2));
} catch (error) {
  console.error(`node_live: ${error.stack}`);
  process.exitCode = 1;
} finally {
  await context.close();
}
