// SPDX-License-Identifier: MIT
// What the list shows of the state: filters, groups, counts, and what may be done. Pure.
import type { Container, ContainerState } from "../wire/types";
import type { Entry } from "./state";

export const filters = ["all", "running", "stopped", "attention"] as const;
export type Filter = (typeof filters)[number];

export const groupings = ["owner", "project", "state", "none"] as const;
export type Grouping = (typeof groupings)[number];

export interface Group {
  key: string;
  title: string;
  kind: "user" | "project" | "state" | "all";
  entries: readonly Entry[];
}

const stopped: ReadonlySet<ContainerState> = new Set(["stopped", "created", "removed"]);
const attention: ReadonlySet<ContainerState> = new Set(["dead", "unknown", "restarting", "paused"]);

export function matchesFilter(state: ContainerState, filter: Filter): boolean {
  switch (filter) {
    case "all": return true;
    case "running": return state === "running" || state === "stopping";
    case "stopped": return stopped.has(state);
    case "attention": return attention.has(state);
  }
}

/** Every word of the query must be somewhere in what the row shows. */
export function matchesSearch({ container: c }: Entry, query: string): boolean {
  const words = query.toLowerCase().split(/\s+/).filter((word) => word !== "");
  const shown = [c.name, c.image, c.username, c.compose_project, c.compose_service, c.ports, c.state, c.container_id]
    .join("\n").toLowerCase();
  return words.every((word) => shown.includes(word));
}

export function countByFilter(entries: Iterable<Entry>): Readonly<Record<Filter, number>> {
  const counts: Record<Filter, number> = { all: 0, running: 0, stopped: 0, attention: 0 };
  for (const { container } of entries) {
    for (const filter of filters) if (matchesFilter(container.state, filter)) counts[filter]++;
  }
  return counts;
}

const standalone = "Standalone Containers";
const compare = new Intl.Collator("en", { numeric: true, sensitivity: "base" }).compare;

function groupOf({ container: c }: Entry, grouping: Grouping): Omit<Group, "entries"> {
  const project = (): Omit<Group, "entries"> => {
    const title = c.compose_project || standalone;
    return title === standalone
      ? { key: "~", title: "Standalone containers", kind: "all" }
      : { key: `p:${title}`, title, kind: "project" };
  };
  switch (grouping) {
    case "owner": return c.username ? { key: `u:${c.username}`, title: c.username, kind: "user" } : project();
    case "project": return project();
    case "state": return { key: `s:${c.state}`, title: c.state, kind: "state" };
    case "none": return { key: "", title: "All containers", kind: "all" };
  }
}

/** Most users have one container: those share one group, or the page would be headings for the most part. */
function joinSingles(groups: readonly (Group & { entries: Entry[] })[]): (Group & { entries: Entry[] })[] {
  const singles = groups.filter((g) => g.kind === "user" && g.entries.length === 1);
  if (singles.length < 2) return [...groups];
  const users = { key: "users", title: "Users", kind: "all" as const, entries: singles.flatMap((g) => g.entries) };
  return [users, ...groups.filter((g) => !singles.includes(g))];
}

/** The users with one container first, then groups by title, the standalone ones last; containers by name. */
export function group(entries: Iterable<Entry>, grouping: Grouping): readonly Group[] {
  const groups = new Map<string, Group & { entries: Entry[] }>();
  for (const entry of entries) {
    const about = groupOf(entry, grouping);
    const there = groups.get(about.key) ?? { ...about, entries: [] };
    there.entries.push(entry);
    groups.set(about.key, there);
  }
  const place = (g: Group) => (g.key === "users" ? 0 : g.key === "~" ? 2 : 1);
  const sorted = joinSingles([...groups.values()]).sort((a, b) => place(a) - place(b) || compare(a.title, b.title));
  for (const { entries: list } of sorted) list.sort((a, b) => compare(a.container.name, b.container.name));
  return sorted;
}

/** The container that a link names: by id or by name. */
export function findContainer(entries: ReadonlyMap<string, Entry>, wanted: string): Entry | undefined {
  return entries.get(wanted) ?? [...entries.values()].find((entry) => entry.container.name === wanted);
}

/** With which containers the server lets this reader do something. */
export type Rights = "none" | "own" | "all";

export function rightsOf(features: ReadonlySet<string>): Rights {
  if (!features.has("actions")) return "none";
  return features.has("foreign_actions") ? "all" : "own";
}

/** The node's own containers are those of a user. */
export function mayAct(rights: Rights, container: Container): boolean {
  return rights === "all" || (rights === "own" && container.username !== undefined);
}
