// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import { LineBuffer } from "../src/logs/lines";

const roomy = { lines: 1e9, chars: 1e9 };

describe("LineBuffer", () => {
  it("gives each line back by its number, however the lines came", () => {
    const buffer = new LineBuffer(roomy);
    const lines = Array.from({ length: 20_000 }, (_, n) => (n % 7 === 0 ? "" : `line ${n} ${"é".repeat(n % 40)}`));
    for (let at = 0, size = 1; at < lines.length; at += size, size = (size * 3) % 997 + 1) buffer.append(lines.slice(at, at + size).join("\n"));
    expect(buffer.first).toBe(0);
    expect(buffer.end).toBe(lines.length);
    expect(lines.every((line, n) => buffer.line(n) === line)).toBe(true);
    expect(buffer.longest).toBe(Math.max(...lines.map((line) => line.length)));
    expect(buffer.held().length).toBeGreaterThan(3);
  });

  it("is empty where there is nothing", () => {
    const buffer = new LineBuffer(roomy);
    expect([buffer.first, buffer.end, buffer.line(0), buffer.line(-1)]).toEqual([0, 0, "", ""]);
    buffer.append("");
    expect(buffer.end).toBe(1);
    expect(buffer.line(1)).toBe("");
  });

  it("drops the oldest when there are too many lines, and keeps the numbers", () => {
    const buffer = new LineBuffer({ lines: 10_000, chars: 1e9 });
    for (let n = 0; n < 30_000; n++) buffer.append(`n${n}`);
    expect(buffer.end).toBe(30_000);
    expect(buffer.end - buffer.first).toBeLessThanOrEqual(10_000);
    expect(buffer.end - buffer.first).toBeGreaterThan(5_000);
    expect(buffer.line(buffer.first)).toBe(`n${buffer.first}`);
    expect(buffer.line(buffer.first - 1)).toBe("");
  });

  it("drops the oldest when there is too much text, but never the newest", () => {
    const buffer = new LineBuffer({ lines: 1e9, chars: 1_000_000 });
    for (let n = 0; n < 20; n++) buffer.append("x".repeat(600_000));
    expect(buffer.end).toBe(20);
    expect(buffer.first).toBe(19);
    expect(buffer.line(19).length).toBe(600_000);
  });

  it("counts on after it was cleared", () => {
    const buffer = new LineBuffer(roomy);
    buffer.append("a\nb");
    buffer.clear();
    expect([buffer.first, buffer.end]).toEqual([2, 2]);
    buffer.append("c");
    expect(buffer.line(2)).toBe("c");
  });

  it("takes a million lines in well under two seconds", () => {
    const buffer = new LineBuffer();
    const batch = Array.from({ length: 1000 }, (_, n) => `2026-11-21T12:00:00.000000000Z line ${n} of a usual length`).join("\n");
    const begin = performance.now();
    for (let n = 0; n < 1000; n++) buffer.append(batch);
    expect(buffer.end).toBe(1_000_000);
    expect(performance.now() - begin).toBeLessThan(2000);
  });
});
