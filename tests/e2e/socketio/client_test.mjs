#!/usr/bin/env node
// SPDX-License-Identifier: MIT
// npm's socket.io-client against our server, over polling, over a WebSocket, and upgrading from one to the other.
//   client_test.mjs ECHO_SERVER [PART OF A NAME]
import assert from "node:assert/strict";
import { once } from "node:events";
import { io } from "socket.io-client";
import { sleep, startServer } from "./tools.mjs";

const [program, part = ""] = process.argv.slice(2);

const transports = {
  polling: ["polling"],
  websocket: ["websocket"],
  upgrade: ["polling", "websocket"],
};

/** The next event of that name: its arguments. */
const next = (socket, name) => new Promise((done, failed) => {
  const timer = setTimeout(() => failed(new Error(`no ${name} within 10 s`)), 10_000);
  socket.once(name, (...args) => {
    clearTimeout(timer);
    done(args);
  });
});

class World {
  clients = [];
  constructor(server, transport) {
    this.url = `http://127.0.0.1:${server.port}`;
    this.transport = transport;
  }
  client(nsp = "/", options = {}) {
    const socket = io(this.url + nsp, {
      transports: transports[this.transport], reconnection: false, forceNew: true, ...options,
    });
    this.clients.push(socket);
    return socket;
  }
  /** Connected, and on the transport that it is to end on. */
  async connected(nsp = "/", options = {}) {
    const socket = this.client(nsp, options);
    const auth = next(socket, "auth");
    await next(socket, "connect");
    await auth;
    const { engine } = socket.io;
    if (this.transport === "upgrade" && engine.transport.name !== "websocket") await once(engine, "upgrade");
    assert.equal(engine.transport.name, this.transport === "polling" ? "polling" : "websocket");
    return socket;
  }
  end() {
    for (const socket of this.clients) socket.disconnect();
  }
}

const nested = { a: [1, null, "x", { b: Buffer.from([0, 1, 254, 255]) }], c: "\u00e9\u4e2d\u{1f433}", d: Buffer.alloc(0) };

const tests = {
  "connects with a payload": async (w) => {
    const socket = w.client("/", { auth: { token: "t", deep: { n: [1] } } });
    assert.deepEqual(await next(socket, "auth"), [{ token: "t", deep: { n: [1] } }]);
    assert.match(socket.id, /^[A-Za-z0-9_-]{20}$/);
  },
  "connects to a namespace": async (w) => {
    const socket = await w.connected("/custom");
    socket.emit("message", 1);
    assert.deepEqual(await next(socket, "message-back"), [1]);
  },
  "two namespaces on one connection": async (w) => {
    const main = await w.connected("/");
    const custom = main.io.socket("/custom");
    await next(custom, "connect");
    main.emit("message", "main");
    custom.emit("message", "custom");
    const answers = await Promise.all([next(main, "message-back"), next(custom, "message-back")]);
    assert.deepEqual(answers, [["main"], ["custom"]]);
    custom.disconnect();
    main.emit("message", "still");
    assert.deepEqual(await next(main, "message-back"), ["still"]);
  },
  "is refused with words and data": async (w) => {
    const [error] = await next(w.client("/", { auth: { refuse: "bad token", data: { code: 7 } } }), "connect_error");
    assert.equal(error.message, "bad token");
    assert.deepEqual(error.data, { code: 7 });
  },
  "is refused an unknown namespace": async (w) => {
    const [error] = await next(w.client("/nowhere"), "connect_error");
    assert.equal(error.message, "Invalid namespace");
  },
  "events both ways": async (w) => {
    const socket = await w.connected();
    const args = [1, "2", { 3: [true, null, 1.5e300, -0.1] }, "\u00e9\u2028\u{1f433}", [], {}];
    socket.emit("message", ...args);
    assert.deepEqual(await next(socket, "message-back"), args);
  },
  "events stay in order": async (w) => {
    const socket = await w.connected();
    const got = [];
    const all = new Promise((done) => socket.on("message-back", (n) => got.push(n) === 5000 && done()));
    for (let i = 0; i < 5000; ++i) socket.emit("message", i);
    await all;
    assert.deepEqual(got, Array.from({ length: 5000 }, (_, i) => i));
  },
  "events stay in order across the upgrade": async (w) => {
    const socket = w.client();
    await next(socket, "connect");
    const got = [];
    const all = new Promise((done) => socket.on("message-back", (n) => got.push(n) === 200 && done()));
    for (let i = 0; i < 200; ++i) {
      socket.emit("message", i);
      if (i % 10 === 0) await sleep(1);
    }
    await all;
    assert.deepEqual(got, Array.from({ length: 200 }, (_, i) => i));
  },
  "binary both ways": async (w) => {
    const socket = await w.connected();
    socket.emit("message", nested, Buffer.from("b"));
    assert.deepEqual(await next(socket, "message-back"), [nested, Buffer.from("b")]);
  },
  "ten attachments": async (w) => {
    const socket = await w.connected();
    const ten = Array.from({ length: 10 }, (_, i) => Buffer.from([i]));
    assert.deepEqual(await socket.timeout(5000).emitWithAck("message-with-ack", ten), ten);
  },
  "the server answers": async (w) => {
    const socket = await w.connected();
    for (const args of [[], [1], [{ a: null }], [nested]]) {
      const got = await new Promise((done) => socket.emit("message-with-ack", ...args, (...back) => done(back)));
      assert.deepEqual(got, args);
    }
  },
  "the client answers": async (w) => {
    const socket = await w.connected();
    socket.on("question", (...args) => args.pop()(...args, "answer", Buffer.from([7])));
    socket.emit("ask-me", 1, Buffer.from("q"));
    assert.deepEqual(await next(socket, "answered"), [1, Buffer.from("q"), "answer", Buffer.from([7])]);
  },
  "the client does not answer": async (w) => {
    const socket = await w.connected();
    socket.emit("ask-me");
    assert.deepEqual(await next(socket, "no-answer"), ["timeout"]);
  },
  "large messages": async (w) => {
    const socket = await w.connected();
    const text = "x".repeat(900_000);
    const bytes = Buffer.alloc(500_000, 0x5a);
    assert.equal(await socket.timeout(10_000).emitWithAck("message-with-ack", text), text);
    assert.deepEqual(await socket.timeout(10_000).emitWithAck("message-with-ack", bytes), bytes);
  },
  "a message over the limit ends the connection": async (w) => {
    const socket = await w.connected();
    const gone = next(socket, "disconnect");
    socket.emit("message", "x".repeat(1_100_000));
    const [reason] = await gone;
    assert.match(reason, /^transport (close|error)$/);
  },
  "is put out of a namespace": async (w) => {
    const socket = await w.connected();
    socket.emit("leave-me");
    assert.equal((await next(socket, "disconnect"))[0], "io server disconnect");
  },
  "is closed by the server": async (w) => {
    const socket = await w.connected();
    const { engine } = socket.io;
    const closed = once(engine, "close");
    socket.emit("close-me");
    assert.equal((await next(socket, "disconnect"))[0], "io server disconnect");
    await closed;
  },
  "comes again after it has left": async (w) => {
    const socket = await w.connected();
    const { id } = socket;
    socket.disconnect().connect();
    await next(socket, "connect");
    assert.notEqual(socket.id, id);
    assert.deepEqual(await socket.timeout(5000).emitWithAck("message-with-ack", 1), 1);
  },
};

