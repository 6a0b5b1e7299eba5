#!/usr/bin/env node
// SPDX-License-Identifier: MIT
// Plays every case against npm's servers and against ours, and compares what they said.
//   oracle.mjs ECHO_SERVER [PART OF A NAME] [--verbose]
import { fileURLToPath } from "node:url";
import { engineCases } from "./engine_cases.mjs";
import { socketCases } from "./socket_cases.mjs";
import { startServer, Talk } from "./tools.mjs";

const verbose = process.argv.includes("--verbose");
const [program, part = ""] = process.argv.slice(2).filter((word) => word !== "--verbose");
const oracle = fileURLToPath(new URL("../servers/echo_oracle.mjs", import.meta.url));
const cases = [...engineCases, ...socketCases].filter(({ name }) => name.includes(part));

// Heartbeats as fast as the suites of the protocol's authors want them only where they are what is looked at: the rest
// must not depend on how busy the machine is.
const times = { quick: [0, 0, 300, 200, 1000], calm: [0, 0, 25000, 20000, 45000] };
const servers = {};
for (const kind of Object.keys(times)) {
  servers[kind] = {
    npm: await startServer(process.execPath, [oracle, ...times[kind]]),
    ours: await startServer(program, times[kind]),
  };
}

async function play({ name, engine, play: script, quick }, which) {
  const talk = new Talk(servers[quick ? "quick" : "calm"][which], engine);
  let timer;
  const late = new Promise((done) => {
    timer = setTimeout(done, 20_000, "late");
  });
  try {
    if (await Promise.race([script(talk), late]) === "late") talk.say("(not finished in 20 s)");
  } catch (error) {
    talk.say(`(threw) ${error.stack}`);
  }
  clearTimeout(timer);
  talk.end();
  return talk.log;
}

const same = (a, b) => a.length === b.length && a.every((line, i) => line === b[i]);
const normal = (log, alike = []) => log.map((line) =>
  alike.reduce((text, [pattern, replacement]) => text.replace(pattern, replacement), line));

let failed = 0;
async function compare(one) {
  const npm = normal(await play(one, "npm"), one.alike);
  const ours = normal(await play(one, "ours"), one.alike);
  const broken = [...npm, ...ours].some((line) => line.startsWith("(threw)") || line.startsWith("(not finished"));
  const good = npm.length > 0 && same(npm, ours) && !broken;
  if (!good) ++failed;
  if (!good || verbose) {
    console.log(`${good ? "ok" : "FAILED"} ${one.name}`);
    for (const line of npm) console.log(`    npm:  ${JSON.stringify(line)}`);
    for (const line of ours) console.log(`    ours: ${JSON.stringify(line)}`);
  }
}

// Several at a time: most of them wait most of the time.
const queue = [...cases];
await Promise.all(Array.from({ length: 8 }, async () => {
  for (let one = queue.shift(); one; one = queue.shift()) await compare(one);
}));
for (const { npm, ours } of Object.values(servers)) await Promise.all([npm.stop(), ours.stop()]);
console.log(`${cases.length} cases, ${failed} differ`);
process.exit(failed || !cases.length ? 1 : 0);
