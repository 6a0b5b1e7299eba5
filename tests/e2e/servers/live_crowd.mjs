// SPDX-License-Identifier: MIT
// Many watchers of the live view in one process, on npm's socket.io-client, that count what comes to them and tell
// nothing of it unasked. The lines of a container that they watch begin with their number, one after the other: so
// what is missing, comes twice or is out of order is seen.
//
// In:  {id, op, ...}, answered by {t:"reply", id, value} or {t:"reply", id, error}; where it takes longer, by
//      {t:"reply", id, value: null} at once and {t:"ack", id, value | error} later. The ops are below; most are for
//      the clients `first` to `first + count - 1`.
// Out: {t:"ready"}
import { once } from "node:events";
import { createInterface } from "node:readline";
import { io } from "socket.io-client";

const out = (message) => process.stdout.write(JSON.stringify(message) + "\n");
const answer_ms = 60_000;
const clients = new Map();

class Client {
  lines = 0;
  missed = 0; // lines that gaps stand for
  gaps = {}; // by reason
  unmarked = 0; // lines that don't follow the one before, and no gap says why
  late = 0; // updates of a container that is not watched
  stopped = 0;
  end = null; // why it is not connected any more
  streams = new Map(); // container -> the number that comes next, if known

  constructor(url, options) {
    this.socket = io(url, { forceNew: true, reconnection: false, timeout: answer_ms, ...options });
    this.socket.on("log_update", ({ container_id, log }) => this.#take(container_id, log));
    this.socket.on("log_gap", (gap) => this.#gap(gap));
    this.socket.on("log_stream_stopped", ({ container_id }) => {
      ++this.stopped;
      this.streams.delete(container_id);
    });
    this.socket.on("disconnect", (reason) => (this.end = reason));
  }

  #take(container, log) {
    if (!this.streams.has(container)) ++this.late;
    let next = this.streams.get(container);
    for (let at = 0, end; end !== -1; at = end + 1) {
      end = log.indexOf("\n", at);
      const number = Number.parseInt(log.slice(at, at + 12), 10);
      if (next !== undefined && number !== next) ++this.unmarked;
      next = number + 1;
      ++this.lines;
    }
    if (this.streams.has(container)) this.streams.set(container, next);
  }

  #gap({ container_id, lines, reason }) {
    this.gaps[reason] = (this.gaps[reason] ?? 0) + 1;
    this.missed += lines ?? 0;
    const next = this.streams.get(container_id);
    // A gap of unknown size: whatever comes next is right.
    if (next !== undefined) this.streams.set(container_id, lines === null ? undefined : next + lines);
  }

  async ask(event, payload) {
    const answer = await this.socket.timeout(answer_ms).emitWithAck(event, payload);
    if (!answer.status) throw new Error(`${event}: ${JSON.stringify(answer)}`);
  }

  /** `next`: the number of the first line, if the test knows it. */
  async follow(container, next, more) {
    this.streams.set(container, next);
    await this.ask("start_log_stream", { container_id: container, tail: 0, timestamps: false, ...more });
  }

  async unfollow(container) {
    await Promise.all([this.next("log_stream_stopped"), this.ask("stop_log_stream", { container_id: container })]);
  }

  async next(event) {
    try {
      return await once(this.socket, event, { signal: AbortSignal.timeout(answer_ms) });
    } catch (error) {
      throw new Error(`waited for ${event}: ${error.message}`);
    }
  }

  get transport() {
    return this.socket.io.engine.transport;
  }
}

/** The clients that an order is for. */
function those({ first, count }) {
  return Array.from({ length: count }, (_, k) => {
    const client = clients.get(first + k);
    if (!client) throw new Error(`there is no client ${first + k}`);
    return client;
  });
}

const operations = {
  /** Connects, and waits until each has its initial_state. */
  async join({ first, count, url, options }) {
    const come = [];
    for (let n = first; n < first + count; ++n) {
      const client = new Client(url, options);
      clients.set(n, client);
      come.push(new Promise((resolve, reject) => {
        client.socket.once("initial_state", resolve);
        client.socket.once("connect_error", reject);
        client.socket.once("disconnect", (reason) => reject(new Error(reason)));
      }));
    }
    await Promise.all(come);
  },
  async follow({ container, next, more, ...who }) {
    await Promise.all(those(who).map((client) => client.follow(container, next, more)));
  },
  async unfollow({ container, ...who }) {
    await Promise.all(those(who).map((client) => client.unfollow(container)));
  },
  /**
   * Each starts and stops a stream `times` times, of one container after the other; in every fourth round it waits
   * for a line in between.
   */
  async loop({ containers, times, ...who }) {
    await Promise.all(those(who).map(async (client, k) => {
      for (let round = 0; round < times; ++round) {
        const container = containers[(k + round) % containers.length];
        const line = round % 4 === 0 ? client.next("log_update") : null;
        await Promise.all([client.follow(container), line]);
        await client.unfollow(container);
      }
    }));
  },
  /** What has come to each. */
  figures(who) {
    return those(who).map(({ lines, missed, gaps, unmarked, late, stopped, end }) => (
      { lines, missed, gaps, unmarked, late, stopped, end }));
  },
  /** They read nothing more from their connections, until resume. */
  pause(who) {
    for (const { transport } of those(who)) {
      if (transport.ws) {
        transport.ws.pause();
      } else {
        transport.doPoll = () => (transport.held = true);
      }
    }
  },
  resume(who) {
    for (const { transport } of those(who)) {
      if (transport.ws) {
        transport.ws.resume();
      } else {
        delete transport.doPoll;
        if (transport.held) transport.doPoll();
        transport.held = false;
      }
    }
  },
  /** Their sockets go without a word of WebSocket; by a reset where `reset`. */
  destroy({ reset, ...who }) {
    for (const { transport } of those(who)) {
      const socket = transport.ws._socket;
      if (reset) {
        socket.resetAndDestroy();
      } else {
        socket.destroy();
      }
    }
  },
  close(who) {
    for (const { socket } of those(who)) socket.disconnect();
  },
};

createInterface({ input: process.stdin }).on("line", (line) => {
  const { id, op, ...fields } = JSON.parse(line);
  const failed = (t) => (error) => out({ t, id, error: error.message });
  try {
    const value = operations[op](fields);
    if (value instanceof Promise) {
      out({ t: "reply", id, value: null });
      value.then((result) => out({ t: "ack", id, value: result ?? null }), failed("ack"));
    } else {
      out({ t: "reply", id, value: value ?? null });
    }
  } catch (error) {
    failed("reply")(error);
  }
}).on("close", () => process.exit(0));

out({ t: "ready" });