const slow = {
  "stays for many heartbeats": async (w) => {
    const socket = await w.connected();
    let pings = 0;
    socket.io.on("ping", () => ++pings);
    while (pings < 4) await once(socket.io.engine, "heartbeat");
    assert.equal(socket.connected, true);
  },
};

async function closing(transport) {
  const server = await startServer(program, [0, 0, 25000, 20000, 45000]);
  const world = new World(server, transport);
  const socket = await world.connected();
  const gone = next(socket, "disconnect");
  const started = performance.now();
  server.tell("close");
  // On polling the news may fall between two GETs; the next one is then refused.
  assert.match((await gone)[0], transport === "polling" ? /^transport (close|error)$/ : /^transport close$/);
  assert.ok(performance.now() - started < 1000, "within a second");
  await server.wait("closed");
  const [error] = await next(world.client(), "connect_error");
  assert.ok(error);
  world.end();
  await server.stop();
}

let count = 0;
let failed = 0;
async function run(name, play) {
  if (!name.includes(part)) return;
  ++count;
  let timer;
  const late = new Promise((_, fail) => {
    timer = setTimeout(() => fail(new Error("not finished in 30 s")), 30_000);
  });
  try {
    await Promise.race([play(), late]);
  } catch (error) {
    ++failed;
    console.log(`FAILED ${name}\n${error.stack}`);
  } finally {
    clearTimeout(timer);
  }
}

const calm = await startServer(program, [0, 0, 25000, 20000, 45000]);
// Answers are awaited longer than the suites of the protocol's authors do: the machine may be busy.
const quick = await startServer(program, [0, 0, 200, 5000, 5000]);
const all = [];
for (const transport of Object.keys(transports)) {
  for (const [server, table] of [[calm, tests], [quick, slow]]) {
    for (const [name, play] of Object.entries(table)) {
      all.push([`${transport}: ${name}`, async () => {
        const world = new World(server, transport);
        try {
          await play(world);
        } finally {
          world.end();
        }
      }]);
    }
  }
  all.push([`${transport}: the server closes`, () => closing(transport)]);
}
await Promise.all(Array.from({ length: 4 }, async () => {
  for (let one = all.shift(); one; one = all.shift()) await run(...one);
}));
await Promise.all([calm.stop(), quick.stop()]);
console.log(`${count} tests, ${failed} failed`);
process.exit(failed || !count ? 1 : 0);
