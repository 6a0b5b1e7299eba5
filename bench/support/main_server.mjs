// SPDX-License-Identifier: MIT
// The main server of the benchmarks: npm's socket.io, in the process that measures.
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { prove, until } from "./figures.mjs";

// The packages of the end-to-end tests are used: one lock file for all.
const packages = createRequire(new URL("../../tests/e2e/package.json", import.meta.url));
const { Server } = packages("socket.io");

export const apiKey = "bench-key";

export class MainServer {
  static async start() {
    const server = new MainServer();
    await new Promise((resolve) => server.http.listen(0, "127.0.0.1", resolve));
    return server;
  }

  constructor() {
    this.http = createServer();
    this.io = new Server(this.http, { serveClient: false });
    this.peers = new Map(); // NODE_ID (or the role of another client) -> Peer
    this.io.on("connection", (socket) => {
      const id = socket.handshake.auth.NODE_ID ?? socket.handshake.query.role;
      this.peers.set(id, new Peer(socket));
      socket.on("disconnect", () => {
        if (this.peers.get(id)?.socket === socket) this.peers.delete(id);
      });
    });
  }

  get port() {
    return this.http.address().port;
  }

  peer(id) {
    return until(`${id} connects`, () => this.peers.get(id));
  }

  close() {
    return new Promise((resolve) => this.io.close(resolve));
  }
}

export class Peer {
  constructor(socket) {
    this.socket = socket;
    this.containers = new Promise((resolve) => {
      const all = [];
      socket.on("initial_state", ({ containers, part, parts }) => {
        all.push(...containers);
        if ((part ?? 1) === (parts ?? 1)) resolve({ at: performance.now(), containers: all });
      });
    });
    this.connectedAt = performance.now();
  }

  /** Documented dialect: emits with an acknowledgement. {sent, ms, reply} */
  command(event, payload, ms = 250_000) {
    return new Promise((resolve, reject) => {
      const sent = performance.now();
      this.socket.timeout(ms).emit(event, payload, (error, reply) => {
        const taken = performance.now() - sent;
        if (error) reject(new Error(`${event}: ${error.message}`));
        else resolve({ sent, ms: taken, reply });
      });
    });
  }

  /** The same, and the command must succeed. */
  async succeed(event, payload) {
    const result = await this.command(event, payload);
    prove(result.reply?.success === true, `${event} ${payload.username}: ${JSON.stringify(result.reply)}`);
    return result;
  }

  /** V2 dialect: the reply is the event named after the user. */
  check(event, username) {
    return new Promise((resolve) => {
      const sent = performance.now();
      this.socket.once(username, (reply) => resolve({ ms: performance.now() - sent, reply }));
      this.socket.emit(event, { USERNAME: username });
    });
  }
}
