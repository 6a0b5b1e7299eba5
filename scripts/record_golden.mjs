#!/usr/bin/env node
// SPDX-License-Identifier: MIT
// Records what npm's Socket.IO server and client really say to each other into
// tests/protocol/golden/, by standing between the two. Session ids become fixed placeholders, so
// that a second run changes nothing unless the peers did.
// Usage: (cd tests/e2e && npm ci) && node scripts/record_golden.mjs
import { createRequire } from "node:module";
import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { dirname, join } from "node:path";
import http from "node:http";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const require = createRequire(join(root, "tests/e2e/package.json"));
const { Server } = require("socket.io");
const { io: connectClient } = require("socket.io-client");
const { WebSocketServer, WebSocket } = require("ws");
const { Encoder, Decoder, PacketType } = require("socket.io-parser");
const { encodePayload } = require("engine.io-parser");

const listen = (server) =>
  new Promise((done) => server.listen(0, "127.0.0.1", () => done(server.address().port)));
const once = (emitter, name) => new Promise((done) => emitter.once(name, (...args) => done(args)));

// --- the man in the middle ---------------------------------------------------------------------

class Relay {
  constructor(upstreamPort) {
    this.upstream = upstreamPort;
    this.record = { websocket: { target: null, client: [], server: [] }, get: [], post: [] };
    this.http = http.createServer((req, res) => this.forward(req, res));
    this.http.on("upgrade", (req, socket, head) => this.upgrade(req, socket, head));
    this.wss = new WebSocketServer({ noServer: true });
  }

  async forward(req, res) {
    const body = [];
    for await (const chunk of req) body.push(chunk);
    const out = http.request({
      host: "127.0.0.1", port: this.upstream, method: req.method, path: req.url,
      headers: req.headers, agent: false,
    }, async (answer) => {
      const chunks = [];
      try {
        for await (const chunk of answer) chunks.push(chunk);
      } catch {
        return res.destroy();
      }
      const text = Buffer.concat(chunks).toString();
      const entry = { target: req.url, status: answer.statusCode };
      if (req.method === "POST") entry.body = Buffer.concat(body).toString();
      entry.answer = text;
      this.record[req.method === "POST" ? "post" : "get"].push(entry);
      res.writeHead(answer.statusCode, answer.headers);
      res.end(text);
    });
    out.on("error", () => res.destroy());
    res.on("close", () => { if (!res.writableFinished) out.destroy(); });
    out.end(Buffer.concat(body));
  }

  upgrade(req, socket, head) {
    const log = this.record.websocket;
    log.target = req.url;
    const frame = (data, binary) =>
      binary ? { binary: data.toString("hex") } : { text: data.toString() };
    const upstream = new WebSocket(`ws://127.0.0.1:${this.upstream}${req.url}`);
    const early = [];
    upstream.on("message", (data, binary) => early.push([data, binary]));
    upstream.on("error", () => socket.destroy());
    upstream.on("open", () => this.wss.handleUpgrade(req, socket, head, (client) => {
      const toClient = (data, binary) => {
        log.server.push(frame(data, binary));
        client.send(data, { binary });
      };
      upstream.removeAllListeners("message");
      for (const [data, binary] of early) toClient(data, binary);
      upstream.on("message", toClient);
      client.on("message", (data, binary) => {
        log.client.push(frame(data, binary));
        if (upstream.readyState === WebSocket.OPEN) upstream.send(data, { binary });
      });
      client.on("close", () => upstream.close());
      upstream.on("close", () => client.close());
      client.on("error", () => {});
    }));
  }
}

// --- situations --------------------------------------------------------------------------------

const auth = {
  DOCKHOST_API_KEY: "key-1", LAN_IP: null, NODE_ID: "00000000-0000-4000-8000-000000000001",
  BOOT_ID: "00000000-0000-4000-8000-000000000002", VERSION: "0.1.0",
};
const values = [
  null, true, false, 0, -1, 1.5, 1e21, 1e-7, 0.1, 9007199254740991, "", "a\"b\\c/\n\r\t\b\f\u0001\u007f",
  "\u00e9\u4e2d\ud83d\udc33\u2028", [], {}, [[["deep"]]], { "k \u00e9": { n: [1, { z: null }] } },
];
const ws = { transports: ["websocket"] };
const polling = { transports: ["polling"] };

