// SPDX-License-Identifier: MIT
// A node that is none: speaks the browsers' part of the protocol with npm's socket.io, so that the page can be developed
// and tested alone. Serves the built page too.
//
//   node dev/mock-server.mjs [--port 4400] [--dist dist] [--prefix /] [--token viewer=V --token operator=O] [--foreign-actions]
//                            [--attached]  (ends when its standard input does, as with whoever started it)
//
// A test drives it through POST /control with JSON {do: ...}; see `controls`.
import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { extname, join, normalize } from "node:path";
import { parseArgs } from "node:util";
import { Server } from "socket.io";

const { values: flags } = parseArgs({
  options: {
    port: { type: "string", default: "4400" },
    dist: { type: "string", default: "dist" },
    prefix: { type: "string", default: "/" },
    token: { type: "string", multiple: true, default: [] },
    "foreign-actions": { type: "boolean", default: false },
    attached: { type: "boolean", default: false },
  },
});
if (flags.attached) process.stdin.resume().on("end", () => process.exit(0));
const tokens = new Map(flags.token.map((pair) => pair.split("=").reverse()));

// The policy that the node sends: nothing inline, nothing from elsewhere.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const types = { ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml" };

// ---- Containers ----

const id = (n) => n.toString(16).padStart(4, "0").repeat(16);
const now = () => new Date().toISOString().replace("Z", "000+00:00");
const ago = (minutes) => new Date(Date.now() - minutes * 60_000).toISOString().replace("Z", "000+00:00");

/** Container -> the ports that it has in these states. */
const bound = new Map();
const holdPorts = new Set(["running", "paused", "stopping"]);

function container(n, name, image, state, ports, more = {}) {
  const created = ago(37 * n + 5);
  bound.set(id(n), ports);
  return {
    container_id: id(n), name, image, state, ports: holdPorts.has(state) ? ports : "", created,
    status: state === "running" ? "running" : state === "stopped" ? "exited" : state,
    compose_project: "Standalone Containers", compose_service: "",
    ...(state === "running" ? { started_at: ago(29 * n + 2) } : {}),
    ...more,
  };
}

function user(n, username, state) {
  const base = 1024 + 3 * n;
  const ports = { ssh: base, http: base + 1, https: base + 2 };
  const text = `${base}->22/tcp, ${base + 1}->80/tcp, ${base + 2}->443/tcp`;
  return container(n, `dockhost-${username}`, "dockhost/instance:12", state, text, { username, port_map: ports });
}

function project(n, name, service, image, state, ports) {
  return container(n, `${name}-${service}-1`, image, state, ports, { compose_project: name, compose_service: service });
}

const containers = new Map([
  user(1, "ada", "running"), user(2, "grace", "running"), user(3, "linus", "stopped"), user(4, "margaret", "running"),
  project(10, "shop", "web", "nginx:1.27-alpine", "running", "8080->80/tcp, 8443->443/tcp"),
  project(11, "shop", "api", "registry.example.org/shop/api:2026-11-19", "running", "127.0.0.1:9000->9000/tcp"),
  project(12, "shop", "db", "postgres:17", "running", ""),
  project(13, "shop", "worker", "registry.example.org/shop/worker:2026-11-19", "restarting", ""),
  project(20, "metrics", "prometheus", "prom/prometheus:v3.1.0", "running", "9090->9090/tcp"),
  project(21, "metrics", "grafana", "grafana/grafana:11.4.0", "paused", "3000->3000/tcp"),
  container(30, "resolver", "coredns/coredns:1.12.0", "running", "5353->53/udp, 5353->53/tcp"),
  container(31, "backup", "restic/restic:0.17", "stopped", ""),
  container(32, "old-importer", "python:3.9-slim", "dead", ""),
].map((c) => [c.container_id, c]));

const byAnyName = (wanted) => [...containers.values()].find((c) =>
  c.container_id === wanted || c.name === wanted || (wanted.length >= 12 && c.container_id.startsWith(wanted)));

// ---- Logs: a line is made from its number, so that any part of a log can be made again ----

const esc = "\u001b[";
const paths = ["/", "/cart", "/api/orders?page=2", "/static/app.css", "/login"];
const texts = [
  (n) => `${esc}32mINFO${esc}0m  request ${esc}1m${n}${esc}0m GET ${paths[n % 5]} ${esc}36m200${esc}0m in ${(n * 7) % 90} ms`,
  (n) => `${esc}90mDEBUG cache lookup key=session:${(n * 2654435761 >>> 0).toString(16)} hit=${n % 3 === 0}${esc}0m`,
  (n) => `level=info msg="order stored" order=${n} items=${n % 9} customer="Zoë Ångström"`,
  (n) => `{"level":"warn","msg":"slow query","ms":${200 + (n % 800)},"table":"orders","row":${n}}`,
  (n) => `${esc}31mERROR${esc}0m upstream ${esc}4mapi:9000${esc}0m: connection refused (attempt ${n % 5})`,
  (n) => `INFO line ${n} with <b>markup</b> & "quotes" <img src=x onerror=alert(1)> that must stay text`,
];
const weights = [0, 0, 0, 1, 1, 2, 2, 5, 0, 3, 0, 1, 2, 0, 0, 4];
const second = 1_000_000_000n;
const epoch = BigInt(Math.floor(Date.now() / 1000) - 86_400) * second;

