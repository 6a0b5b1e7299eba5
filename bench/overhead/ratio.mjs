// SPDX-License-Identifier: MIT
// Each command's time through the node over that of the same engine calls made directly, in alternation.
import { against, median, pause, prove, rounded, summary } from "../support/figures.mjs";
import { AIM_RATIO, createFields, DIRECT_PORTS, SETTLE_MS } from "./context.mjs";

const BURST = 20;

export async function timed(work) {
  const begin = performance.now();
  const value = await work();
  return { ms: performance.now() - begin, value };
}

/** Runs both, the one first in even rounds and the other in odd ones. */
export async function alternate(round, first, second, settle = SETTLE_MS) {
  const runs = round % 2 ? [second, first] : [first, second];
  for (const run of runs) {
    await run();
    await pause(settle);
  }
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

// ------------------------------------------------------------------------------ one after the other

async function lifeThroughNode(context, peer, username) {
  const name = `dockhost-${username}`;
  const run = async (event, payload, state) => {
    const { ms } = await peer.succeed(event, payload);
    await context.engine.proveState(name, state);
    return ms;
  };
  return {
    create: await run("create-container", createFields(username), "running"),
    stop: await run("stop-container", { username }, "exited"),
    start: await run("start-container", { username }, "running"),
    delete: await run("delete-container", { username }, "absent"),
  };
}

async function lifeDirectly(context, direct, name, ports) {
  let id;
  const run = async (work, state) => {
    const { ms } = await timed(work);
    await context.engine.proveState(name, state);
    return ms;
  };
  return {
    create: await run(async () => (id = await direct.make(direct.create(name, ports))), "running"),
    stop: await run(() => direct.make(direct.stop(id)), "exited"),
    start: await run(() => direct.make(direct.start(id)), "running"),
    delete: await run(() => direct.make(direct.remove(id)), "absent"),
  };
}

export async function measureRatio(context, peer, direct) {
  const through = { create: [], stop: [], start: [], delete: [] };
  const straight = { create: [], stop: [], start: [], delete: [] };
  for (let i = -1; i < context.counts.rounds; ++i) {
    const keep = (into, times) => {
      if (i < 0) return; // the first round warms up
      for (const name of Object.keys(into)) into[name].push(times[name]);
    };
    await alternate(
      i,
      async () => keep(through, await lifeThroughNode(context, peer, `r${i}`)),
      async () => keep(straight, await lifeDirectly(context, direct, `direct-r${i}`, DIRECT_PORTS + 3 * (i + 1))));
  }
  const aims = { create: AIM_RATIO, start: AIM_RATIO };
  return Object.fromEntries(
    Object.keys(through).map((name) => [name, compare(through[name], straight[name], aims[name])]));
}

// ------------------------------------------------------------------------------ twenty at once

/** Creates for so many users at once, all naming one port. */
export async function burstThroughNode(context, peer, tag) {
  const users = Array.from({ length: BURST }, (_, i) => `${tag}-${i}`);
  const { ms, value } = await timed(() =>
    Promise.all(users.map((username) => peer.succeed("create-container", createFields(username)))));
  const bases = new Set(value.map(({ reply }) => reply.data.ports.ssh));
  prove(bases.size === BURST, "every container has ports of its own");
  for (const username of users) await context.engine.proveState(`dockhost-${username}`, "running");
  return { ms, users };
}

async function burstDirectly(context, direct, tag) {
  const names = Array.from({ length: BURST }, (_, i) => `${tag}-${i}`);
  const { ms, value } = await timed(() =>
    Promise.all(names.map((name, i) => direct.make(direct.create(name, DIRECT_PORTS + 3 * i)))));
  for (const name of names) await context.engine.proveState(name, "running");
  await Promise.all(value.map((id) => direct.make(direct.remove(id))));
  return ms;
}

export async function measureBurst(context, peer, direct) {
  const through = [];
  const straight = [];
  const rounds = context.counts.burstRounds;
  for (let i = 0; i < rounds; ++i) {
    await alternate(
      i,
      async () => {
        const { ms, users } = await burstThroughNode(context, peer, `b${i}`);
        through.push(ms);
        await Promise.all(users.map((username) => peer.succeed("delete-container", { username })));
      },
      async () => straight.push(await burstDirectly(context, direct, `direct-b${i}`)),
      2 * SETTLE_MS);
  }
  return { creates: BURST, rounds, ...compare(through, straight, AIM_RATIO) };
}
