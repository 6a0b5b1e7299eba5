// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import { bytes, duration, percent } from "../src/store/format";
import { portLinks } from "../src/store/ports";
import { reduce } from "../src/store/reduce";
import { countByFilter, findContainer, group, matchesSearch, mayAct, rightsOf } from "../src/store/select";
import { initialState } from "../src/store/state";
import type { Action, AppState } from "../src/store/state";
import { seriesLength } from "../src/store/stats";
import { createStore } from "../src/store/store";
import { menuItems, menuNote } from "../src/ui/container_actions";
import type { Container, ContainerStats } from "../src/wire/types";

const container = (id: string, more: Partial<Container> = {}): Container => ({
  container_id: id, name: id, image: "image", status: "running", state: "running", ports: "", compose_project: "Standalone Containers",
  compose_service: "", created: "2026-11-21T12:00:00Z", ...more,
});
const sample = (id: string, more: Partial<ContainerStats> = {}): ContainerStats => ({
  container_id: id, cpu_percent: 1, memory_bytes: 1, memory_limit_bytes: 0, net_rx_bytes: 0, net_tx_bytes: 0, block_read_bytes: 0,
  block_write_bytes: 0, pids: 1, ...more,
});
const run = (...actions: Action[]): AppState => actions.reduce(reduce, initialState);
const list = (...containers: Container[]): Action => ({ type: "listed", containers });
const change = (c: Container, now = 2000): Action => ({ type: "changed", containers: [c], now });

describe("the list", () => {
  it("is replaced whole", () => {
    const state = run(list(container("a", { state: "stopped" }), container("b")), change(container("a")), list(container("a")));
    expect([...state.containers.keys()]).toEqual(["a"]);
    expect(state.listed).toBe(true);
  });
  it("keeps no start that may be an earlier one's", () => {
    const seen = run(list(container("a", { state: "stopped" })), change(container("a"), 7));
    expect(seen.containers.get("a")?.runningSince).toBe(7);
    const back = [{ type: "lost", reason: "x" }, { type: "connected" }, list(container("a"))] satisfies Action[];
    expect(back.reduce<AppState>(reduce, seen).containers.get("a")?.runningSince).toBeNull();
    const anew = list(container("a", { started_at: "2026-11-21T13:00:00Z" }));
    expect(reduce(seen, anew).containers.get("a")?.runningSince).toBe(Date.UTC(2026, 10, 21, 13));
  });
  it("takes changes, additions and removals, single or many", () => {
    const state = run(list(container("a")), { type: "changed", containers: [container("b"), container("a", { state: "removed" })], now: 5 });
    expect([...state.containers.keys()]).toEqual(["b"]);
    expect(run(change(container("x", { state: "removed" }))).containers.size).toBe(0);
  });
  it("knows since when a container runs: as said, as seen, or not", () => {
    expect(run(list(container("a", { started_at: "2026-11-21T13:00:00Z" }))).containers.get("a")?.runningSince).toBe(Date.UTC(2026, 10, 21, 13));
    expect(run(list(container("a"))).containers.get("a")?.runningSince).toBeNull();
    const outage = run(list(container("a", { state: "stopped" })), change(container("a"), 7), change(container("a", { state: "unknown" }), 8));
    expect(outage.containers.get("a")?.runningSince).toBeNull();
    expect(reduce(outage, change(container("a"), 9)).containers.get("a")?.runningSince).toBeNull();
    expect(run(change(container("a"), 7), change(container("a"), 9)).containers.get("a")?.runningSince).toBe(7);
  });
  it("stays when the connection is lost or refused; what depends on it goes", () => {
    for (const type of ["lost", "refused"] as const) {
      const state = run(list(container("a")), { type: "action_begun", id: "a", action: "stop" }, { type, reason: "x" });
      expect(state.containers.size).toBe(1);
      expect(state.link).toEqual({ phase: type, reason: "x" });
      expect([state.node, state.pending.size]).toEqual([null, 0]);
    }
  });
});

describe("stats", () => {
  const measured = (at: number, ...containers: ContainerStats[]): Action => ({ type: "measured", update: { at, containers } });
  it("keep so many samples, of known containers", () => {
    let state = run(list(container("a")));
    for (let n = 0; n < 100; n++) state = reduce(state, measured(n, sample("a", { cpu_percent: n }), sample("stranger")));
    expect(state.stats.get("a")?.cpu).toEqual(Array.from({ length: seriesLength }, (_, i) => 100 - seriesLength + i));
    expect(state.stats.has("stranger")).toBe(false);
    expect(reduce(state, change(container("a", { state: "removed" }))).stats.size).toBe(0);
  });
  it("make rates of counters, which may begin anew", () => {
    const base = run(list(container("a")), measured(0, sample("a", { net_rx_bytes: 100 })));
    expect(reduce(base, measured(2000, sample("a", { net_rx_bytes: 2100 }))).stats.get("a")?.rates.rx).toBe(1000);
    expect(reduce(base, measured(2000, sample("a", { net_rx_bytes: 5 }))).stats.get("a")?.rates.rx).toBe(0);
    expect(reduce(base, measured(0, sample("a", { net_rx_bytes: 2100 }))).stats.get("a")?.rates.rx).toBe(0);
  });
});

describe("notices", () => {
  const say = (text: string): Action => ({ type: "noticed", kind: "error", text });
  it("count what is said again, are few, and go", () => {
    const state = run(say("x"), say("x"), say("y"));
    expect(state.notices.map((n) => [n.text, n.count])).toEqual([["x", 2], ["y", 1]]);
    expect(run(...["a", "b", "c", "d", "e"].map(say)).notices).toHaveLength(4);
    expect(reduce(state, { type: "notice_gone", id: state.notices[0]?.id ?? 0 }).notices).toHaveLength(1);
  });
});

