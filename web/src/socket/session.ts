// SPDX-License-Identifier: MIT
// The page's one conversation with the server: what is heard becomes actions of the store and lines of the open logs;
// after each connect it asks for everything again, each log from where it was.
import { largestTail } from "../logs/capacity";
import type { LogRequest, LogStream } from "../logs/stream";
import type { Store } from "../store/store";
import { parseAck, parsers } from "../wire/parse";
import type { Ack, ContainerAction, ServerEvent, ServerEvents, StartLogStream, Subscribe } from "../wire/types";
import type { Clock } from "./clock";
import { LogBatcher } from "./log_batcher";
import type { SocketLike } from "./socket_like";

/** A stop may take its grace period and the engine's time. */
const actionTimeout = 90_000;
const requestTimeout = 15_000;
/** How long a stopped stream's last word is waited for before the next begins. */
const stopTimeout = 2_000;
/** After the server closed the connection or refused it, the client library leaves trying again to us. */
const closedRetry = 1_000;
const refusedRetry = 15_000;
const statsInterval = 2_000;
const stateBatch = 50;
const heartbeatInterval = 10_000;

type Handlers = { readonly [E in ServerEvent]: (value: ServerEvents[E]) => void };

interface OpenLog {
  stream: LogStream;
  users: number;
}

export class Session {
  private readonly logs = new Map<string, OpenLog>();
  /** Streams that were told to stop and have not: what still comes is not of the next stream. */
  private readonly stopping = new Map<string, () => void>();
  private readonly batcher: LogBatcher;
  private readonly registered: (readonly [string, (value: unknown) => void])[] = [];
  private cancelRetry: (() => void) | null = null;
  private running = false;
  /** Whether this connection has brought the containers: before, the server may know none to read a log of. */
  private listed = false;
  private watchesStats = true;
  private complained = false;

  constructor(private readonly socket: SocketLike, private readonly store: Store, private readonly clock: Clock) {
    this.batcher = new LogBatcher(clock, (id, text) => this.logs.get(id)?.stream.receive(text));
  }

  start(): void {
    if (this.running) return;
    this.running = true;
    this.register("connect", () => this.onConnect());
    this.register("disconnect", (reason) => this.onDisconnect(String(reason)));
    this.register("connect_error", (error) => this.onConnectError(error));
    for (const event of Object.keys(parsers) as ServerEvent[]) this.hear(event);
    this.store.dispatch({ type: "connecting" });
    this.socket.connect();
  }

  /** Ends the connection and takes back every handler. */
  stop(): void {
    if (!this.running) return;
    this.running = false;
    this.cancelRetry?.();
    this.cancelRetry = null;
    for (const [event, handler] of this.registered.splice(0)) this.socket.off(event, handler);
    this.interruptLogs();
    this.socket.disconnect();
  }

  /** Connects anew at once, with the token as it is now. */
  reconnect(): void {
    this.cancelRetry?.();
    this.cancelRetry = null;
    this.interruptLogs();
    this.store.dispatch({ type: "connecting" });
    this.socket.disconnect();
    this.socket.connect();
  }

  /** Follows a container's log; call the result when it is no longer looked at. */
  openLog(stream: LogStream): () => void {
    const id = stream.containerId;
    const there = this.logs.get(id);
    if (there && there.stream === stream) there.users++;
    else {
      this.logs.set(id, { stream, users: 1 });
      this.startLog(stream);
    }
    let open = true;
    return () => {
      if (open) this.closeLog(stream);
      open = false;
    };
  }

  /** Asks for other lines of a log that is open. */
  changeLog(stream: LogStream, request: LogRequest): void {
    this.stopLog(stream.containerId);
    stream.restart(request);
    this.startLog(stream);
  }

  /** Tries again what failed or was ended by the server, from where it was. */
  retryLog(stream: LogStream): void {
    stream.turn("starting");
    this.startLog(stream);
  }

  act(id: string, action: ContainerAction, done: (ack: Ack) => void): void {
    this.store.dispatch({ type: "action_begun", id, action });
    this.request("container_action", { container_id: id, action }, actionTimeout, (ack) => {
      this.store.dispatch({ type: "action_ended", id });
      done(ack);
    });
  }

  /** A page that nobody sees needs no figures. */
  watchStats(wanted: boolean): void {
    if (wanted === this.watchesStats) return;
    this.watchesStats = wanted;
    if (this.socket.connected) this.subscribeStats();
  }

  private readonly handlers: Handlers = {
    connection_established: ({ features }) => this.onWelcome(features),
    initial_state: (containers) => this.onListed(containers),
    container_state_change: (container) => this.store.dispatch({ type: "changed", containers: [container], now: this.clock.now() }),
    container_state_changes: (containers) => this.store.dispatch({ type: "changed", containers, now: this.clock.now() }),
    log_update: ({ container_id, log }) => {
      if (this.logs.has(container_id) && !this.stopping.has(container_id)) this.batcher.add(container_id, log);
    },
    log_stream_stopped: ({ container_id, message, reason }) => {
      if (this.stopping.has(container_id)) {
        this.stopped(container_id);
        return;
      }
      this.batcher.flush();
      this.logs.get(container_id)?.stream.turn("stopped", message || reason);
    },
    log_gap: (gap) => {
      if (this.stopping.has(gap.container_id)) return;
      this.batcher.flush();
      this.logs.get(gap.container_id)?.stream.gap(gap);
    },
    stats_update: (update) => this.store.dispatch({ type: "measured", update }),
    node_state: (node) => this.store.dispatch({ type: "node", node }),
    heartbeat: ({ seq }) => {
      this.socket.emit("heartbeat_ack", { seq });
      this.store.dispatch({ type: "heartbeat", now: this.clock.now() });
    },
    token_expiring: ({ at }) => this.store.dispatch({ type: "token_expiring", at }),
    error: ({ error, event }) => {
      // A refused request of ours is told by its acknowledgement.
      if (event !== "start_log_stream" && event !== "container_action" && event !== "subscribe") this.complain(error);
    },
  };

