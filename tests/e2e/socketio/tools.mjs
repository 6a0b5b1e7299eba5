// SPDX-License-Identifier: MIT
// What the cases talk with: raw HTTP, raw WebSockets, and a transcript of what came back. Session ids become SID, so
// that two servers' transcripts can be compared.
import { spawn } from "node:child_process";
import http from "node:http";
import { createInterface } from "node:readline";
import { WebSocket } from "ws";

export const separator = "\x1e";
export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

/** A server in a process of its own, which ends with this one. */
export async function startServer(command, args) {
  const child = spawn(command, args.map(String), { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout });
  const said = [];
  const listeners = [];
  lines.on("line", (line) => {
    const message = JSON.parse(line);
    said.push(message);
    for (const listener of listeners.splice(0)) listener();
  });
  const wait = async (type) => {
    for (;;) {
      const found = said.find((message) => message.t === type);
      if (found) return found;
      await new Promise((done, failed) => {
        listeners.push(done);
        child.once("exit", (code) => failed(new Error(`${command} ended with ${code}`)));
      });
    }
  };
  const { port, engine_port: enginePort } = await wait("listening");
  return {
    port, enginePort, wait, pid: child.pid,
    tell: (line) => child.stdin.write(`${line}\n`),
    stop: () => new Promise((done) => {
      child.once("exit", done);
      child.stdin.end();
    }),
  };
}

/** An async queue: what is put in is taken out in order, waiting for it if need be. */
class Queue {
  items = [];
  waiting = [];
  put(item) {
    const taker = this.waiting.shift();
    if (taker) taker(item);
    else this.items.push(item);
  }
  take(ms) {
    if (this.items.length) return Promise.resolve(this.items.shift());
    return new Promise((done) => {
      const timer = setTimeout(() => {
        this.waiting.splice(this.waiting.indexOf(taker), 1);
        done("(nothing)");
      }, ms);
      const taker = (item) => {
        clearTimeout(timer);
        done(item);
      };
      this.waiting.push(taker);
    });
  }
}

/** A raw WebSocket. Lines: the text of a text frame, "hex:..." of a binary one, "closed CODE", "refused STATUS BODY". */
export class RawSocket {
  lines = new Queue();
  constructor(url) {
    this.ws = new WebSocket(url);
    this.opened = new Promise((done) => {
      this.ws.on("open", () => done(true));
      this.ws.on("close", () => done(false));
    });
    this.ws.on("message", (data, binary) =>
      this.lines.put(binary ? `hex:${data.toString("hex")}` : data.toString()));
    this.ws.on("unexpected-response", (_, res) => {
      const chunks = [];
      res.on("data", (chunk) => chunks.push(chunk));
      res.on("close", () => {
        this.lines.put(`refused ${res.statusCode} ${Buffer.concat(chunks)}`);
        this.ws.terminate();
      });
    });
    this.ws.on("error", () => {});
    this.ws.on("close", (code) => this.lines.put(`closed ${code}`));
  }
  send(...frames) {
    for (const frame of frames) this.ws.send(frame);
  }
  next(ms = 5000) {
    return this.lines.take(ms);
  }
  /** The next line that is no ping; pings are answered. */
  async calm(ms = 5000) {
    for (;;) {
      const line = await this.next(ms);
      if (line !== "2") return line;
      this.ws.send("3");
    }
  }
}

/** One case's view of one server. */
export class Talk {
  log = [];
  sids = new Map();
  sockets = [];
  constructor(server, engine) {
    this.base = engine ? `127.0.0.1:${server.enginePort}/engine.io/` : `127.0.0.1:${server.port}/socket.io/`;
  }
  say(line) {
    this.log.push(this.plain(line));
  }
  /** Text with the session ids seen so far taken out. */
  plain(text) {
    for (const [, sid] of text.matchAll(/"sid":"([A-Za-z0-9_-]{20})"/g)) {
      if (!this.sids.has(sid)) this.sids.set(sid, "SID");
    }
    for (const sid of this.sids.keys()) text = text.replaceAll(sid, "SID");
    return text;
  }

