// SPDX-License-Identifier: MIT
// A peer for tests of the link alone, driven by JSON lines: npm's socket.io, or one that misbehaves.
//
// argv[2] is its configuration:
//   {port, mode: "socketio" | "silent" | "garbage" | "frames", options: {socket.io server options},
//    refuseFirstWebsocket, reject: "message", tls: {key, cert, ca},
//    frames: [text | {hex} | {raw: hex}]}           for mode "frames": sent on each WebSocket
// In:  {op: "emit" | "ask", name, args}  {op: "disconnect", close}  {op: "stopReading"}
// Out: {t:"listening", port}  {t:"connection", transport, auth, query}  {t:"upgrade", transport}
//      {t:"event", name, args}  {t:"answer", args}  {t:"disconnect", reason}
// Bytes are {"$hex": "..."} both ways. It ends when stdin does.
import { readFileSync } from "node:fs";
import { createServer as createHttp } from "node:http";
import { createServer as createHttps } from "node:https";
import { createServer as createTcp } from "node:net";
import { createInterface } from "node:readline";
import { Server } from "socket.io";
import { WebSocketServer } from "ws";

const config = JSON.parse(process.argv[2] ?? "{}");
const out = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);

const toJson = (v) => {
  if (Buffer.isBuffer(v)) return { $hex: v.toString("hex") };
  if (Array.isArray(v)) return v.map(toJson);
  if (v && typeof v === "object") {
    return Object.fromEntries(Object.entries(v).map(([k, m]) => [k, toJson(m)]));
  }
  return v;
};
const fromJson = (v) => {
  if (Array.isArray(v)) return v.map(fromJson);
  if (v && typeof v === "object") {
    if (typeof v.$hex === "string") return Buffer.from(v.$hex, "hex");
    return Object.fromEntries(Object.entries(v).map(([k, m]) => [k, fromJson(m)]));
  }
  return v;
};

function createHttpServer() {
  if (!config.tls) return createHttp();
  const read = (name) => (config.tls[name] ? readFileSync(config.tls[name]) : undefined);
  return createHttps({
    key: read("key"), cert: read("cert"), ca: read("ca"),
    requestCert: Boolean(config.tls.ca), rejectUnauthorized: Boolean(config.tls.ca),
  });
}

const ops = {};

function serveSocketIo() {
  const http = createHttpServer();
  const io = new Server(http, {
    serveClient: false,
    allowRequest: (request, decide) => {
      const query = new URL(request.url, "http://x").searchParams;
      const first = query.get("transport") === "websocket" && !query.get("sid");
      decide(null, !(config.refuseFirstWebsocket && first));
    },
    ...config.options,
  });
  if (config.reject) io.use((_, next) => next(new Error(config.reject)));
  let current;
  io.on("connection", (socket) => {
    current = socket;
    const { auth, query } = socket.handshake;
    out({ t: "connection", transport: socket.conn.transport.name, auth, query });
    socket.conn.on("upgrade", () => out({ t: "upgrade", transport: socket.conn.transport.name }));
    socket.onAny((name, ...args) => {
      const answer = typeof args.at(-1) === "function" ? args.pop() : undefined;
      out({ t: "event", name, args: toJson(args) });
      if (name !== "never-answered") answer?.(...args);
    });
    socket.on("disconnect", (reason) => out({ t: "disconnect", reason }));
  });
  ops.emit = ({ name, args }) => current.emit(name, ...fromJson(args));
  ops.ask = ({ name, args }) =>
    current.emit(name, ...fromJson(args), (...got) => out({ t: "answer", args: toJson(got) }));
  ops.disconnect = ({ close }) => current.disconnect(close);
  ops.stopReading = () => current.conn.transport.socket._socket.pause();
  return http;
}

function serveFrames() {
  const http = createHttpServer();
  http.on("request", (_, res) => res.writeHead(404).end());
  new WebSocketServer({ server: http }).on("connection", (ws) => {
    ws.on("error", () => {});
    for (const frame of config.frames) {
      if (typeof frame === "string") ws.send(frame);
      else if (frame.hex !== undefined) ws.send(Buffer.from(frame.hex, "hex"));
      else if (frame.text !== undefined) ws.send(frame.text.repeat(frame.times));
      else ws._socket.write(Buffer.from(frame.raw, "hex"));
    }
  });
  return http;
}

const serveTcp = (onConnection) => createTcp((socket) => {
  socket.on("error", () => {});
  onConnection(socket);
});

const servers = {
  socketio: serveSocketIo,
  frames: serveFrames,
  silent: () => serveTcp((socket) => socket.resume()),
  garbage: () => serveTcp((socket) => {
    socket.write(Buffer.alloc(100_000, "\u0000\u00ffgarbage\n"));
    socket.resume();
  }),
};
const server = servers[config.mode ?? "socketio"]();
server.listen(config.port ?? 0, "127.0.0.1",
  () => out({ t: "listening", port: server.address().port }));

const input = createInterface({ input: process.stdin });
input.on("line", (line) => {
  const command = JSON.parse(line);
  ops[command.op](command);
});
input.on("close", () => process.exit(0));