/** Lines of a log are a fixed step apart in time, two by two at the same nanosecond. */
function stampOf(log, n) {
  const time = log.start + BigInt(n >> 1) * log.step;
  return `${new Date(Number(time / 1_000_000n)).toISOString().slice(0, 19)}.${(time % second).toString().padStart(9, "0")}Z`;
}
const lineOf = (log, n) => `${stampOf(log, n)} ${log.special.get(n) ?? texts[weights[n % 16]](n)}`;

const logs = new Map();
function logOf(containerId) {
  if (!logs.has(containerId)) {
    logs.set(containerId, { start: epoch, step: 10_000_000n, end: 400, rate: 0, carry: 0, special: new Map() });
  }
  return logs.get(containerId);
}

/** The first line at or after that time. */
function indexSince(log, since) {
  const found = /^(.{19})(?:\.(\d{1,9}))?Z$/.exec(since);
  if (!found) return 0;
  const time = BigInt(Date.parse(`${found[1]}Z`) / 1000) * second + BigInt((found[2] ?? "").padEnd(9, "0"));
  const n = time <= log.start ? 0n : (time - log.start + log.step - 1n) / log.step;
  return Number(n) * 2;
}

// ---- The server ----

const http = createServer(serve);
let away = false;
const allowRequest = (_, answer) => answer(away ? "away" : null, !away);
const io = new Server(http, { path: `${flags.prefix}socket.io/`, maxHttpBufferSize: 1e6, allowRequest });
let refuse = "";
let engine = true;
let mainServer = "connected";
/** What the containers were when the engine went. */
const before = new Map();

const nodeState = () => ({
  name: "node-7.example.org", version: "0.1.0",
  engine: { reachable: engine, version: "27.3.1" },
  main_server: { state: mainServer, url: "https://hub.example.org" },
  counts: { containers: containers.size },
});

io.use((socket, next) => {
  if (refuse) return next(new Error(refuse));
  if (tokens.size === 0) socket.data.role = "operator";
  else socket.data.role = tokens.get(String(socket.handshake.auth.token ?? ""));
  if (socket.data.role) return next();
  next(new Error(socket.handshake.auth.token ? "Unknown or expired token" : "A token is required"));
});

const delivered = { starts: [], stops: 0, actions: [] };

io.on("connection", (socket) => {
  const features = ["subscriptions", "batching", "stats", "log_filter", "heartbeat"];
  if (tokens.size > 0) features.push("auth");
  if (socket.data.role === "operator") {
    features.push("actions");
    if (flags["foreign-actions"]) features.push("foreign_actions");
  }
  socket.data.streams = new Map();
  socket.data.timers = new Map();
  socket.emit("connection_established", { message: "Welcome", requestId: socket.id, features });
  socket.emit("initial_state", { containers: [...containers.values()] });

  socket.on("subscribe", (request, ack) => {
    for (const topic of request.topics) subscribe(socket, topic, request);
    ack?.({ status: "subscribed" });
  });
  socket.on("unsubscribe", (request, ack) => {
    for (const topic of request.topics) {
      clearInterval(socket.data.timers.get(topic));
      socket.leave(topic);
    }
    ack?.({ status: "unsubscribed" });
  });
  socket.on("start_log_stream", (request, ack) => {
    delivered.starts.push(request);
    const about = byAnyName(String(request.container_id));
    if (!about) return refuseRequest(socket, ack, "No such container", "not_found", "start_log_stream");
    if (!(request.tail >= 0 && request.tail <= 1_000_000)) {
      return refuseRequest(socket, ack, "tail must be a number of lines, at most 1000000", "invalid_request", "start_log_stream");
    }
    let wanted = null;
    try {
      wanted = request.filter?.pattern ? new RegExp(request.filter.pattern) : null;
    } catch {
      return refuseRequest(socket, ack, "Not a regular expression", "invalid_request", "start_log_stream");
    }
    const log = logOf(about.container_id);
    let next = request.since ? indexSince(log, request.since) : 0;
    next = Math.max(next, log.end - request.tail);
    socket.data.streams.set(about.container_id, { as: request.container_id, next, wanted });
    ack?.({ status: "stream_started" });
  });
  socket.on("stop_log_stream", (request, ack) => {
    delivered.stops++;
    const about = byAnyName(String(request.container_id));
    if (about) socket.data.streams.delete(about.container_id);
    ack?.({ status: "stream_stopped" });
    socket.emit("log_stream_stopped", { container_id: request.container_id, message: "Log stream stopped", reason: "requested" });
  });
  socket.on("container_action", (request, ack) => act(socket, request, ack));
  socket.on("list_containers", (_, ack) => ack?.({ containers: [...containers.values()] }));
  socket.on("disconnect", () => {
    for (const timer of socket.data.timers.values()) clearInterval(timer);
  });
});

