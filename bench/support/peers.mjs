// SPDX-License-Identifier: MIT
// The native peers (bench/peers): a main server and an engine proxy in one process, which time what passes, and the
// client that shows what this way of measuring costs. A script takes longer to notice bytes than a node to answer.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { socketPath } from "./engine.mjs";
import { prove, until } from "./figures.mjs";

export const DEFAULT_FOLDER = fileURLToPath(new URL("../../build/bench/bench/peers", import.meta.url));
const ANSWER_SECONDS = 250;
const ms = (nanoseconds) => nanoseconds / 1e6;

export class Peers {
  /** `folder`: where their programs are. */
  static async start(folder = DEFAULT_FOLDER) {
    const peers = new Peers(folder);
    Object.assign(peers, await peers.line()); // {port, realtime}
    return peers;
  }

  constructor(folder) {
    this.folder = folder;
    this.state = mkdtempSync(join(tmpdir(), "dockhost-bench-peers-"));
    this.proxyPath = join(this.state, "engine.sock");
    this.process = spawn(join(folder, "measuring_peers"), [this.proxyPath, socketPath()], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    this.waiting = [];
    createInterface({ input: this.process.stdout }).on("line", (line) => this.waiting.shift().resolve(JSON.parse(line)));
    const failed = (why) => {
      this.failure ??= new Error(`measuring_peers: ${why}`);
      for (const { reject } of this.waiting) reject(this.failure);
      this.waiting = [];
    };
    this.process.once("error", (error) => failed(error.message));
    this.process.stdin.on("error", (error) => failed(error.message));
    this.process.once("close", (code) => failed(`ended (${code})`));
  }

  line() {
    if (this.failure) return Promise.reject(this.failure);
    return new Promise((resolve, reject) => this.waiting.push({ resolve, reject }));
  }

  ask(request) {
    const answer = this.line();
    this.process.stdin.write(`${JSON.stringify(request)}\n`);
    return answer;
  }

  /** NODE_ID of a node, or the role of another client. */
  async peer(id) {
    await until(`${id} connects`, async () => (await this.ask({ do: "peers" })).peers[id]);
    return new NativePeer(this, id);
  }

  /** One more process, which answers at once, or makes the engine calls that it is told; ends with the server. */
  floor() {
    if (!this.floorClient) {
      const stdio = ["ignore", "ignore", "inherit"];
      this.floorClient = spawn(join(this.folder, "floor_client"), [String(this.port), this.proxyPath], { stdio });
      this.floorClient.once("error", (error) => console.error(`floor_client: ${error.message}`));
    }
    return this.peer("floor");
  }

  /** The engine calls that were answered since the last time, {method, path, begin, end, request: Buffer}. */
  async calls() {
    const { calls } = await this.ask({ do: "calls" });
    return calls.map(({ begin, end, request }) => {
      const bytes = Buffer.from(request, "base64");
      const [method, path] = bytes.toString("latin1", 0, 2000).split(" ", 2);
      return { method, path, begin: ms(begin), end: ms(end), request: bytes };
    });
  }

  async close() {
    if (!this.failure) {
      const ended = new Promise((resolve) => this.process.once("close", resolve));
      this.process.stdin.end();
      await ended;
    }
    rmSync(this.state, { recursive: true, force: true });
  }
}

/** Commands in the documented dialect and checks in V2's; {packet, until} as the server is told them. */
export class NativePeer {
  constructor(peers, id) {
    this.peers = peers;
    this.id = id;
    this.nextId = 1;
  }

  check(event, username) {
    return { peer: this.id, packet: `42${JSON.stringify([event, { USERNAME: username }])}`, until: `42["${username}",` };
  }

  command(event, payload) {
    const id = this.nextId++;
    return { peer: this.id, packet: `42${id}${JSON.stringify([event, payload])}`, until: `43${id}[` };
  }

  /** One after the other, without this script in between: [{sent, ms, reply}]. */
  async run(commands) {
    const { answers } = await this.peers.ask({ do: "run", seconds: ANSWER_SECONDS, commands });
    prove(answers.length === commands.length, `${commands[answers.length]?.packet.slice(0, 200)} is answered`);
    return answers.map(({ sent, answered, packet }, i) => ({
      sent: ms(sent),
      ms: ms(answered - sent),
      reply: JSON.parse(packet.slice(commands[i].until.length, -1)),
    }));
  }

  /** One command, which must succeed. */
  async succeed(event, payload) {
    const [result] = await this.run([this.command(event, payload)]);
    prove(result.reply?.success === true, `${event} ${payload.username}: ${JSON.stringify(result.reply)}`);
    return result;
  }

  /** How many containers the node has reported, once it has reported all. */
  containers() {
    return until(`${this.id} reports its containers`, async () => {
      const packets = (await this.peers.ask({ do: "peers" })).peers[this.id] ?? [];
      const states = packets.map((packet) => JSON.parse(packet.slice(2))[1]);
      const last = states.at(-1);
      if (!last || (last.part ?? 1) !== (last.parts ?? 1)) return undefined;
      return { count: states.reduce((sum, { containers }) => sum + containers.length, 0) };
    });
  }
}
