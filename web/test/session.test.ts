// SPDX-License-Identifier: MIT
import { beforeEach, describe, expect, it } from "vitest";
import { LogStream } from "../src/logs/stream";
import type { Clock } from "../src/socket/clock";
import { Session } from "../src/socket/session";
import { Shared } from "../src/socket/shared";
import type { SocketLike } from "../src/socket/socket_like";
import { createStore } from "../src/store/store";

type Handler = (value: unknown) => void;

class FakeSocket implements SocketLike {
  connected = false;
  active = true;
  connects = 0;
  sent: { event: string; payload: unknown; answer?: (value: unknown) => void }[] = [];
  handlers = new Map<string, Set<Handler>>();
  connect(): void {
    this.connects++;
  }
  disconnect(): void {
    this.connected = false;
  }
  on(event: string, handler: Handler): void {
    this.handlers.set(event, (this.handlers.get(event) ?? new Set()).add(handler));
  }
  off(event: string, handler: Handler): void {
    this.handlers.get(event)?.delete(handler);
  }
  emit(event: string, payload: unknown): void {
    this.sent.push({ event, payload });
  }
  request(event: string, payload: unknown, _timeout: number, answer: (value: unknown) => void): void {
    this.sent.push({ event, payload, answer });
  }
  hear(event: string, value?: unknown): void {
    for (const handler of this.handlers.get(event) ?? []) handler(value);
  }
  open(features: string[] = []): void {
    this.greet(features);
    this.hear("initial_state", { containers: [] });
  }
  /** A connection to a server that does not know its containers yet. */
  greet(features: string[] = []): void {
    this.connected = true;
    this.hear("connect");
    this.hear("connection_established", { message: "", requestId: "r", features });
  }
  take(event: string) {
    const found = this.sent.filter((s) => s.event === event);
    this.sent = this.sent.filter((s) => s.event !== event);
    return found;
  }
  get handlerCount(): number {
    return [...this.handlers.values()].reduce((sum, set) => sum + set.size, 0);
  }
}

class FakeClock implements Clock {
  time = 0;
  timers: { at: number; callback: () => void }[] = [];
  frames: (() => void)[] = [];
  now(): number {
    return this.time;
  }
  after(ms: number, callback: () => void): () => void {
    const timer = { at: this.time + ms, callback };
    this.timers.push(timer);
    return () => void (this.timers = this.timers.filter((t) => t !== timer));
  }
  frame(callback: () => void): () => void {
    this.frames.push(callback);
    return () => void (this.frames = this.frames.filter((f) => f !== callback));
  }
  draw(): void {
    for (const callback of this.frames.splice(0)) callback();
  }
  pass(ms: number): void {
    this.time += ms;
    const due = this.timers.filter((t) => t.at <= this.time);
    this.timers = this.timers.filter((t) => t.at > this.time);
    for (const timer of due) timer.callback();
  }
}

const id = "a".repeat(64);
const at = (second: number, text: string) => `2026-11-21T12:00:0${second}.000000000Z ${text}`;
const newStream = () => new LogStream(id, { tail: 100, filter: {} });

let socket: FakeSocket;
let clock: FakeClock;
let store: ReturnType<typeof createStore>;
let session: Session;
beforeEach(() => {
  socket = new FakeSocket();
  clock = new FakeClock();
  store = createStore();
  session = new Session(socket, store, clock);
  session.start();
});

const lines = (stream: LogStream) =>
  Array.from({ length: stream.lines.end - stream.lines.first }, (_, n) => stream.lines.line(stream.lines.first + n));

