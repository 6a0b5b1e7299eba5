// SPDX-License-Identifier: MIT
// Stands between node and engine, and notes when each HTTP exchange began and ended. It passes bytes on and
// understands only this much: on a kept-alive connection without pipelining, bytes from the client after bytes
// from the engine begin a new request.
import { unlinkSync } from "node:fs";
import { connect, createServer } from "node:net";

export class EngineProxy {
  static async start(path, upstream) {
    const proxy = new EngineProxy(path, upstream);
    await new Promise((resolve, reject) => proxy.server.once("error", reject).listen(path, resolve));
    return proxy;
  }

  constructor(path, upstream) {
    this.path = path;
    this.exchanges = []; // {method, path, begin, end, answered, request: Buffer[]}
    this.sockets = new Set();
    this.server = createServer((client) => this.join(client, connect(upstream)));
  }

  join(client, engine) {
    let current;
    const both = [client, engine];
    for (const each of both) {
      this.sockets.add(each);
      each.setNoDelay?.(true);
      each.on("error", () => both.forEach((one) => one.destroy()));
      each.on("close", () => {
        this.sockets.delete(each);
        both.forEach((one) => one.destroy());
      });
    }
    client.on("data", (bytes) => {
      const now = performance.now();
      engine.write(bytes);
      if (!current || current.answered) {
        const [method, path] = bytes.toString("latin1", 0, Math.min(bytes.length, 2000)).split(" ", 2);
        current = { method, path, begin: now, end: undefined, answered: false, request: [] };
        this.exchanges.push(current);
      }
      current.request.push(bytes);
    });
    engine.on("data", (bytes) => {
      client.write(bytes);
      if (!current) return;
      current.answered = true;
      current.end = performance.now();
    });
  }

  /** The finished exchanges that overlap that time. */
  between(from, to) {
    return this.exchanges.filter((each) => each.answered && each.end > from && each.begin < to && each.end <= to);
  }

  forget() {
    this.exchanges = this.exchanges.filter((each) => !each.answered);
  }

  async close() {
    for (const each of this.sockets) each.destroy();
    await new Promise((resolve) => this.server.close(resolve));
    try {
      unlinkSync(this.path);
    } catch {
      // closing has removed it
    }
  }
}

/** The body of a recorded request. */
export function bodyOf(exchange) {
  const all = Buffer.concat(exchange.request);
  return all.subarray(all.indexOf("\r\n\r\n") + 4);
}
