// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import { LineBuffer } from "../src/logs/lines";
import { LogSearch, findRanges } from "../src/logs/search";
import { SearchRunner } from "../src/logs/search_runner";
import { LogStream } from "../src/logs/stream";

const roomy = { lines: 1e9, chars: 1e9 };
function buffer(...lines: string[]): LineBuffer {
  const made = new LineBuffer(roomy);
  for (const line of lines) made.append(line);
  return made;
}
function hits(search: LogSearch): number[] {
  return Array.from({ length: search.count }, (_, n) => search.hit(n) ?? -1);
}
function found(query: string, ...lines: string[]): number[] {
  const search = new LogSearch(query);
  expect(search.scan(buffer(...lines), 1e6)).toBe(true);
  return hits(search);
}

describe("LogSearch", () => {
  it("finds lines once each, letter case aside", () => {
    expect(found("err", "an ERROR and an Error", "fine", "stderr")).toEqual([0, 2]);
    expect(found("x", "", "x", "", "x")).toEqual([1, 3]);
    expect(found("ab", "a", "b", "ab")).toEqual([2]);
  });
  it("does not search timestamps", () => {
    expect(found("2026", "2026-11-21T12:00:00.000000000Z year", "2026-11-21T12:00:00Z in 2026")).toEqual([1]);
    expect(found("0", "2026-11-21T12:00:00.000000000Z", "2026-11-21T12:00:00.000000000Z 0")).toEqual([1]);
  });
  it("searches what is seen of colours, not their codes", () => {
    expect(found("error", "\u001b[31mERR\u001b[1mOR\u001b[0m")).toEqual([0]);
    expect(found("31m", "\u001b[31mred\u001b[0m")).toEqual([]);
  });
  it("copes with letters that grow in lower case", () => {
    expect(found("stop", "İİİİ", "İ STOP", "no")).toEqual([1]);
  });
  it("goes on in slices and as lines come", () => {
    const lines = new LineBuffer(roomy);
    for (let n = 0; n < 50_000; n++) lines.append(n % 1000 === 0 ? `needle ${n}` : `hay ${n}`);
    const search = new LogSearch("needle");
    let slices = 1;
    // A clock that runs out at once: one chunk at a time.
    let time = 0;
    while (!search.scan(lines, 1, () => (time += 10))) slices++;
    expect(slices).toBeGreaterThan(5);
    expect(search.count).toBe(50);
    lines.append("needle at the end");
    expect(search.scan(lines, 1000)).toBe(true);
    expect(search.hit(50)).toBe(50_000);
    expect([search.firstFrom(0), search.firstFrom(1), search.firstFrom(1000), search.firstFrom(60_000)]).toEqual([0, 1, 1, 51]);
  });
  it("forgets what the buffer has dropped", () => {
    const lines = new LineBuffer({ lines: 10_000, chars: 1e9 });
    const search = new LogSearch("n");
    for (let n = 0; n < 40_000; n++) {
      lines.append(`n${n}`);
      if (n % 500 === 0) search.scan(lines, 1000);
    }
    search.scan(lines, 1000);
    expect(search.count).toBe(lines.end - lines.first);
    expect(search.hit(0)).toBe(lines.first);
  });
  it("finds nothing for nothing", () => {
    expect(found("", "a")).toEqual([]);
  });
});

describe("SearchRunner", () => {
  const made = (query: string, lines: number) => {
    const stream = new LogStream("c", { tail: 1, filter: {} });
    for (let n = 0; n < lines; n++) stream.receive(n % 100 === 99 ? `needle ${n}` : `hay ${n}`);
    const frames: (() => void)[] = [];
    const runner = new SearchRunner(query, stream, (callback) => {
      frames.push(callback);
      return () => {};
    });
    runner.start();
    const draw = () => frames.splice(0).forEach((frame) => frame());
    return { stream, runner, draw };
  };
  const wishes = (runner: SearchRunner) => {
    const counts: number[] = [];
    runner.whenFound((search) => counts.push(search.count));
    return counts;
  };
  it("calls when a match is found, or at once where one is", () => {
    const { runner, draw } = made("needle", 200);
    const early = wishes(runner);
    expect(early).toEqual([]);
    draw();
    expect(early).toEqual([2]);
    draw();
    expect([early, wishes(runner)]).toEqual([[2], [2]]);
  });
  it("calls for the last wish only, and for none that was in vain", () => {
    const { stream, runner, draw } = made("needle", 50);
    const first = wishes(runner);
    const second = wishes(runner);
    draw();
    const late = wishes(runner);
    stream.receive("needle");
    draw();
    expect([runner.search.count, first, second, late]).toEqual([1, [], [], []]);
    const other = made("needle", 200);
    const [lost, kept] = [wishes(other.runner), wishes(other.runner)];
    other.draw();
    expect([lost, kept]).toEqual([[], [2]]);
  });
});

describe("findRanges", () => {
  it("gives every place", () => {
    expect(findRanges("aXax", "ax")).toEqual([[0, 2], [2, 4]]);
    expect(findRanges("abc", "")).toEqual([]);
    expect(findRanges("İx", "x")).toEqual([]);
  });
});