const situations = {
  "ws-connect-auth": [ws, async ({ client }) => { await once(client, "connect"); }],
  "ws-connect-error": [ws, async ({ client }) => { await once(client, "connect_error"); }, {
    setup: (io) => io.use((_, next) => next(new Error("Invalid DOCKHOST_API_KEY"))),
  }],
  "ws-connect-error-data": [ws, async ({ client }) => { await once(client, "connect_error"); }, {
    setup: (io) => io.use((_, next) =>
      next(Object.assign(new Error("not now"), { data: { retry: [1, 2] } }))),
  }],
  "ws-invalid-namespace": [ws, async ({ client }) => { await once(client, "connect_error"); },
    { nsp: "/nowhere" }],
  "ws-namespace": [ws, async ({ client, server }) => {
    const socket = await server;
    socket.emit("hello", 1);
    await once(client, "hello");
    const got = new Promise((done) => socket.once("ask", (v, answer) => { answer(v); done(); }));
    await new Promise((done) => client.emit("ask", "x", done));
    await got;
  }, { nsp: "/custom" }],
  "ws-events": [ws, async ({ client, server }) => {
    const socket = await server;
    await once(client, "connect");
    socket.emit("values", ...values);
    await once(client, "values");
    client.emit("values", ...values);
    await once(socket, "values");
    socket.emit("");
    await once(client, "");
    client.emit("__proto__", { a: 1 });
    await once(socket, "__proto__");
  }],
  "ws-acks": [ws, async ({ client, server }) => {
    const socket = await server;
    await once(client, "connect");
    client.on("ask", (v, answer) => answer({ status: "ok" }, v));
    socket.on("ask", (v, answer) => answer(v, null, [1]));
    for (let i = 0; i < 3; ++i) await socket.emitWithAck("ask", i);
    for (let i = 0; i < 3; ++i) await client.emitWithAck("ask", i);
    client.on("bare", (answer) => answer());
    await new Promise((done) => socket.emit("bare", done));
  }],
  "ws-binary": [ws, async ({ client, server }) => {
    const socket = await server;
    await once(client, "connect");
    socket.on("up", (a, b, answer) => answer(Buffer.from("answer"), { n: 1 }));
    await client.emitWithAck("up", Buffer.from([0, 1, 254, 255]), { deep: [Buffer.alloc(0), 7] });
    client.on("down", (a, answer) => answer({ file: Buffer.from("\x1e") }));
    await socket.emitWithAck("down", [Buffer.from("one"), "two", Buffer.from("three")]);
    socket.emit("last", Buffer.from("x"));
    await once(client, "last");
  }],
  "ws-server-disconnect": [ws, async ({ client, server }) => {
    const socket = await server;
    await once(client, "connect");
    const gone = once(client, "disconnect");
    socket.disconnect(true);
    await gone;
  }],
  "ws-pings": [ws, async ({ client }) => {
    await once(client, "connect");
    for (let i = 0; i < 3; ++i) await once(client.io, "ping");
  }, { server: { pingInterval: 150, pingTimeout: 5000 } }],
  "polling-connect": [polling, async ({ client, server }) => {
    await server;
    await once(client, "connect");
  }],
  "polling-bursts": [polling, async ({ client, server }) => {
    const socket = await server;
    await once(client, "connect");
    for (const n of [1, 2, 3]) socket.emit("burst", n, "\u00e9");
    socket.emit("blob", Buffer.from([1, 2, 3, 4]), Buffer.from("b"));
    await once(client, "blob");
    for (const n of [1, 2, 3]) client.emit("burst", n, "\u4e2d");
    client.emit("blob", Buffer.from([255]));
    await once(socket, "blob");
  }],
  "polling-connect-error": [polling, async ({ client }) => { await once(client, "connect_error"); },
    { setup: (io) => io.use((_, next) => next(new Error("Invalid DOCKHOST_API_KEY"))) }],
  "upgrade": [{ transports: ["polling", "websocket"] }, async ({ client, server }) => {
    const socket = await server;
    if (client.io.engine?.transport.name !== "websocket") await once(client.io.engine, "upgrade");
    socket.emit("after", 1);
    await once(client, "after");
    client.emit("after", 2);
    await once(socket, "after");
  }],
};