  private register(event: string, handler: (value: unknown) => void): void {
    this.registered.push([event, handler]);
    this.socket.on(event, handler);
  }

  private hear<E extends ServerEvent>(event: E): void {
    const parse = parsers[event] as (value: unknown) => ServerEvents[E] | null;
    const handle = this.handlers[event] as (value: ServerEvents[E]) => void;
    this.register(event, (value) => {
      const message = parse(value);
      if (message !== null) handle(message);
      else if (!this.complained) {
        this.complained = true;
        this.complain(`The server sent a message that this page does not understand (${event}).`);
      }
    });
  }

  private onConnect(): void {
    this.cancelRetry?.();
    this.cancelRetry = null;
    this.store.dispatch({ type: "connected" });
  }

  private onListed(containers: ServerEvents["initial_state"]): void {
    this.store.dispatch({ type: "listed", containers });
    if (this.listed) return;
    this.listed = true;
    for (const { stream } of this.logs.values()) this.startLog(stream);
  }

  private onWelcome(features: readonly string[]): void {
    this.store.dispatch({ type: "welcomed", features });
    if (!features.includes("subscriptions")) return;
    const batch = features.includes("batching") ? { batch_ms: stateBatch } : {};
    this.subscribe({ topics: ["state", "node"], containers: "*", ...batch });
    if (features.includes("heartbeat")) {
      this.subscribe({ topics: ["heartbeat"], containers: "*", interval_ms: heartbeatInterval });
    }
    if (features.includes("stats") && this.watchesStats) this.subscribeStats();
  }

  private onDisconnect(reason: string): void {
    this.interruptLogs();
    this.store.dispatch({ type: "lost", reason });
    if (!this.socket.active) this.retryAfter(closedRetry);
  }

  private onConnectError(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    if (this.socket.active) {
      this.store.dispatch({ type: "lost", reason });
      return;
    }
    this.store.dispatch({ type: "refused", reason });
    this.retryAfter(refusedRetry);
  }

  /** With some chance in it, so that not all pages of a restarted server knock at once. */
  private retryAfter(ms: number): void {
    this.cancelRetry?.();
    this.cancelRetry = this.clock.after(ms * (0.5 + Math.random()), () => {
      this.cancelRetry = null;
      this.socket.connect();
    });
  }

  private interruptLogs(): void {
    this.listed = false;
    this.batcher.flush();
    for (const cancel of this.stopping.values()) cancel();
    this.stopping.clear();
    for (const { stream } of this.logs.values()) {
      if (stream.phase === "live" || stream.phase === "starting") stream.turn("interrupted");
    }
  }

  private startLog(stream: LogStream): void {
    if (!this.socket.connected || !this.listed || this.stopping.has(stream.containerId)) return;
    const { tail, filter } = stream.request;
    const since = stream.resume();
    const payload: StartLogStream = {
      container_id: stream.containerId,
      // Everything since then, as far as a server goes back.
      ...(since === null ? { tail } : { tail: largestTail, since }),
      ...(Object.keys(filter).length > 0 ? { filter } : {}),
      timestamps: true,
      format: "text",
    };
    this.request("start_log_stream", payload, requestTimeout, (ack) => {
      if (this.logs.get(stream.containerId)?.stream !== stream) return;
      if (ack.ok) stream.turn("live");
      else if (this.socket.connected) stream.turn("failed", ack.error);
    });
  }

  private closeLog(stream: LogStream): void {
    const open = this.logs.get(stream.containerId);
    if (!open || open.stream !== stream || --open.users > 0) return;
    this.logs.delete(stream.containerId);
    this.stopLog(stream.containerId);
  }

  private stopLog(id: string): void {
    this.batcher.drop(id);
    if (!this.socket.connected || this.stopping.has(id)) return;
    this.stopping.set(id, this.clock.after(stopTimeout, () => this.stopped(id)));
    this.socket.emit("stop_log_stream", { container_id: id });
  }

  /** Nothing more of the old stream can come: one that was asked for meanwhile may begin. */
  private stopped(id: string): void {
    this.stopping.get(id)?.();
    this.stopping.delete(id);
    const open = this.logs.get(id);
    if (open) this.startLog(open.stream);
  }

  private subscribe(payload: Subscribe): void {
    this.request("subscribe", payload, requestTimeout, (ack) => {
      if (!ack.ok && this.socket.connected) this.complain(ack.error);
    });
  }

  private subscribeStats(): void {
    if (this.watchesStats) this.subscribe({ topics: ["stats"], containers: "*", interval_ms: statsInterval });
    else this.socket.emit("unsubscribe", { topics: ["stats"], containers: "*" });
  }

  private request(event: string, payload: unknown, timeout: number, answer: (ack: Ack) => void): void {
    this.socket.request(event, payload, timeout, (value) =>
      answer(value === null ? this.noAnswer() : parseAck(value)));
  }

  private noAnswer(): Ack {
    const error = this.socket.connected ? "The server did not answer." : "The connection was lost before the server answered.";
    return { ok: false, error, code: "timeout" };
  }

  private complain(text: string): void {
    this.store.dispatch({ type: "noticed", kind: "error", text });
  }
}
