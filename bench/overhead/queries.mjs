// SPDX-License-Identifier: MIT
// Checks and lists, with real containers: as npm's server sees them, and as a server sees them that does nothing but
// write and time bytes. Each beside its floor, the same round trip without a node.
import { connect } from "node:net";
import { createInterface } from "node:readline";
import { BareServer } from "../support/bare_server.mjs";
import { against, median, prove, quantile, rounded, summary } from "../support/figures.mjs";
import { helper } from "../support/helper.mjs";
import { burstThroughNode } from "./ratio.mjs";

const AIM_P99_MS = 0.5;
const WARM_UP = 500;
const QUERIES = ["exists", "running", "list_one", "list_all"];

/** `peer` has check() and command(); `floor()` gives the ms of one round trip without a node. */
async function ask(node, peer, users, calls, floor) {
  let cpu = 0;
  const times = Object.fromEntries([...QUERIES, "floor"].map((name) => [name, []]));
  for (let i = 0; i < calls + WARM_UP; ++i) {
    if (i === WARM_UP) cpu = node.cpuMs();
    const username = users[i % users.length];
    const exists = await peer.check("check_if_container_exists", username);
    const running = await peer.check("check_if_container_running", username);
    const one = await peer.command("list-containers", { username });
    const all = await peer.command("list-containers", {});
    prove(exists.reply === true && running.reply === true, `${username} exists and runs`);
    prove(one.reply.data.containers[0].username === username, "the user's container is listed");
    prove(all.reply.data.containers.length === users.length, "all containers are listed");
    const base = await floor();
    if (i < WARM_UP) continue;
    times.exists.push(exists.ms);
    times.running.push(running.ms);
    times.list_one.push(one.ms);
    times.list_all.push(all.ms);
    times.floor.push(base);
  }
  cpu = node.cpuMs() - cpu;
  const out = { floor_ms: summary(times.floor), node_cpu_per_query_ms: rounded(cpu / (calls * QUERIES.length)) };
  for (const name of QUERIES) {
    out[name] = {
      ms: summary(times[name]),
      p99_against_aim: against(AIM_P99_MS, quantile(times[name], 0.99), "ms"),
      p50_above_floor_ms: rounded(median(times[name]) - median(times.floor)),
    };
  }
  // A floor that takes half of what is allowed says more about this process than about the node.
  out.script_was_the_bottleneck = quantile(times.floor, 0.99) > AIM_P99_MS / 2;
  return out;
}

async function askThroughNpm(context, node, peer, users) {
  const echo = helper("echo_client.mjs", `http://127.0.0.1:${context.server.port}`);
  const floorPeer = await context.server.peer("echo");
  const floor = async () => (await floorPeer.command("echo", { USERNAME: "ada" })).ms;
  const out = await ask(node, peer, users, context.counts.calls, floor);
  echo.stdin.end();
  return out;
}

async function askBarely(context, node, server, users) {
  const echo = helper("tcp_echo.mjs");
  const port = await new Promise((resolve) => createInterface({ input: echo.stdout }).once("line", resolve));
  const socket = connect({ port: Number(port), host: "127.0.0.1", noDelay: true });
  await new Promise((resolve) => socket.once("connect", resolve));
  const bytes = Buffer.from('42["check_if_container_exists",{"USERNAME":"ada"}]');
  const floor = () =>
    new Promise((resolve) => {
      let sent = 0;
      socket.once("data", () => resolve(performance.now() - sent));
      sent = performance.now();
      socket.write(bytes);
    });
  const out = await ask(node, server, users, context.counts.calls, floor);
  socket.destroy();
  echo.stdin.end();
  return out;
}

/** Ends `node`: the second half is asked of another one, which takes its containers over. */
export async function measureQueries(context, node, peer) {
  const { users } = await burstThroughNode(context, peer, "q");
  const npm = await askThroughNpm(context, node, peer, users);
  await context.stopNode(node);

  const server = await BareServer.start();
  const heir = context.spawnNode(server.port, { "node.id": node.id });
  await server.connected();
  prove(server.reported === users.length, "the node has taken the containers over");
  const bare = await askBarely(context, heir, server, users);
  for (const username of users) {
    const { reply } = await server.command("delete-container", { username });
    prove(reply.success === true, `${username} is deleted`);
    await context.engine.proveState(`dockhost-${username}`, "absent");
  }
  const memory = heir.memory();
  await context.stopNode(heir);
  await server.close();
  return { containers: users.length, npm_server: npm, bare_server: bare, node_memory_afterwards_kib: memory };
}