function refuseRequest(socket, ack, error, code, event) {
  ack?.({ error, code });
  socket.emit("error", { error, code, event });
}

function subscribe(socket, topic, request) {
  clearInterval(socket.data.timers.get(topic));
  if (topic === "stats") {
    const send = () => socket.emit("stats_update", stats());
    send();
    socket.data.timers.set(topic, setInterval(send, request.interval_ms ?? 1000));
  } else if (topic === "heartbeat") {
    let seq = 0;
    const send = () => socket.emit("heartbeat", { at: Date.now(), seq: ++seq });
    send();
    socket.data.timers.set(topic, setInterval(send, request.interval_ms ?? 1000));
  } else if (topic === "node") {
    socket.join(topic);
    socket.emit("node_state", nodeState());
  }
}

const traffic = new Map();
function stats() {
  const list = [];
  for (const c of containers.values()) {
    if (c.state !== "running") continue;
    const n = parseInt(c.container_id.slice(0, 4), 16);
    const t = Date.now() / 1000;
    const wave = (period, phase) => (Math.sin(t / period + n * phase) + 1) / 2;
    const had = traffic.get(c.container_id) ?? { rx: 0, tx: 0 };
    had.rx += Math.round(wave(9, 3) * 400_000);
    had.tx += Math.round(wave(7, 5) * 90_000);
    traffic.set(c.container_id, had);
    list.push({
      container_id: c.container_id,
      cpu_percent: Math.round((wave(6, 1) * wave(17, 2) * 60 + Math.random() * 6 + (n % 5)) * 10) / 10,
      memory_bytes: Math.round((90 + n * 7 + wave(31, 2) * 60) * 1048576),
      memory_limit_bytes: c.username ? 512 * 1048576 : 0,
      net_rx_bytes: had.rx, net_tx_bytes: had.tx, block_read_bytes: 0, block_write_bytes: 0, pids: 3 + (n % 20),
    });
  }
  return { at: new Date().toISOString(), containers: list };
}

function setState(c, state) {
  const { started_at, ...next } = { ...c, state, status: state === "running" ? "running" : state === "stopped" ? "exited" : state };
  next.ports = holdPorts.has(state) ? bound.get(c.container_id) : "";
  if (state === "running") next.started_at = now();
  put(next);
}

let single = false;
function put(next) {
  if (next.state === "removed") containers.delete(next.container_id);
  else containers.set(next.container_id, next);
  // In turn as one message and as a batch: the page must take both.
  single = !single;
  if (single) io.emit("container_state_change", next);
  else io.emit("container_state_changes", { containers: [next] });
}

/** While held, actions are taken and not done. */
const doing = { held: false, waiting: [], failure: null };

function act(socket, request, ack) {
  delivered.actions.push(request);
  const refused = (error, code) => refuseRequest(socket, ack, error, code, "container_action");
  if (socket.data.role !== "operator") return refused("Only operators may do that", "forbidden");
  const c = byAnyName(String(request.container_id));
  if (!c) return refused("No such container", "not_found");
  if (!c.username && !flags["foreign-actions"]) return refused("That container is not this node's own", "forbidden");
  const run = () => {
    const { failure } = doing;
    doing.failure = null;
    if (failure) return refused(failure.error, failure.code);
    const steps = {
      start: [["running", 300]], stop: [["stopping", 50], ["stopped", 500]],
      restart: [["restarting", 50], ["running", 500]], delete: [["removed", 400]],
    }[request.action] ?? [];
    for (const [state, after] of steps) setTimeout(() => setState(byAnyName(c.container_id) ?? c, state), after);
    setTimeout(() => ack?.({ status: "ok" }), (steps.at(-1)?.[1] ?? 0) + 20);
  };
  if (doing.held) doing.waiting.push(run);
  else run();
}

// ---- Time passes: logs grow, streams get their batches every 10 ms ----

const batchChars = 64 * 1024;

