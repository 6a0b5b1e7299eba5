// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import { parseAck, parseContainer, parseTime, parsers } from "../src/wire/parse";

const whole = {
  container_id: "a".repeat(64), name: "web", image: "nginx", status: "running", state: "running", ports: "8080->80/tcp",
  compose_project: "shop", compose_service: "web", created: "2026-11-21T12:00:00.000000+00:00", username: "ada",
  port_map: { ssh: 1, http: 2, https: 3 },
};

describe("parseContainer", () => {
  it("takes what the protocol says", () => {
    expect(parseContainer(whole)).toEqual(whole);
  });
  it("leaves out what nobody asked for, and bad parts that may be missing", () => {
    expect(parseContainer({ ...whole, __proto__: { x: 1 }, extra: 1, username: 5, image: null, port_map: { ssh: "22", http: 70000, https: 3 } }))
      .toEqual({ ...whole, username: undefined, image: "", port_map: { https: 3 } });
    expect(parseContainer({ container_id: "abcdef0123456789", state: "removed" })?.name).toBe("abcdef012345");
  });
  it.each([null, 1, "x", [], {}, { container_id: "" }, { container_id: 5 }, { ...whole, state: "exploded" }, { ...whole, state: undefined }])(
    "refuses %j", (value) => expect(parseContainer(value)).toBeNull());
});

describe("every event", () => {
  it.each(Object.keys(parsers) as (keyof typeof parsers)[])("%s refuses what is no object", (event) => {
    for (const value of [undefined, null, 1, "x", true, [], ["x"]]) expect(parsers[event](value)).toBeNull();
  });
  it("keeps the containers that make sense", () => {
    expect(parsers.initial_state({ containers: [whole, null, 5, { name: "x" }] })).toHaveLength(1);
    expect(parsers.initial_state({ containers: "no" })).toBeNull();
    expect(parsers.container_state_changes({ containers: [] })).toEqual([]);
  });
  it("knows log lines, gaps and ends", () => {
    expect(parsers.log_update({ container_id: "c", log: "a\nb" })).toEqual({ container_id: "c", log: "a\nb" });
    expect(parsers.log_update({ container_id: "c", log: 5 })).toBeNull();
    expect(parsers.log_gap({ container_id: "c", lines: null, bytes: -5, reason: "rotation" }))
      .toEqual({ container_id: "c", lines: null, bytes: null, reason: "rotation" });
    expect(parsers.log_stream_stopped({ container_id: "c" })).toEqual({ container_id: "c", message: "", reason: "" });
  });
  it("makes numbers of stats, never NaN", () => {
    const update = parsers.stats_update({ at: "2026-11-21T12:00:00Z", containers: [{ container_id: "c", cpu_percent: "x", pids: NaN }, 5] });
    expect(update?.containers).toHaveLength(1);
    expect(update?.containers[0]).toMatchObject({ cpu_percent: 0, pids: 0, memory_limit_bytes: 0 });
    expect(parsers.stats_update({ containers: [] })).toBeNull();
  });
  it.each([
    [{ engine: { reachable: true }, main_server: { state: "connected" }, version: "1" }, true, "connected"],
    [{ engine: false, main_server: "none" }, false, "none"],
    [{ engine_reachable: true, main_server: { connected: false } }, true, "disconnected"],
    [{ engine: "yes", main_server: 5 }, null, null],
    [{}, null, null],
  ])("node_state %j", (value, engine, server) => {
    expect(parsers.node_state(value)).toMatchObject({ engine_reachable: engine, main_server: server });
  });
  it.each([
    ["10.0.0.5", "10.0.0.5"], ["engine-1.example", "engine-1.example"], ["fd00::5", "fd00::5"],
    [undefined, ""], [5, ""], ["", ""], ["a/b", ""], ["x@y", ""], ["a b", ""], ["a:80", ""],
  ])("the engine's machine %j", (host, told) => {
    expect(parsers.node_state({ engine: { reachable: true, host } })?.engine_host).toBe(told);
  });
});

it("reads times of every kind", () => {
  expect(parseTime(1_800_000_000)).toBe(1_800_000_000_000);
  expect(parseTime(1_800_000_000_000)).toBe(1_800_000_000_000);
  expect(parseTime("2026-11-21T12:00:00.123456+00:00")).toBe(Date.UTC(2026, 10, 21, 12, 0, 0, 123));
  expect([parseTime("soon"), parseTime(null), parseTime(-1), parseTime(NaN)]).toEqual([null, null, null, null]);
});

it("takes an acknowledgement for what it is", () => {
  expect(parseAck({ status: "ok" })).toEqual({ ok: true, status: "ok" });
  expect(parseAck({ error: "no", code: "not_found" })).toEqual({ ok: false, error: "no", code: "not_found" });
  expect(parseAck(undefined)).toMatchObject({ ok: false });
});
