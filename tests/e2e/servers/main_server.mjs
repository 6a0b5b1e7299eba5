// SPDX-License-Identifier: MIT
// A main server on npm's socket.io, driven by a test: JSON lines in on stdin, out on stdout.
//
// argv[2] is its configuration:
//   {port, key, options: {socket.io server options}, refuseFirstWebsocket, tls: {key, cert, ca}}
// In:  {id, op, ...}, answered by {t:"reply", id, value} or {t:"reply", id, error}. The ops are below.
// Out: {t:"listening", port}  {t:"connection", socket, transport, auth, query, certificate}
//      {t:"disconnect", socket, reason}  {t:"upgrade", socket, transport}  {t:"refused", auth}
//      {t:"event", socket, name, args}  {t:"ack", id, value | error, ms}
import { readFileSync } from "node:fs";
import { createServer as createHttp } from "node:http";
import { createServer as createHttps } from "node:https";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { createInterface } from "node:readline";
import { Server } from "socket.io";

const config = JSON.parse(process.argv[2] ?? "{}");
let key = config.key ?? "e2e-key";
const out = (message) => process.stdout.write(JSON.stringify(message) + "\n");

function createServer() {
  if (!config.tls) return createHttp();
  const read = (name) => (config.tls[name] ? readFileSync(config.tls[name]) : undefined);
  return createHttps({
    key: read("key"),
    cert: read("cert"),
    ca: read("ca"),
    requestCert: Boolean(config.tls.ca),
    rejectUnauthorized: Boolean(config.tls.ca),
  });
}

const http = createServer();
const io = new Server(http, {
  serveClient: false,
  allowRequest: (request, decide) => {
    const query = new URL(request.url, "http://x").searchParams;
    const refuse = config.refuseFirstWebsocket && query.get("transport") === "websocket" && !query.get("sid");
    decide(null, !refuse);
  },
  ...config.options,
});

// ------------------------------------------------------------------------------ pings

let pings = []; // round trips, ms
const loop = monitorEventLoopDelay({ resolution: 1 });
loop.enable();

function measurePings(conn) {
  let sent;
  conn.on("packetCreate", (packet) => {
    if (packet.type === "ping") sent = process.hrtime.bigint();
  });
  conn.on("packet", (packet) => {
    if (packet.type === "pong" && sent !== undefined) pings.push(Number(process.hrtime.bigint() - sent) / 1e6);
  });
}

function pingFigures() {
  const sorted = [...pings].sort((a, b) => a - b);
  const quantile = (q) => sorted[Math.min(sorted.length - 1, Math.ceil(q * sorted.length) - 1)] ?? 0;
  return {
    count: sorted.length,
    p50: quantile(0.5),
    p99: quantile(0.99),
    p999: quantile(0.999),
    max: sorted.at(-1) ?? 0,
    own_delay_p999: loop.percentile(99.9) / 1e6,
  };
}

// ------------------------------------------------------------------------------ connections

io.use((socket, next) => {
  if (socket.handshake.auth?.DOCKHOST_API_KEY === key) return next();
  out({ t: "refused", auth: socket.handshake.auth });
  next(new Error("Invalid DOCKHOST_API_KEY"));
});

io.on("connection", (socket) => {
  const { conn, handshake } = socket;
  measurePings(conn);
  const peer = conn.request?.socket?.getPeerCertificate?.();
  out({
    t: "connection",
    socket: socket.id,
    transport: conn.transport.name,
    auth: handshake.auth,
    query: handshake.query,
    certificate: peer?.subject?.CN ?? null,
  });
  conn.on("upgrade", (transport) => out({ t: "upgrade", socket: socket.id, transport: transport.name }));
  socket.onAny((name, ...args) => {
    const ack = typeof args.at(-1) === "function" ? args.pop() : undefined;
    out({ t: "event", socket: socket.id, name, args });
    ack?.();
  });
  socket.on("disconnect", (reason) => out({ t: "disconnect", socket: socket.id, reason }));
});

/** The socket with that id, else the latest node's. */
function find(id) {
  const sockets = [...io.sockets.sockets.values()];
  const socket = id ? io.sockets.sockets.get(id) : sockets.at(-1);
  if (!socket) throw new Error("no node is connected");
  return socket;
}

// ------------------------------------------------------------------------------ operations

const operations = {
  /** Emits `args` as `event`; nothing is waited for. */
  emit({ socket, event, args }) {
    find(socket).emit(event, ...args);
  },
  /** Emits with an acknowledgement, which comes as {t:"ack"} with this operation's id. */
  emit_ack({ id, socket, event, args, ms }) {
    const started = performance.now();
    find(socket).timeout(ms).emit(event, ...args, (error, value) => {
      const took = performance.now() - started;
      out(error ? { t: "ack", id, error: error.message, ms: took } : { t: "ack", id, value, ms: took });
    });
  },
  /** The same over and over for so long, one at a time; comes as {t:"ack"} with how long each took, in ms. */
  time_commands({ id, socket, event, args, how_long_ms }) {
    const to = find(socket);
    const end = performance.now() + how_long_ms;
    const took = [];
    const next = () => {
      const started = performance.now();
      if (started >= end) return out({ t: "ack", id, value: took });
      to.timeout(30_000).emit(event, ...args, (error, value) => {
        if (error || !value.success) return out({ t: "ack", id, error: error?.message ?? JSON.stringify(value) });
        took.push(performance.now() - started);
        next();
      });
    };
    next();
  },
  /** A raw Socket.IO packet's text after the 4 of Engine.IO. */
  raw({ socket, packet }) {
    find(socket).conn.write(packet);
  },
  /** A WebSocket text frame with any bytes, valid UTF-8 or not. */
  raw_frame({ socket, hex }) {
    find(socket).conn.transport.socket.send(Buffer.from(hex, "hex"), { binary: false });
  },
  /** The opening of a packet `count` times repeated: what a line of JSON could not hold in a test's source. */
  raw_repeated({ socket, head, unit, count, tail }) {
    find(socket).conn.write(head + unit.repeat(count) + tail);
  },
  /** With a disconnect packet; the transport too when `close`. */
  disconnect({ socket, close }) {
    find(socket).disconnect(close === true);
  },
  /** Without a word: the connection's TCP socket is destroyed. */
  drop({ socket }) {
    const { transport } = find(socket).conn;
    const tcp = transport.socket?._socket ?? transport.req?.socket ?? transport.dataReq?.socket;
    if (!tcp) throw new Error("no TCP socket to drop");
    tcp.destroy();
  },
  set_key({ value }) {
    key = value;
  },
  pings: () => pingFigures(),
  reset_pings() {
    pings = [];
    loop.reset();
  },
  sockets: () => io.sockets.sockets.size,
};

createInterface({ input: process.stdin }).on("line", (line) => {
  const request = JSON.parse(line);
  try {
    out({ t: "reply", id: request.id, value: operations[request.op](request) ?? null });
  } catch (error) {
    out({ t: "reply", id: request.id, error: error.message });
  }
}).on("close", () => process.exit(0));

http.on("error", (error) => {
  console.error(error.message);
  process.exit(1);
});
http.listen(config.port ?? 0, "127.0.0.1", () => out({ t: "listening", port: http.address().port }));