describe("the session", () => {
  it("takes back every handler that it registered", () => {
    expect(socket.handlerCount).toBeGreaterThan(10);
    session.stop();
    expect(socket.handlerCount).toBe(0);
    expect(socket.connected).toBe(false);
    session.stop();
  });
  it("asks after each connect for what the server offers", () => {
    socket.open(["subscriptions", "batching", "stats", "heartbeat"]);
    expect(socket.take("subscribe").map((s) => s.payload)).toEqual([
      { topics: ["state", "node"], containers: "*", batch_ms: 50 },
      { topics: ["heartbeat"], containers: "*", interval_ms: 10_000 },
      { topics: ["stats"], containers: "*", interval_ms: 2_000 },
    ]);
    socket.open([]);
    expect(socket.take("subscribe")).toEqual([]);
  });
  it("gives up the figures of a page that nobody sees", () => {
    socket.open(["subscriptions", "stats"]);
    session.watchStats(false);
    expect(socket.take("unsubscribe").map((s) => s.payload)).toEqual([{ topics: ["stats"], containers: "*" }]);
  });
  it("answers heartbeats", () => {
    socket.open();
    socket.hear("heartbeat", { at: 1, seq: 7 });
    expect(socket.take("heartbeat_ack").map((s) => s.payload)).toEqual([{ seq: 7 }]);
  });
  it("ignores nonsense, and says so once", () => {
    socket.open();
    for (const value of [null, 5, [], { containers: 5 }]) socket.hear("initial_state", value);
    expect(store.get().notices).toHaveLength(1);
    expect(store.get().notices[0]?.count).toBe(1);
  });
  it("shows errors as notices, but not those that an acknowledgement tells too", () => {
    socket.open();
    socket.hear("error", { error: "too fast", code: "rate", event: "" });
    socket.hear("error", { error: "no", code: "x", event: "container_action" });
    expect(store.get().notices.map((n) => n.text)).toEqual(["too fast"]);
  });
  it("connects again when the server closed, which the client library does not", () => {
    socket.open();
    socket.active = false;
    socket.connected = false;
    socket.hear("disconnect", "io server disconnect");
    expect(store.get().link.phase).toBe("lost");
    clock.pass(1500);
    expect(socket.connects).toBe(2);
  });
  it("asks for a token when the server refuses, and tries again slowly", () => {
    socket.active = false;
    socket.hear("connect_error", new Error("A token is required"));
    expect(store.get().link).toEqual({ phase: "refused", reason: "A token is required" });
    clock.pass(5_000);
    expect(socket.connects).toBe(1);
    session.reconnect();
    expect(socket.connects).toBe(2);
    clock.pass(60_000);
    expect(socket.connects).toBe(2);
  });
  it("tells of an action until it is answered", () => {
    socket.open();
    const answers: unknown[] = [];
    session.act(id, "stop", (ack) => answers.push(ack));
    expect(store.get().pending.get(id)).toBe("stop");
    const [request] = socket.take("container_action");
    expect(request?.payload).toEqual({ container_id: id, action: "stop" });
    request?.answer?.({ status: "ok" });
    expect(store.get().pending.size).toBe(0);
    expect(answers).toEqual([{ ok: true, status: "ok" }]);
    session.act(id, "start", (ack) => answers.push(ack));
    socket.take("container_action")[0]?.answer?.(null);
    expect(answers[1]).toMatchObject({ ok: false, code: "timeout" });
  });
});

