// SPDX-License-Identifier: MIT
// The live view's messages, as the server documents them. Only parse.ts makes these values out of what arrives.

export const containerStates = [
  "created", "running", "paused", "restarting", "stopping", "stopped", "dead", "unknown", "removed",
] as const;
export type ContainerState = (typeof containerStates)[number];

export interface PortMap {
  ssh?: number;
  http?: number;
  https?: number;
}

export interface Container {
  /** 64 hex digits. */
  container_id: string;
  name: string;
  image: string;
  /** The engine's own word. */
  status: string;
  state: ContainerState;
  /** "18080->80/tcp, ...": what is really bound. */
  ports: string;
  compose_project: string;
  compose_service: string;
  /** ISO 8601. */
  created: string;
  /** ISO 8601; a server may leave it out. */
  started_at?: string;
  username?: string;
  port_map?: PortMap;
}

export interface ConnectionEstablished {
  message: string;
  requestId: string;
  features: readonly string[];
}

export interface LogUpdate {
  container_id: string;
  /** Whole lines, newline-separated, none at the end. */
  log: string;
}

export interface LogStreamStopped {
  container_id: string;
  message: string;
  reason: string;
}

export const gapReasons = ["slow_client", "rotation", "engine_restart", "line_too_long"] as const;

export interface LogGap {
  container_id: string;
  /** null: not known. */
  lines: number | null;
  bytes: number | null;
  reason: string;
}

export interface ContainerStats {
  container_id: string;
  /** 100 is one core. */
  cpu_percent: number;
  memory_bytes: number;
  /** 0: no limit. */
  memory_limit_bytes: number;
  net_rx_bytes: number;
  net_tx_bytes: number;
  block_read_bytes: number;
  block_write_bytes: number;
  pids: number;
}

export interface StatsUpdate {
  /** Milliseconds since 1970. */
  at: number;
  containers: readonly ContainerStats[];
}

export type MainServerState = "none" | "connecting" | "connected" | "disconnected" | "refused";

export interface NodeState {
  node: string;
  version: string;
  /** null: not said. */
  engine_reachable: boolean | null;
  engine_version: string;
  /** Where the containers' ports answer; empty: where this page came from. */
  engine_host: string;
  main_server: MainServerState | null;
  main_server_url: string;
  counts: Readonly<Record<string, number>>;
}

export interface Heartbeat {
  at: number;
  seq: number;
}

export interface TokenExpiring {
  /** Milliseconds since 1970. */
  at: number;
}

export interface ServerError {
  error: string;
  code: string;
  event: string;
}

// Requests.

export type LogLevel = "error" | "warn" | "info" | "debug";
export type LogSource = "stdout" | "stderr";

export interface LogFilter {
  level?: LogLevel;
  /** RE2. */
  pattern?: string;
  stream?: LogSource;
}

export interface StartLogStream {
  container_id: string;
  tail: number;
  since?: string;
  filter?: LogFilter;
  timestamps: true;
  format: "text";
}

export const containerActions = ["start", "stop", "restart", "delete"] as const;
export type ContainerAction = (typeof containerActions)[number];

export type Topic = "state" | "stats" | "node" | "heartbeat";

export interface Subscribe {
  topics: readonly Topic[];
  containers: "*";
  interval_ms?: number;
  batch_ms?: number;
}

/** What every acknowledgement says: a status, or why not. */
export type Ack = { ok: true; status: string } | { ok: false; error: string; code: string };

/** Server → client: event name → what it carries once checked. */
export interface ServerEvents {
  connection_established: ConnectionEstablished;
  initial_state: readonly Container[];
  container_state_change: Container;
  container_state_changes: readonly Container[];
  log_update: LogUpdate;
  log_stream_stopped: LogStreamStopped;
  log_gap: LogGap;
  stats_update: StatsUpdate;
  node_state: NodeState;
  heartbeat: Heartbeat;
  token_expiring: TokenExpiring;
  error: ServerError;
}
export type ServerEvent = keyof ServerEvents;