function pump() {
  for (const log of logs.values()) {
    log.carry += log.rate / 100;
    const more = Math.floor(log.carry);
    log.carry -= more;
    log.end += more;
  }
  for (const socket of io.sockets.sockets.values()) {
    for (const [containerId, stream] of socket.data.streams ?? []) send(socket, stream, logOf(containerId));
  }
}

function send(socket, stream, log) {
  // As much as ten batches at a time, so that a million lines arrive in seconds and not at once.
  for (let batches = 0; batches < 10 && stream.next < log.end; batches++) {
    const lines = [];
    for (let chars = 0; stream.next < log.end && chars < batchChars; stream.next++) {
      const line = lineOf(log, stream.next);
      if (stream.wanted && !stream.wanted.test(line)) continue;
      lines.push(line);
      chars += line.length + 1;
    }
    if (lines.length > 0) socket.emit("log_update", { container_id: stream.as, log: lines.join("\n") });
  }
}
setInterval(pump, 10);
for (const c of containers.values()) logOf(c.container_id).rate = c.state === "running" ? 2 : 0;

// ---- What a test can make happen ----

const controls = {
  rate: ({ name, rate }) => { logOf(byAnyName(name).container_id).rate = rate; },
  /** Makes a log that many lines long, whoever watches. */
  length: ({ name, lines }) => { logOf(byAnyName(name).container_id).end = lines; },
  line: ({ name, text }) => {
    const log = logOf(byAnyName(name).container_id);
    log.special.set(log.end++, text);
  },
  end: ({ name }) => logOf(byAnyName(name).container_id).end,
  text: ({ name, from, to }) => {
    const log = logOf(byAnyName(name).container_id);
    return Array.from({ length: to - from }, (_, i) => lineOf(log, from + i));
  },
  gap: ({ name, lines, bytes, reason }) => {
    const c = byAnyName(name);
    for (const socket of io.sockets.sockets.values()) {
      const stream = socket.data.streams.get(c.container_id);
      if (!stream) continue;
      stream.next += lines ?? 0;
      logOf(c.container_id).end += lines ?? 0;
      socket.emit("log_gap", { container_id: stream.as, lines, bytes, reason });
    }
  },
  state: ({ name, state }) => setState(byAnyName(name), state),
  add: ({ count }) => {
    for (let n = 0; n < count; n++) {
      const c = user(100 + n, `user${String(n).padStart(3, "0")}`, "running");
      containers.set(c.container_id, c);
      io.emit("container_state_change", c);
    }
  },
  engine: ({ reachable }) => {
    if (reachable === engine) return;
    engine = reachable;
    for (const c of [...containers.values()]) {
      if (reachable) put(before.get(c.container_id) ?? c);
      else {
        before.set(c.container_id, c);
        setState(c, "unknown");
      }
    }
    io.emit("node_state", nodeState());
  },
  main_server: ({ state }) => {
    mainServer = state;
    io.emit("node_state", nodeState());
  },
  /** Breaks every transport; the clients come back by themselves. */
  drop: () => { for (const socket of io.sockets.sockets.values()) socket.conn.close(); },
  /** As a node that ends: the server closes, the clients must come back of their own accord. */
  close: () => io.disconnectSockets(true),
  refuse: ({ reason }) => { refuse = reason; },
  /** As a node that is gone: nobody gets a connection. */
  away: ({ now: gone }) => { away = gone; },
  hold: ({ held }) => {
    doing.held = held;
    if (!held) for (const run of doing.waiting.splice(0)) run();
  },
  /** The next action that is run fails. */
  fail: ({ error, code }) => { doing.failure = { error, code }; },
  error: ({ text }) => io.emit("error", { error: text, code: "internal", event: "" }),
  token_expiring: ({ at }) => io.emit("token_expiring", { at }),
  raw: ({ event, payload }) => io.emit(event, payload),
  seen: () => delivered,
};

async function serve(request, response) {
  const path = new URL(request.url, "http://local").pathname;
  if (request.method === "POST" && path === "/control") {
    let body = "";
    for await (const part of request) body += part;
    try {
      const order = JSON.parse(body);
      response.end(JSON.stringify(controls[order.do](order) ?? null));
    } catch (error) {
      response.writeHead(400).end(String(error));
    }
    return;
  }
  if (!path.startsWith(flags.prefix)) return response.writeHead(404).end();
  const name = normalize(`/${path.slice(flags.prefix.length) || "index.html"}`);
  try {
    const bytes = await readFile(join(flags.dist, name));
    response.writeHead(200, {
      "Content-Type": types[extname(name)] ?? "application/octet-stream",
      "Content-Security-Policy": policy, "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store",
    });
    response.end(bytes);
  } catch {
    response.writeHead(404).end();
  }
}

http.listen(Number(flags.port), "127.0.0.1", () => console.log(`http://127.0.0.1:${http.address().port}${flags.prefix}`));