describe("a log", () => {
  it("is followed once however many look, and stopped after the last", () => {
    socket.open();
    const stream = newStream();
    const first = session.openLog(stream);
    const second = session.openLog(stream);
    expect(socket.take("start_log_stream").map((s) => s.payload)).toEqual([{ container_id: id, tail: 100, timestamps: true, format: "text" }]);
    first();
    first();
    expect(socket.take("stop_log_stream")).toEqual([]);
    second();
    expect(socket.take("stop_log_stream").map((s) => s.payload)).toEqual([{ container_id: id }]);
  });
  it("gets its lines once per frame, in order, with gaps in their place", () => {
    socket.open();
    const stream = newStream();
    session.openLog(stream);
    let told = 0;
    stream.listen(() => told++);
    for (const text of ["a", "b\nc", "d"]) socket.hear("log_update", { container_id: id, log: text });
    expect(lines(stream)).toEqual([]);
    clock.draw();
    expect([lines(stream), told]).toEqual([["a", "b", "c", "d"], 1]);
    socket.hear("log_update", { container_id: id, log: "e" });
    socket.hear("log_gap", { container_id: id, lines: 5, bytes: null, reason: "slow_client" });
    socket.hear("log_update", { container_id: id, log: "f" });
    clock.draw();
    expect(lines(stream)).toEqual(["a", "b", "c", "d", "e", "", "f"]);
    expect(stream.mark(5)?.text).toContain("5 lines");
  });
  it("is handed on at once where frames do not come and much waits", () => {
    socket.open();
    const stream = newStream();
    session.openLog(stream);
    socket.hear("log_update", { container_id: id, log: "x".repeat(4_000_000) });
    expect(stream.lines.end).toBe(1);
  });
  it("goes on after a lost connection where it was, without doubles", () => {
    socket.open();
    const stream = newStream();
    session.openLog(stream);
    socket.take("start_log_stream")[0]?.answer?.({ status: "stream_started" });
    expect(stream.phase).toBe("live");
    socket.hear("log_update", { container_id: id, log: `${at(1, "a")}\n${at(2, "b")}` });
    socket.connected = false;
    socket.hear("disconnect", "transport close");
    expect(stream.phase).toBe("interrupted");
    socket.open();
    expect(socket.take("start_log_stream").map((s) => s.payload)).toEqual([
      { container_id: id, tail: 1_000_000, since: "2026-11-21T12:00:02.000000000Z", timestamps: true, format: "text" },
    ]);
    socket.hear("log_update", { container_id: id, log: `${at(2, "b")}\n${at(3, "c")}` });
    clock.draw();
    expect(lines(stream)).toEqual([at(1, "a"), at(2, "b"), at(3, "c")]);
  });
  it("is asked for when the containers are there, and once for each connection", () => {
    socket.greet();
    session.openLog(newStream());
    for (let connection = 0; connection < 2; connection++) {
      expect(socket.take("start_log_stream")).toEqual([]);
      socket.hear("initial_state", { containers: [] });
      expect(socket.take("start_log_stream")).toHaveLength(1);
      socket.hear("initial_state", { containers: [] });
      expect(socket.take("start_log_stream")).toEqual([]);
      socket.connected = false;
      socket.hear("disconnect", "transport close");
      socket.greet();
    }
  });
  it("takes nothing of the old stream when others lines were asked for", () => {
    socket.open();
    const stream = newStream();
    session.openLog(stream);
    socket.take("start_log_stream");
    session.changeLog(stream, { tail: 5, filter: { level: "error" } });
    socket.hear("log_update", { container_id: id, log: "old" });
    expect(socket.take("start_log_stream")).toEqual([]);
    socket.hear("log_stream_stopped", { container_id: id, message: "", reason: "requested" });
    expect(socket.take("start_log_stream").map((s) => s.payload)).toEqual([
      { container_id: id, tail: 5, filter: { level: "error" }, timestamps: true, format: "text" },
    ]);
    socket.hear("log_update", { container_id: id, log: "new" });
    clock.draw();
    expect([lines(stream), stream.phase]).toEqual([["new"], "starting"]);
  });
  it("begins though the old stream's last word never comes", () => {
    socket.open();
    const stream = newStream();
    session.openLog(stream)();
    socket.take("start_log_stream");
    session.openLog(newStream());
    expect(socket.take("start_log_stream")).toEqual([]);
    clock.pass(2_000);
    expect(socket.take("start_log_stream")).toHaveLength(1);
  });
  it("says why it failed or ended, and can be tried again", () => {
    socket.open();
    const stream = newStream();
    session.openLog(stream);
    socket.take("start_log_stream")[0]?.answer?.({ error: "No such container", code: "not_found" });
    expect([stream.phase, stream.message]).toEqual(["failed", "No such container"]);
    session.retryLog(stream);
    socket.take("start_log_stream")[0]?.answer?.({ status: "stream_started" });
    socket.hear("log_stream_stopped", { container_id: id, message: "Container was removed", reason: "removed" });
    expect([stream.phase, stream.message]).toEqual(["stopped", "Container was removed"]);
  });
});

describe("Shared", () => {
  it("is made for the first, ended after the last, and made anew", () => {
    const events: string[] = [];
    let n = 0;
    const shared = new Shared(() => {
      const name = `s${++n}`;
      return { start: () => void events.push(`${name} start`), stop: () => void events.push(`${name} stop`) };
    });
    const a = shared.acquire();
    const b = shared.acquire();
    expect(a.thing).toBe(b.thing);
    a.release();
    a.release();
    expect(events).toEqual(["s1 start"]);
    b.release();
    shared.acquire().release();
    expect(events).toEqual(["s1 start", "s1 stop", "s2 start", "s2 stop"]);
  });
});