  /** "STATUS | type | cache | body", or "dropped" where no answer came. */
  request(method, query, body, headers = {}) {
    const { answer } = this.begin(method, query, headers, body);
    return answer;
  }
  /** The same in two steps: the request's body may be written by and by. */
  begin(method, query, headers = {}, body = undefined) {
    let request;
    const answer = new Promise((done) => {
      const size = body === undefined ? {} : { "content-length": Buffer.byteLength(body) };
      request = http.request(`http://${this.base}${query}`, { method, headers: { ...size, ...headers }, agent: false });
      request.on("response", (res) => {
        const chunks = [];
        res.on("data", (chunk) => chunks.push(chunk));
        res.on("error", () => done("dropped"));
        res.on("end", () => done([res.statusCode, res.headers["content-type"] ?? "-",
          res.headers["cache-control"] ?? "-", Buffer.concat(chunks).toString()].join(" | ")));
      });
      request.on("error", () => done("dropped"));
      if (body !== undefined) request.end(body);
      else if (method === "POST" || method === "PUT") request.flushHeaders();
      else request.end();
    });
    return { answer, request };
  }
  get(query) {
    return this.request("GET", query);
  }
  post(query, body, headers) {
    return this.request("POST", query, body, headers);
  }

  /** Begins a session on polling; gives the query for its further requests. */
  async polling() {
    const answer = await this.get("?EIO=4&transport=polling");
    this.plain(answer);
    this.sid = JSON.parse(answer.slice(answer.indexOf("{"))).sid;
    return `?EIO=4&transport=polling&sid=${this.sid}`;
  }
  socket(query) {
    const socket = new RawSocket(`ws://${this.base}${query}`);
    this.sockets.push(socket);
    return socket;
  }
  /** Begins a session on a WebSocket. */
  async websocket() {
    const socket = this.socket("?EIO=4&transport=websocket");
    const open = await socket.next();
    this.plain(open);
    this.sid = JSON.parse(open.slice(1)).sid;
    return socket;
  }
  /** A WebSocket for the session that is on polling, and its probe answered. */
  async probe(query) {
    const socket = this.socket(query.replace("polling", "websocket"));
    await socket.opened;
    socket.send("2probe");
    this.say(`probe: ${await socket.next()}`);
    return socket;
  }
  end() {
    for (const socket of this.sockets) socket.ws.terminate();
  }
}

/** A Socket.IO client by hand, the same on both transports. Packets: text, or "hex:..." for binary. */
export async function client(talk, transport) {
  return transport === "websocket" ? new OnWebSocket(await talk.websocket())
    : new OnPolling(talk, await talk.polling());
}

class OnWebSocket {
  constructor(socket) {
    this.socket = socket;
  }
  async send(...packets) {
    for (const packet of packets) {
      this.socket.send(packet.startsWith("hex:") ? Buffer.from(packet.slice(4), "hex") : packet);
    }
  }
  next(ms) {
    return this.socket.calm(ms);
  }
  /** Whether the server ends the session: "closed". */
  async end() {
    const line = await this.next();
    return line === "closed 1005" ? "closed" : line;
  }
}

class OnPolling {
  packets = [];
  constructor(talk, query) {
    this.talk = talk;
    this.query = query;
  }
  async send(...packets) {
    const body = packets.map((p) =>
      (p.startsWith("hex:") ? `b${Buffer.from(p.slice(4), "hex").toString("base64")}` : p)).join(separator);
    this.posted = await this.talk.post(this.query, body);
  }
  async poll() {
    const answer = await this.talk.get(this.query);
    if (!answer.startsWith("200")) return this.packets.push(`refused ${answer}`);
    const body = answer.split(" | ").slice(3).join(" | ");
    for (const p of body.split(separator)) {
      if (p === "2") await this.talk.post(this.query, "3");
      else this.packets.push(p[0] === "b" ? `hex:${Buffer.from(p.slice(1), "base64").toString("hex")}` : p);
    }
  }
  async next() {
    while (!this.packets.length) await this.poll();
    return this.packets.shift();
  }
  async end() {
    let packet = await this.next();
    while (packet === "6") packet = await this.next();
    if (packet !== "1") return packet;
    const after = await this.talk.get(this.query);
    return after.includes("Session ID unknown") ? "closed" : after;
  }
}
