// SPDX-License-Identifier: MIT
// The echo application of tests/support/echo_server.cpp on npm's socket.io and engine.io: what is compared with.
// Usage: echo_oracle.mjs [PORT [ENGINE_PORT [PING_INTERVAL [PING_TIMEOUT [CONNECT_TIMEOUT]]]]]
import { Server as EngineServer } from "engine.io";
import { createServer } from "node:http";
import { createInterface } from "node:readline";
import { Server } from "socket.io";

const [port = 0, enginePort = 0, pingInterval = 300, pingTimeout = 200, connectTimeout = 1000] =
  process.argv.slice(2).map(Number);
const out = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);
const listen = (server, at) =>
  new Promise((done) => server.listen(at, "127.0.0.1", () => done(server.address().port)));

const http = createServer((_, res) => res.writeHead(404).end());
const io = new Server(http, { pingInterval, pingTimeout, connectTimeout, serveClient: false });
for (const name of ["/", "/custom"]) {
  const nsp = io.of(name);
  nsp.use((socket, next) => {
    const { refuse, data } = socket.handshake.auth;
    next(refuse === undefined ? undefined : Object.assign(new Error(refuse), data === undefined ? {} : { data }));
  });
  nsp.on("connection", (socket) => {
    socket.emit("auth", socket.handshake.auth);
    socket.on("message", (...args) => socket.emit("message-back", ...args));
    socket.on("message-with-ack", (...args) => args.pop()(...args));
    socket.on("ask-me", (...args) => {
      socket.timeout(1000).emit("question", ...args, (error, ...answer) =>
        (error ? socket.emit("no-answer", "timeout") : socket.emit("answered", ...answer)));
    });
    socket.on("leave-me", () => socket.disconnect());
    socket.on("close-me", () => socket.disconnect(true));
  });
}

const engineHttp = createServer((_, res) => res.writeHead(404).end());
const engine = new EngineServer({ pingInterval, pingTimeout });
engine.attach(engineHttp, { path: "/engine.io/" });
engine.on("connection", (socket) => socket.on("data", (data) => socket.send(data)));

createInterface({ input: process.stdin }).on("close", () => process.exit(0));
out({ t: "listening", port: await listen(http, port), engine_port: await listen(engineHttp, enginePort) });
