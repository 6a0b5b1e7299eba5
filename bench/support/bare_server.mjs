// SPDX-License-Identifier: MIT
// The least that a node takes for a main server: one WebSocket, bytes written and bytes timed on arrival, nothing
// parsed meanwhile. npm's server costs more per message than the node does, so that it can't measure the node alone.
import { createHash } from "node:crypto";
import { createServer } from "node:http";
import { prove, until } from "./figures.mjs";

const ACCEPT_SUFFIX = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"; // RFC 6455, 1.3
const TEXT = 0x81; // a whole text frame
const OPEN = { sid: "bare", upgrades: [], pingInterval: 3_600_000, pingTimeout: 20_000, maxPayload: 10_000_000 };

function frame(text) {
  const body = Buffer.from(text);
  prove(body.length < 65_536, "the frame is short");
  const head = body.length < 126 ? [TEXT, body.length] : [TEXT, 126, body.length >> 8, body.length & 255];
  return Buffer.concat([Buffer.from(head), body]);
}

/** The first whole frame of a client: {opcode, text, size}. */
function unframe(bytes) {
  if (bytes.length < 2) return undefined;
  let length = bytes[1] & 127;
  let at = 2;
  if (length === 126) {
    if (bytes.length < 4) return undefined;
    length = bytes.readUInt16BE(2);
    at = 4;
  } else if (length === 127) {
    if (bytes.length < 10) return undefined;
    length = Number(bytes.readBigUInt64BE(2));
    at = 10;
  }
  const size = at + 4 + length; // a client's frames are masked
  if (bytes.length < size) return undefined;
  const mask = bytes.subarray(at, at + 4);
  const body = Buffer.from(bytes.subarray(at + 4, size));
  for (let i = 0; i < body.length; ++i) body[i] ^= mask[i & 3];
  return { opcode: bytes[0] & 15, text: body.toString(), size };
}

export class BareServer {
  static async start() {
    const server = new BareServer();
    await new Promise((resolve) => server.http.listen(0, "127.0.0.1", resolve));
    return server;
  }

  constructor() {
    this.http = createServer((_, response) => response.writeHead(400).end());
    this.http.on("upgrade", (request, socket) => this.accept(request, socket));
    this.reported = 0; // containers in the node's initial_state
    this.awaited = undefined; // {prefix, resolve}
    this.nextId = 1;
  }

  get port() {
    return this.http.address().port;
  }

  accept(request, socket) {
    const accept = createHash("sha1").update(request.headers["sec-websocket-key"] + ACCEPT_SUFFIX).digest("base64");
    socket.write(
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
        `Sec-WebSocket-Accept: ${accept}\r\n\r\n`);
    socket.setNoDelay(true);
    socket.on("error", () => socket.destroy());
    this.socket = socket;
    let pending = Buffer.alloc(0);
    socket.on("data", (bytes) => {
      const at = performance.now();
      pending = pending.length ? Buffer.concat([pending, bytes]) : bytes;
      for (let next; (next = unframe(pending)); ) {
        pending = pending.subarray(next.size);
        if (next.opcode === 8) socket.end(Buffer.from([0x88, 0]));
        else this.heard(next.text, at);
      }
    });
    socket.write(frame(`0${JSON.stringify(OPEN)}`));
  }

  heard(text, at) {
    if (this.awaited && text.startsWith(this.awaited.prefix)) {
      const { prefix, resolve } = this.awaited;
      this.awaited = undefined;
      resolve({ at, text: text.slice(prefix.length) });
    } else if (text.startsWith("40")) {
      this.socket.write(frame('40{"sid":"bare"}'));
    } else if (text.startsWith('42["initial_state"')) {
      this.reported = JSON.parse(text.slice(2))[1].containers.length;
      this.ready = true;
    }
  }

  connected() {
    return until("the node reports its containers", () => this.ready);
  }

  /** Sends a frame and takes the time until the one that begins with `prefix`. */
  async exchange(text, prefix) {
    const bytes = frame(text);
    const answer = new Promise((resolve) => {
      this.awaited = { prefix, resolve };
    });
    const sent = performance.now();
    this.socket.write(bytes);
    const { at, text: rest } = await answer;
    return { ms: at - sent, rest };
  }

  async check(event, username) {
    const { ms, rest } = await this.exchange(`42${JSON.stringify([event, { USERNAME: username }])}`, `42["${username}",`);
    return { ms, reply: JSON.parse(rest.slice(0, -1)) };
  }

  async command(event, payload) {
    const id = this.nextId++;
    const { ms, rest } = await this.exchange(`42${id}${JSON.stringify([event, payload])}`, `43${id}[`);
    return { ms, reply: JSON.parse(rest.slice(0, -1)) };
  }

  close() {
    this.socket?.destroy();
    return new Promise((resolve) => this.http.close(resolve));
  }
}