async function run(name) {
  const [clientOptions, play, extra = {}] = situations[name];
  const backend = http.createServer();
  const io = new Server(backend, { pingInterval: 25000, pingTimeout: 20000, ...extra.server });
  io.of("/custom");
  extra.setup?.(io);
  const relay = new Relay(await listen(backend));
  const port = await listen(relay.http);
  const server = new Promise((done) => {
    for (const nsp of ["/", "/custom"]) io.of(nsp).once("connection", done);
  });
  const client = connectClient(`http://127.0.0.1:${port}${extra.nsp ?? "/"}`, {
    ...clientOptions, auth, query: { role: "backend" }, reconnection: false, forceNew: true,
    timestampRequests: false,
  });
  await play({ client, server });
  client.disconnect();
  // The last frames are still under way; the server's view of the end tells when they are through.
  const settled = () => io.engine.clientsCount === 0;
  for (let i = 0; i < 200 && !settled(); ++i) await new Promise((done) => setTimeout(done, 10));
  await new Promise((done) => setTimeout(done, 50));
  await io.close();
  relay.http.closeAllConnections?.();
  relay.http.close();
  return relay.record;
}

// --- what the official parser makes of it --------------------------------------------------------

const names = ["connect", "disconnect", "event", "ack", "connect_error"];

/** Data with its buffers taken out again, as the wire has it. */
function plain(packet) {
  const attachments = [];
  const walk = (v) => {
    if (Buffer.isBuffer(v)) {
      attachments.push(v.toString("hex"));
      return { _placeholder: true, num: attachments.length - 1 };
    }
    if (Array.isArray(v)) return v.map(walk);
    if (v && typeof v === "object") {
      return Object.fromEntries(Object.entries(v).map(([k, m]) => [k, walk(m)]));
    }
    return v;
  };
  const out = { type: names[packet.type], nsp: packet.nsp };
  if (packet.id !== undefined) out.id = packet.id;
  if (packet.data !== undefined) out.data = walk(packet.data);
  return { ...out, attachments };
}

function parse(messages) {
  const decoder = new Decoder();
  const packets = [];
  decoder.on("decoded", (packet) => packets.push(plain(packet)));
  for (const message of messages) decoder.add(message);
  return packets;
}

const ofFrames = (frames) => frames
  .filter((f) => f.binary !== undefined || f.text[0] === "4")
  .map((f) => (f.binary !== undefined ? Buffer.from(f.binary, "hex") : f.text.slice(1)));
const ofPayloads = (payloads) => payloads.flatMap((p) => p.split("\x1e"))
  .filter((p) => p[0] === "4" || p[0] === "b")
  .map((p) => (p[0] === "b" ? Buffer.from(p.slice(1), "base64") : p.slice(1)));

/** Session ids are random: each becomes a placeholder of the same kind, in order of appearance. */
function stabilise(record) {
  let text = JSON.stringify(record, null, 1);
  const seen = new Map();
  for (const [, sid] of text.matchAll(/\\"sid\\":\\"([A-Za-z0-9_-]{20})\\"/g)) {
    if (!seen.has(sid)) seen.set(sid, `sid-placeholder-${String(seen.size).padStart(4, "0")}`);
  }
  for (const [sid, placeholder] of seen) text = text.replaceAll(sid, placeholder);
  return JSON.parse(text);
}

