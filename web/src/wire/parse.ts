// SPDX-License-Identifier: MIT
// The border: what the server sends is unknown until it was checked here. A message of the wrong shape is null,
// members that nobody asked for are left out, and no text is ever taken for anything but text.
import { containerStates } from "./types";
import type {
  Ack, ConnectionEstablished, Container, ContainerState, ContainerStats, Heartbeat, LogGap, LogStreamStopped, LogUpdate,
  MainServerState, NodeState, PortMap, ServerError, ServerEvent, ServerEvents, StatsUpdate, TokenExpiring,
} from "./types";

type Fields = Readonly<Record<string, unknown>>;

function fields(value: unknown): Fields | null {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : null;
}

const text = (value: unknown): string => (typeof value === "string" ? value : "");
const amount = (value: unknown): number =>
  typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : 0;
const amountOrNull = (value: unknown): number | null =>
  typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : null;

/** Milliseconds since 1970 out of a number (of seconds or milliseconds) or ISO 8601; null otherwise. */
export function parseTime(value: unknown): number | null {
  // No clock has shown less than 1e11 ms (1973): such a number counts seconds.
  if (typeof value === "number" && Number.isFinite(value) && value >= 0) return value < 1e11 ? value * 1000 : value;
  if (typeof value !== "string") return null;
  const time = Date.parse(value);
  return Number.isNaN(time) ? null : time;
}

function portMap(value: unknown): PortMap | null {
  const given = fields(value);
  if (!given) return null;
  const map: PortMap = {};
  for (const key of ["ssh", "http", "https"] as const) {
    const port = given[key];
    if (typeof port === "number" && Number.isInteger(port) && port > 0 && port < 65536) map[key] = port;
  }
  return map;
}

export function parseContainer(value: unknown): Container | null {
  const given = fields(value);
  if (!given || typeof given["container_id"] !== "string" || given["container_id"] === "") return null;
  const state = containerStates.find((known) => known === given["state"]);
  if (!state) return null;
  const container: Container = {
    container_id: given["container_id"],
    name: text(given["name"]) || given["container_id"].slice(0, 12),
    image: text(given["image"]),
    status: text(given["status"]),
    state: state satisfies ContainerState,
    ports: text(given["ports"]),
    compose_project: text(given["compose_project"]),
    compose_service: text(given["compose_service"]),
    created: text(given["created"]),
  };
  if (text(given["started_at"])) container.started_at = text(given["started_at"]);
  if (text(given["username"])) container.username = text(given["username"]);
  const ports = portMap(given["port_map"]);
  if (ports) container.port_map = ports;
  return container;
}

/** Containers that make no sense are left out rather than the whole list. */
function parseContainers(value: unknown): readonly Container[] | null {
  const list = fields(value)?.["containers"];
  return Array.isArray(list) ? list.map(parseContainer).filter((c) => c !== null) : null;
}

function parseEstablished(value: unknown): ConnectionEstablished | null {
  const given = fields(value);
  if (!given) return null;
  const features = Array.isArray(given["features"]) ? given["features"].filter((f) => typeof f === "string") : [];
  return { message: text(given["message"]), requestId: text(given["requestId"]), features };
}

function parseLogUpdate(value: unknown): LogUpdate | null {
  const given = fields(value);
  if (!given || typeof given["container_id"] !== "string" || typeof given["log"] !== "string") return null;
  return { container_id: given["container_id"], log: given["log"] };
}

function parseStopped(value: unknown): LogStreamStopped | null {
  const given = fields(value);
  if (!given || typeof given["container_id"] !== "string") return null;
  return { container_id: given["container_id"], message: text(given["message"]), reason: text(given["reason"]) };
}

function parseGap(value: unknown): LogGap | null {
  const given = fields(value);
  if (!given || typeof given["container_id"] !== "string") return null;
  return {
    container_id: given["container_id"],
    lines: amountOrNull(given["lines"]),
    bytes: amountOrNull(given["bytes"]),
    reason: text(given["reason"]),
  };
}