it("the store tells of changes only", () => {
  const store = createStore();
  let calls = 0;
  const leave = store.subscribe(() => calls++);
  store.dispatch({ type: "connected" });
  leave();
  store.dispatch({ type: "connecting" });
  expect(calls).toBe(1);
});

describe("selection", () => {
  const entries = [
    container("u1", { username: "ada" }), container("u2", { username: "grace" }), container("u3", { username: "linus" }),
    container("u4", { username: "linus", state: "stopped" }), container("p2", { compose_project: "shop", name: "shop-web-10" }),
    container("p1", { compose_project: "shop", name: "shop-web-9" }), container("s", { state: "dead" }),
  ].map((c) => ({ container: c, runningSince: null }));
  it("groups by user or project, single users together, standalone ones last", () => {
    expect(group(entries, "owner").map((g) => [g.title, g.entries.map((e) => e.container.container_id).join()])).toEqual([
      ["Users", "u1,u2"], ["linus", "u3,u4"], ["shop", "p1,p2"], ["Standalone containers", "s"],
    ]);
    expect(group(entries, "state").map((g) => g.title)).toEqual(["dead", "running", "stopped"]);
    expect(group(entries, "none")).toHaveLength(1);
  });
  it("finds by every word, anywhere", () => {
    const [ada] = entries;
    if (!ada) throw new Error();
    expect([matchesSearch(ada, "ADA run"), matchesSearch(ada, "ada stopped"), matchesSearch(ada, "  ")]).toEqual([true, false, true]);
  });
  it("counts by filter and finds by name", () => {
    expect(countByFilter(entries)).toEqual({ all: 7, running: 5, stopped: 1, attention: 1 });
    const map = new Map(entries.map((e) => [e.container.container_id, e]));
    expect(findContainer(map, "shop-web-9")?.container.container_id).toBe("p1");
    expect(findContainer(map, "nobody")).toBeUndefined();
  });
});

describe("actions", () => {
  const offered = (features: string[], c: Container) => mayAct(rightsOf(new Set(features)), c);
  const own = container("a", { username: "ada" });
  const foreign = container("b");
  it("are offered as the node will do them: to operators, on its own containers, on others where it says so", () => {
    expect([offered([], own), offered([], foreign)]).toEqual([false, false]);
    expect([offered(["actions"], own), offered(["actions"], foreign)]).toEqual([true, false]);
    expect([offered(["actions", "foreign_actions"], own), offered(["actions", "foreign_actions"], foreign)]).toEqual([true, true]);
    expect([offered(["foreign_actions"], own), offered(["foreign_actions"], foreign)]).toEqual([false, false]);
  });
  it("say why there are none on a container, only to whom others are offered", () => {
    expect(menuNote(foreign, "own")).toMatch(/view only/);
    expect([menuNote(own, "own"), menuNote(foreign, "all"), menuNote(foreign, "none")]).toEqual([undefined, undefined, undefined]);
  });
  it("make the menu", () => {
    const labels = (c: Container, rights: "none" | "own" | "all") =>
      menuItems({ container: c, rights, busy: false, onOpen: () => {}, onAct: () => {} }).map(({ label }) => label);
    const all = ["Open log", "Start", "Stop…", "Restart…", "Delete…", "Copy id"];
    expect([labels(own, "own"), labels(foreign, "own"), labels(foreign, "all"), labels(own, "none")]).toEqual([
      all, ["Open log", "Copy id"], all, ["Open log", "Copy id"],
    ]);
  });
});

describe("portLinks", () => {
  it("opens what a browser can open", () => {
    const links = portLinks(container("a", {
      ports: "1027->22/tcp, 0.0.0.0:1028->80/tcp, [::]:1028->80/tcp, 1029->443/tcp, 127.0.0.1:9000->9000/tcp, 53->53/udp, nonsense, 99999->1/tcp",
      port_map: { ssh: 1027, http: 1028, https: 1029 },
    }), "node.example");
    expect(links.map((l) => l.href)).toEqual([
      "ssh://node.example:1027", "http://node.example:1028", "https://node.example:1029", "http://127.0.0.1:9000", null,
    ]);
  });
  it("leads to another machine where the engine is there", () => {
    const hrefs = (host: string) => portLinks(container("a", { ports: "8080->80/tcp" }), host).map((l) => l.href);
    expect([hrefs("engine.example"), hrefs("2001:db8::1"), hrefs("[::1]")]).toEqual([
      ["http://engine.example:8080"], ["http://[2001:db8::1]:8080"], ["http://[::1]:8080"],
    ]);
  });
  it("makes no link of anything else", () => {
    expect(portLinks(container("a", { ports: "javascript:alert(1)->80/tcp" }), "h")).toEqual([]);
  });
});

it("writes numbers as people read them", () => {
  expect([bytes(0), bytes(999), bytes(1000), bytes(157286400), bytes(1.5 * 1024 ** 3)]).toEqual(["0 B", "999 B", "1.0 KiB", "150 MiB", "1.5 GiB"]);
  expect([duration(-5), duration(42_000), duration(61_000), duration(3_600_000), duration(90_061_000)]).toEqual(["0 s", "42 s", "1 min", "1 h", "1 d 1 h"]);
  expect([percent(0.04), percent(12.34), percent(123.4)]).toEqual(["0.0 %", "12.3 %", "123 %"]);
});
