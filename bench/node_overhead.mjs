// SPDX-License-Identifier: MIT
// What the node adds to the engine: each command through the node beside the same engine calls made directly.
//
//   scripts/with-test-engine.sh node bench/node_overhead.mjs PROGRAM [--rounds 15] [--added-rounds 40]
//        [--calls 2000] [--burst-rounds 7] [--only ratio,burst,ssh,queries] [--peers build/bench/bench/peers]
//
// Prints JSON on stdout, progress on stderr. Every step is checked on the engine by inspect. SSH readiness is off,
// save where it is what is measured.
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { measureAdded } from "./overhead/added.mjs";
import { Context } from "./overhead/context.mjs";
import { measureQueries } from "./overhead/queries.mjs";
import { measureBurst, measureRatio } from "./overhead/ratio.mjs";
import { measureSsh } from "./overhead/ssh.mjs";
import { DirectCalls } from "./support/engine.mjs";
import { cpuPressure, machine } from "./support/figures.mjs";
import { DEFAULT_FOLDER } from "./support/peers.mjs";

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: "string", default: "15" },
    "added-rounds": { type: "string", default: "40" },
    calls: { type: "string", default: "2000" },
    "burst-rounds": { type: "string", default: "7" },
    only: { type: "string", default: "ratio,burst,ssh,queries" },
    peers: { type: "string", default: DEFAULT_FOLDER }, // the programs of bench/peers
  },
});
const [program] = positionals;
if (!program) {
  console.error("usage: scripts/with-test-engine.sh node bench/node_overhead.mjs PROGRAM [options]");
  process.exit(2);
}
const wanted = new Set(options.only.split(","));
const results = { benchmark: "node_overhead", machine_before: machine() };
const context = await Context.start(resolve(program), resolve(options.peers), {
  rounds: Number(options.rounds),
  addedRounds: Number(options["added-rounds"]),
  calls: Number(options.calls),
  burstRounds: Number(options["burst-rounds"]),
});

async function part(name, measure) {
  if (!wanted.has(name)) return;
  const before = cpuPressure();
  console.error(`node_overhead: ${name} (cpu pressure ${before})`);
  results[name] = { cpu_pressure_before: before, ...(await measure()) };
}

try {
  wanted.add("added"); // its proxy also records the calls that the others make
  let recorded;
  await part("added", async () => {
    const measured = await measureAdded(context);
    recorded = measured.recorded;
    return measured.figures;
  });
  const direct = new DirectCalls(context.engine, recorded);
  const { node, peer } = await context.startNode({});
  await part("ratio", () => measureRatio(context, peer, direct));
  await part("burst", () => measureBurst(context, peer, direct));
  await part("ssh", () => measureSsh(context, peer));
  await part("queries", () => measureQueries(context, node, peer));
  if (!wanted.has("queries")) await context.stopNode(node);
  console.log(JSON.stringify(results, null, 2));
} catch (error) {
  console.error(`node_overhead: ${error.stack}`);
  process.exitCode = 1;
} finally {
  await context.close();
}