function complete(record) {
  // Whether and how often the server says noop while it waits for the upgrade is a matter of timing.
  record.get = record.get.filter((g) => g.answer !== "6");
  const { websocket, get, post } = record;
  const up = [...ofPayloads(post.map((p) => p.body)), ...ofFrames(websocket.client)];
  const down = [...ofPayloads(get.filter((g) => g.status === 200).map((g) => g.answer)),
    ...ofFrames(websocket.server)];
  return { ...record, packets: { client: parse(up), server: parse(down) } };
}

// --- the parsers alone -----------------------------------------------------------------------------

function encoderTable() {
  const b = (...bytes) => Buffer.from(bytes);
  const packets = [
    { type: PacketType.CONNECT, nsp: "/" },
    { type: PacketType.CONNECT, nsp: "/a-b/c", data: { token: "t" } },
    { type: PacketType.DISCONNECT, nsp: "/" },
    { type: PacketType.DISCONNECT, nsp: "/custom" },
    { type: PacketType.EVENT, nsp: "/", data: ["e"] },
    { type: PacketType.EVENT, nsp: "/n", id: 0, data: ["e", ...values] },
    { type: PacketType.EVENT, nsp: "/", id: 9007199254740991, data: ["e", ""] },
    { type: PacketType.ACK, nsp: "/", id: 13, data: [] },
    { type: PacketType.ACK, nsp: "/n", id: 1, data: [null, { a: 1 }] },
    { type: PacketType.CONNECT_ERROR, nsp: "/", data: { message: "m", data: null } },
    { type: PacketType.EVENT, nsp: "/", data: ["e", b(1, 2), { x: [b(), 1, { y: b(3) }] }] },
    { type: PacketType.EVENT, nsp: "/n", id: 5, data: ["e", ...Array.from({ length: 10 }, (_, i) => b(i))] },
    { type: PacketType.ACK, nsp: "/n", id: 7, data: [b(255)] },
  ];
  return packets.map((packet) => {
    const described = plain(packet);
    const [text, ...buffers] = new Encoder().encode(packet);
    return { packet: described, text, attachments: buffers.map((x) => x.toString("hex")) };
  });
}

async function payloadTable() {
  const lists = [
    [{ type: "message", data: "a" }],
    [{ type: "message", data: "\u00e9\u4e2d" }, { type: "message", data: Buffer.from([1, 2, 3, 4]) }],
    [{ type: "ping", data: "probe" }, { type: "pong" }, { type: "noop" }, { type: "upgrade" }, { type: "close" }],
    [0, 1, 2, 3, 4, 5].map((n) => ({ type: "message", data: Buffer.alloc(n, 0xfb) })),
  ];
  return Promise.all(lists.map(async (packets) => ({
    packets: packets.map(({ type, data = "" }) =>
      (Buffer.isBuffer(data) ? { type, binary: data.toString("hex") } : { type, text: data })),
    payload: await new Promise((done) => encodePayload(packets, done)),
  })));
}

/** What the server answers to requests that it can't take. */
async function httpErrors() {
  const backend = http.createServer();
  const io = new Server(backend);
  const port = await listen(backend);
  const out = [];
  for (const [method, query] of [
    ["GET", ""], ["GET", "EIO=4"], ["GET", "EIO=4&transport=tube"], ["GET", "EIO=3&transport=polling"],
    ["GET", "EIO=4&transport=polling&sid=nobody"], ["POST", "EIO=4&transport=polling"],
    ["PUT", "EIO=4&transport=polling"],
  ]) {
    const res = await fetch(`http://127.0.0.1:${port}/socket.io/?${query}`, { method });
    out.push({ method, query, status: res.status, body: await res.text() });
  }
  await io.close();
  return out;
}

// --- main ----------------------------------------------------------------------------------------

const folder = join(root, "tests/protocol/golden");
mkdirSync(folder, { recursive: true });
const save = (name, value) =>
  writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(value, null, 1)}\n`);
for (const name of Object.keys(situations)) {
  save(name, complete(stabilise(await run(name))));
  console.log(`recorded ${name}`);
}
save("table-packets", encoderTable());
save("table-payloads", await payloadTable());
save("table-http-errors", await httpErrors());
process.exit(0);
