// SPDX-License-Identifier: MIT
// Browsers of the live view, as npm's socket.io-client makes them, driven by a test: JSON lines in on stdin, out on
// stdout.
//
// In:  {id, op, ...}, answered by {t:"reply", id, value} or {t:"reply", id, error}. The ops are below.
// Out: {t:"ready"}  and of the client with a number n, `at` in milliseconds since 1970:
//      {t:"open", n, transport, deflate}  {t:"upgrade", n, transport, deflate}  {t:"connect", n, at}
//      {t:"refused", n, message, data}
//      {t:"disconnect", n, reason, at}  {t:"event", n, name, args, at}  {t:"ack", id, value | error}
// A binary attachment is told as {binary: its text}; `deflate` is what was agreed upon for permessage-deflate, or null.
import { request } from "node:http";
import { createInterface } from "node:readline";
import { io } from "socket.io-client";

const out = (message) => process.stdout.write(JSON.stringify(message) + "\n");
const clients = new Map();

function plain(value) {
  if (value instanceof Uint8Array) return { binary: Buffer.from(value).toString() };
  if (Array.isArray(value)) return value.map(plain);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, plain(member)]));
}

function opened(t, n, transport) {
  out({ t, n, transport: transport.name, deflate: transport.ws?._extensions["permessage-deflate"]?.params ?? null });
}

function find(n) {
  const socket = clients.get(n);
  if (!socket) throw new Error(`there is no client ${n}`);
  return socket;
}

const operations = {
  /** Connects; `options` are socket.io-client's own. */
  open({ n, url, options }) {
    const socket = io(url, { forceNew: true, reconnection: false, timeout: 10_000, ...options });
    clients.set(n, socket);
    socket.io.on("open", () => {
      const { engine } = socket.io;
      opened("open", n, engine.transport);
      engine.once("upgrade", (transport) => opened("upgrade", n, transport));
    });
    socket.on("connect", () => out({ t: "connect", n, at: Date.now() }));
    socket.on("connect_error", ({ message, data }) => out({ t: "refused", n, message, data }));
    socket.on("disconnect", (reason) => out({ t: "disconnect", n, reason, at: Date.now() }));
    socket.onAny((name, ...args) => out({ t: "event", n, name, args: plain(args), at: Date.now() }));
  },
  close({ n }) {
    find(n).disconnect();
    clients.delete(n);
  },
  emit({ n, event, args }) {
    find(n).emit(event, ...args);
  },
  /** Emits with an acknowledgement, which comes as {t:"ack"} with this operation's id. */
  emit_ack({ id, n, event, args, ms }) {
    find(n).timeout(ms).emit(event, ...args, (error, value) =>
      out(error ? { t: "ack", id, error: error.message } : { t: "ack", id, value: plain(value) }));
  },
  /** Bytes that have come on a client's WebSocket. */
  received({ n }) {
    return find(n).io.engine.transport.ws._socket.bytesRead;
  },
  /**
   * A GET with any headers; `more`: further options of Node.js's request. Comes as {t:"ack"} with {status, headers,
   * body}.
   */
  get({ id, url, headers, more }) {
    const asked = request(url, { headers, agent: false, ...more }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (text) => (body += text));
      const { statusCode: status, headers } = response;
      response.on("end", () => out({ t: "ack", id, value: { status, headers, body } }));
    });
    asked.on("upgrade", ({ statusCode: status, headers }, socket) => {
      out({ t: "ack", id, value: { status, headers, body: "" } });
      socket.destroy();
    });
    asked.on("error", (error) => out({ t: "ack", id, error: error.message }));
    asked.end();
  },
};

createInterface({ input: process.stdin }).on("line", (line) => {
  const order = JSON.parse(line);
  try {
    out({ t: "reply", id: order.id, value: operations[order.op](order) ?? null });
  } catch (error) {
    out({ t: "reply", id: order.id, error: error.message });
  }
}).on("close", () => process.exit(0));
out({ t: "ready" });