function parseContainerStats(value: unknown): ContainerStats | null {
  const given = fields(value);
  if (!given || typeof given["container_id"] !== "string") return null;
  return {
    container_id: given["container_id"],
    cpu_percent: amount(given["cpu_percent"]),
    memory_bytes: amount(given["memory_bytes"]),
    memory_limit_bytes: amount(given["memory_limit_bytes"]),
    net_rx_bytes: amount(given["net_rx_bytes"]),
    net_tx_bytes: amount(given["net_tx_bytes"]),
    block_read_bytes: amount(given["block_read_bytes"]),
    block_write_bytes: amount(given["block_write_bytes"]),
    pids: amount(given["pids"]),
  };
}

function parseStats(value: unknown): StatsUpdate | null {
  const given = fields(value);
  const at = parseTime(given?.["at"]);
  if (!given || at === null || !Array.isArray(given["containers"])) return null;
  return { at, containers: given["containers"].map(parseContainerStats).filter((s) => s !== null) };
}

const mainServerStates: readonly MainServerState[] = ["none", "connecting", "connected", "disconnected", "refused"];

const hostPattern = /^(?:[\w.-]+|(?=.*:.*:)[0-9a-f:.]+)$/i;

function parseHost(value: unknown): string {
  const host = text(value);
  return hostPattern.test(host) ? host : "";
}

/** The two links may be given as objects or plainly: {engine:{reachable}} or {engine:true}, {main_server:{state}} or a word. */
function parseNodeState(value: unknown): NodeState | null {
  const given = fields(value);
  if (!given) return null;
  const engine = fields(given["engine"]);
  const reachable = engine?.["reachable"] ?? given["engine_reachable"] ?? given["engine"];
  const server = fields(given["main_server"]);
  const word = server?.["state"] ?? server?.["connected"] ?? given["main_server"];
  const state = typeof word === "boolean" ? (word ? "connected" : "disconnected") : mainServerStates.find((s) => s === word);
  const counts: Record<string, number> = {};
  for (const [name, count] of Object.entries(fields(given["counts"]) ?? {})) {
    if (typeof count === "number" && Number.isFinite(count)) counts[name] = count;
  }
  return {
    node: text(given["name"]) || text(given["node"]),
    version: text(given["version"]),
    engine_reachable: typeof reachable === "boolean" ? reachable : null,
    engine_version: text(engine?.["version"]),
    engine_host: parseHost(engine?.["host"]),
    main_server: state ?? null,
    main_server_url: text(server?.["url"]),
    counts,
  };
}

function parseHeartbeat(value: unknown): Heartbeat | null {
  const given = fields(value);
  if (!given || typeof given["seq"] !== "number") return null;
  return { at: parseTime(given["at"]) ?? 0, seq: given["seq"] };
}

function parseTokenExpiring(value: unknown): TokenExpiring | null {
  const at = parseTime(fields(value)?.["at"]);
  return at === null ? null : { at };
}

function parseError(value: unknown): ServerError | null {
  const given = fields(value);
  if (!given || typeof given["error"] !== "string") return null;
  return { error: given["error"], code: text(given["code"]), event: text(given["event"]) };
}

export function parseAck(value: unknown): Ack {
  const given = fields(value);
  if (given && typeof given["status"] === "string") return { ok: true, status: given["status"] };
  return { ok: false, error: text(given?.["error"]) || "The answer makes no sense.", code: text(given?.["code"]) };
}

/** Event name → its check. What the page listens to is exactly the keys of this table. */
export const parsers: { readonly [E in ServerEvent]: (value: unknown) => ServerEvents[E] | null } = {
  connection_established: parseEstablished,
  initial_state: parseContainers,
  container_state_change: parseContainer,
  container_state_changes: parseContainers,
  log_update: parseLogUpdate,
  log_stream_stopped: parseStopped,
  log_gap: parseGap,
  stats_update: parseStats,
  node_state: parseNodeState,
  heartbeat: parseHeartbeat,
  token_expiring: parseTokenExpiring,
  error: parseError,
};
