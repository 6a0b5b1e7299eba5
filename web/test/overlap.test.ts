// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import { Overlap } from "../src/logs/overlap";
import { LogStream, describeGap } from "../src/logs/stream";
import { splitTimestamp, timestampKey } from "../src/logs/timestamp";

const at = (second: number, text: string) => `2026-11-21T12:00:0${second}.000000000Z ${text}`;
const shown = (stream: LogStream) =>
  Array.from({ length: stream.lines.end - stream.lines.first }, (_, n) => {
    const index = stream.lines.first + n;
    return stream.mark(index)?.text ?? stream.lines.line(index);
  });
const newStream = () => new LogStream("c", { tail: 100, filter: {} }, { lines: 1e6, chars: 1e9 });

describe("timestamps", () => {
  it("are split off, whatever their precision and zone", () => {
    expect(splitTimestamp("2026-11-21T12:00:00.5Z hello")).toEqual({ stamp: "2026-11-21T12:00:00.5Z", message: "hello" });
    expect(splitTimestamp("2026-11-21T12:00:00+02:00 ")).toEqual({ stamp: "2026-11-21T12:00:00+02:00", message: "" });
    expect(splitTimestamp("no time")).toEqual({ stamp: "", message: "no time" });
  });
  it("sort as the time does", () => {
    expect(timestampKey("2026-11-21T12:00:00.5Z x")).toBe("2026-11-21T12:00:00.500000000");
    expect(timestampKey("2026-11-21T14:00:00.123456789+02:00 x")).toBe("2026-11-21T12:00:00.123456789");
    expect(timestampKey("x")).toBeNull();
  });
});

describe("Overlap", () => {
  it("drops what was seen and nothing else", () => {
    const overlap = new Overlap([at(2, "c"), at(2, "b"), at(1, "a")]);
    expect(overlap.take([at(2, "b"), at(2, "c")].join("\n"))).toEqual({ fresh: null, over: false });
    expect(overlap.take([at(2, "d"), at(3, "e"), at(2, "b")].join("\n"))).toEqual({ fresh: [at(2, "d"), at(3, "e"), at(2, "b")].join("\n"), over: true });
    expect(overlap.doubles).toBe(2);
  });
  it("counts equal lines of one moment", () => {
    const overlap = new Overlap([at(2, "same"), at(2, "same")]);
    expect(overlap.take([at(2, "same"), at(2, "same"), at(2, "same")].join("\n")).fresh).toBe(at(2, "same"));
  });
  it("keeps a late line between seen ones, drops what is older than all it knows", () => {
    const overlap = new Overlap([at(5, "y"), at(3, "x")]);
    expect(overlap.take([at(1, "old"), at(3, "x"), at(4, "late"), at(5, "y")].join("\n")).fresh).toBe(at(4, "late"));
  });
});

describe("LogStream", () => {
  it("resumes at the last timestamp, without doubles", () => {
    const stream = newStream();
    stream.receive([at(1, "a"), at(2, "b")].join("\n"));
    stream.gap({ container_id: "c", lines: 3, bytes: null, reason: "slow_client" });
    expect(stream.resume()).toBe("2026-11-21T12:00:02.000000000Z");
    stream.receive([at(2, "b"), at(3, "c")].join("\n"));
    stream.receive(at(3, "c"));
    expect(shown(stream)).toEqual([at(1, "a"), at(2, "b"), "3 lines not shown here: this browser could not keep up", at(3, "c"), at(3, "c")]);
  });
  it("marks where it could not resume exactly", () => {
    const stream = newStream();
    stream.receive(at(1, "a"));
    stream.resume();
    stream.receive(at(9, "z"));
    expect(shown(stream)).toEqual([at(1, "a"), "Lines may be missing here: the connection was lost", at(9, "z")]);
  });
  it("does not bring back what the reader cleared", () => {
    const stream = newStream();
    stream.receive(at(1, "a"));
    stream.clear();
    expect(stream.resume()).toBe("2026-11-21T12:00:01.000000000Z");
    stream.receive([at(1, "a"), at(2, "b")].join("\n"));
    expect(shown(stream)).toEqual([at(2, "b")]);
  });
  it("begins anew where lines have no timestamp, or other lines were asked for", () => {
    const stream = newStream();
    stream.receive("no time");
    expect(stream.resume()).toBeNull();
    expect(shown(stream)).toEqual([]);
    stream.receive(at(1, "a"));
    stream.restart({ tail: 5, filter: { level: "error" } });
    expect(stream.resume()).toBeNull();
  });
  it("writes lines and marks into a file", () => {
    const stream = newStream();
    stream.receive("a");
    stream.gap({ container_id: "c", lines: null, bytes: 10, reason: "rotation" });
    stream.receive("b");
    expect(stream.contents().join("")).toBe("a\n--- Lines (10 bytes) not shown here: the log file was rotated ---\nb\n");
  });
  it("describes a gap of a reason that it does not know", () => {
    expect(describeGap({ container_id: "c", lines: 1, bytes: null, reason: "solar_flare" })).toBe("1 line not shown here: solar flare");
  });
  it("tells its listeners until they leave", () => {
    const stream = newStream();
    let calls = 0;
    const leave = stream.listen(() => calls++);
    stream.receive("a");
    leave();
    stream.receive("b");
    expect(calls).toBe(1);
  });
});
