// SPDX-License-Identifier: MIT
// (state, action) → state. Pure; what did not change stays the same object.
import { parseTime } from "../wire/parse";
import type { Container } from "../wire/types";
import { addNotice } from "./notices";
import type { Action, AppState, Entry } from "./state";
import { addStats } from "./stats";

/** When it began to run: as the server says, else as we saw it begin. */
function runningSince(container: Container, before: Entry | undefined, now: number): number | null {
  if (container.state !== "running") return null;
  const said = parseTime(container.started_at);
  if (said !== null) return said;
  return before?.container.state === "running" || before?.container.state === "unknown" ? before.runningSince : now;
}

/** The same of one in a list: what happened before that came was not seen, so it may have begun anew since it was shown last. */
function listedSince(container: Container): number | null {
  return container.state === "running" ? parseTime(container.started_at) : null;
}

function list(state: AppState, containers: readonly Container[]): AppState {
  const entries = new Map<string, Entry>();
  for (const container of containers) {
    if (container.state === "removed") continue;
    entries.set(container.container_id, { container, runningSince: listedSince(container) });
  }
  const stats = new Map([...state.stats].filter(([id]) => entries.has(id)));
  return { ...state, listed: true, containers: entries, stats };
}

function change(state: AppState, containers: readonly Container[], now: number): AppState {
  const entries = new Map(state.containers);
  const stats = new Map(state.stats);
  for (const container of containers) {
    const id = container.container_id;
    if (container.state === "removed") {
      entries.delete(id);
      stats.delete(id);
    } else {
      const before = entries.get(id);
      entries.set(id, { container, runningSince: runningSince(container, before, now) });
    }
  }
  return { ...state, containers: entries, stats };
}

export function reduce(state: AppState, action: Action): AppState {
  switch (action.type) {
    case "connecting":
      return { ...state, link: { phase: "connecting" } };
    case "connected":
      return { ...state, link: { phase: "connected" }, tokenEnds: null };
    case "lost":
      // Nothing is known of engine and main server without a connection; the list stays as it was last seen.
      return { ...state, link: { phase: "lost", reason: action.reason }, node: null, pending: new Map() };
    case "refused":
      return { ...state, link: { phase: "refused", reason: action.reason }, node: null, pending: new Map() };
    case "welcomed":
      return { ...state, features: new Set(action.features) };
    case "listed":
      return list(state, action.containers);
    case "changed":
      return change(state, action.containers, action.now);
    case "measured":
      return { ...state, stats: addStats(state.stats, action.update, state.containers) };
    case "node":
      return { ...state, node: action.node };
    case "heartbeat":
      return { ...state, lastHeartbeat: action.now };
    case "token_expiring":
      return { ...state, tokenEnds: action.at };
    case "action_begun":
      return { ...state, pending: new Map(state.pending).set(action.id, action.action) };
    case "action_ended": {
      const pending = new Map(state.pending);
      pending.delete(action.id);
      return { ...state, pending };
    }
    case "noticed":
      return addNotice(state, action.kind, action.text);
    case "notice_gone":
      return { ...state, notices: state.notices.filter((notice) => notice.id !== action.id) };
  }
}
