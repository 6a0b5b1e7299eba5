// SPDX-License-Identifier: MIT
// Checks and lists, with real containers: as npm's server sees them, and as a native server sees them that does
// nothing but write and time bytes. Each beside its floor, the same round trip to a client that answers at once.
import { against, median, prove, quantile, rounded, summary } from "../support/figures.mjs";
import { helper } from "../support/helper.mjs";
import { burstThroughNode } from "./ratio.mjs";

const AIM_P99_MS = 0.5;
const WARM_UP = 500;
const BATCH = 100; // rounds; the native server makes one without asking the script
const QUERIES = ["exists", "running", "list_one", "list_all"];
const ROUND = [...QUERIES, "floor"];

/** `askAll(usernames)` makes a round for each and gives the answers in the order of ROUND, {ms, reply}. */
async function ask(node, users, calls, askAll) {
  let cpu = 0;
  const times = Object.fromEntries(ROUND.map((name) => [name, []]));
  for (let done = -WARM_UP; done < calls; ) {
    if (done === 0) cpu = node.cpuMs();
    const count = Math.min(BATCH, done < 0 ? -done : calls - done);
    const usernames = Array.from({ length: count }, (_, i) => users[(WARM_UP + done + i) % users.length]);
    const rounds = await askAll(usernames);
    for (const [i, [exists, running, one, all, floor]] of rounds.entries()) {
      prove(exists.reply === true && running.reply === true, `${usernames[i]} exists and runs`);
      prove(one.reply.data.containers[0].username === usernames[i], "the user's container is listed");
      prove(all.reply.data.containers.length === users.length, "all containers are listed");
      prove(floor.reply.USERNAME === usernames[i], "the floor is the same round trip");
      if (done >= 0) ROUND.forEach((name, k) => times[name].push(rounds[i][k].ms));
    }
    done += count;
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
  // A floor that takes half of what is allowed says more about the measuring than about the node.
  out.measuring_was_the_bottleneck = quantile(times.floor, 0.99) > AIM_P99_MS / 2;
  return out;
}

async function askThroughNpm(context, node, peer, users) {
  const echo = helper("echo_client.mjs", `http://127.0.0.1:${context.server.port}`);
  const floor = await context.server.peer("echo");
  const round = async (username) => [
    await peer.check("check_if_container_exists", username),
    await peer.check("check_if_container_running", username),
    await peer.command("list-containers", { username }),
    await peer.command("list-containers", {}),
    await floor.command("echo", { USERNAME: username }),
  ];
  const out = await ask(node, users, context.counts.calls, async (usernames) => {
    const rounds = [];
    for (const username of usernames) rounds.push(await round(username));
    return rounds;
  });
  echo.stdin.end();
  return out;
}

async function askBarely(context, node, peer, users) {
  const floor = await context.peers.floor();
  const round = (username) => [
    peer.check("check_if_container_exists", username),
    peer.check("check_if_container_running", username),
    peer.command("list-containers", { username }),
    peer.command("list-containers", {}),
    floor.command("echo", { USERNAME: username }),
  ];
  return ask(node, users, context.counts.calls, async (usernames) => {
    const answers = await peer.run(usernames.flatMap(round));
    return usernames.map((_, i) => answers.slice(i * ROUND.length, (i + 1) * ROUND.length));
  });
}

/** Ends `node`: the second half is asked of another one, which takes its containers over. */
export async function measureQueries(context, node, peer) {
  const { users } = await burstThroughNode(context, peer, "q");
  const npm = await askThroughNpm(context, node, peer, users);
  await context.stopNode(node);

  const { peers } = context;
  const heir = context.spawnNode(peers.port, { "node.id": node.id });
  const heirPeer = await peers.peer(node.id);
  prove((await heirPeer.containers()).count === users.length, "the node has taken the containers over");
  const bare = await askBarely(context, heir, heirPeer, users);
  for (const username of users) {
    await heirPeer.succeed("delete-container", { username });
    await context.engine.proveState(`dockhost-${username}`, "absent");
  }
  const memory = heir.memory();
  await context.stopNode(heir);
  return { containers: users.length, npm_server: npm, bare_server: bare, node_memory_afterwards_kib: memory };
}
