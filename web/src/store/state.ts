// SPDX-License-Identifier: MIT
// Everything that the page knows besides log lines, and every way in which it changes.
import type { Container, ContainerAction, ContainerStats, NodeState, StatsUpdate } from "../wire/types";

export type Link =
  | { phase: "connecting" }
  | { phase: "connected" }
  /** It will try again by itself. */
  | { phase: "lost"; reason: string }
  /** The server said no: a token is needed. */
  | { phase: "refused"; reason: string };

export interface Entry {
  container: Container;
  /** Milliseconds since 1970; null: not known. */
  runningSince: number | null;
}

export interface Rates {
  rx: number;
  tx: number;
}

export interface StatsSeries {
  at: number;
  last: ContainerStats;
  /** Oldest first, at most seriesLength of each. */
  cpu: readonly number[];
  memory: readonly number[];
  /** Bytes per second. */
  rates: Rates;
}

export interface Notice {
  id: number;
  kind: "error" | "warning" | "info";
  text: string;
  /** How often the same was said. */
  count: number;
}

export interface AppState {
  link: Link;
  features: ReadonlySet<string>;
  node: NodeState | null;
  /** False until the first whole list came. */
  listed: boolean;
  containers: ReadonlyMap<string, Entry>;
  stats: ReadonlyMap<string, StatsSeries>;
  /** Container → the action that it is doing for us. */
  pending: ReadonlyMap<string, ContainerAction>;
  notices: readonly Notice[];
  nextNotice: number;
  /** When the token ends; null: not soon. */
  tokenEnds: number | null;
  lastHeartbeat: number | null;
}

export type Action =
  | { type: "connecting" }
  | { type: "connected" }
  | { type: "lost"; reason: string }
  | { type: "refused"; reason: string }
  | { type: "welcomed"; features: readonly string[] }
  | { type: "listed"; containers: readonly Container[] }
  | { type: "changed"; containers: readonly Container[]; now: number }
  | { type: "measured"; update: StatsUpdate }
  | { type: "node"; node: NodeState }
  | { type: "heartbeat"; now: number }
  | { type: "token_expiring"; at: number }
  | { type: "action_begun"; id: string; action: ContainerAction }
  | { type: "action_ended"; id: string }
  | { type: "noticed"; kind: Notice["kind"]; text: string }
  | { type: "notice_gone"; id: number };

export const initialState: AppState = {
  link: { phase: "connecting" },
  features: new Set(),
  node: null,
  listed: false,
  containers: new Map(),
  stats: new Map(),
  pending: new Map(),
  notices: [],
  nextNotice: 1,
  tokenEnds: null,
  lastHeartbeat: null,
};
