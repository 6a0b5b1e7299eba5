// SPDX-License-Identifier: MIT
// Finds the lines that contain a text, letter case aside. It works in slices, so that a million lines never hold the
// page up, and goes on where it was as new lines come. Timestamps and colour codes are not searched.
import { stripAnsi } from "./ansi";
import type { Chunk, LineBuffer } from "./lines";
import { messageStart } from "./timestamp";

/** Longest timestamp with its space: a hit before it may lie in it. */
const stampChars = 36;

export class LogSearch {
  private readonly needle: string;
  private next = 0;
  private hits: number[] = [];
  private skipped = 0;

  constructor(query: string) {
    this.needle = query.toLowerCase();
  }

  /** How many lines match. */
  get count(): number {
    return this.hits.length - this.skipped;
  }

  /** The number of the nth matching line. */
  hit(n: number): number | undefined {
    return this.hits[this.skipped + n];
  }

  /** The first matching line at or after that number, as n; count if there is none. */
  firstFrom(index: number): number {
    let low = this.skipped;
    let high = this.hits.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.hits[middle] ?? 0) < index) low = middle + 1;
      else high = middle;
    }
    return low - this.skipped;
  }

  /** How far it has got, as a line number. */
  get searched(): number {
    return this.next;
  }

  /** Searches on until all lines are done or budget (milliseconds) is used up; true when all are done. */
  scan(lines: LineBuffer, budget: number, now: () => number = () => performance.now()): boolean {
    const until = now() + budget;
    this.forgetBefore(lines.first);
    while (this.next < lines.end) {
      const chunk = lines.chunkOf(this.next);
      if (!chunk) break;
      this.scanChunk(chunk);
      if (now() >= until) break;
    }
    return this.next >= lines.end;
  }

  private scanChunk(chunk: Chunk): void {
    const end = chunk.first + chunk.starts.length;
    const from = this.next - chunk.first;
    this.next = end;
    if (this.needle === "") return;
    const base = chunk.starts[from] ?? 0;
    const part = base === 0 ? chunk.text : chunk.text.slice(base);
    const lower = part.toLowerCase();
    // Lower case may be longer than upper (İ): then positions would not fit. Colour codes hide and feign hits.
    if (lower.length !== part.length || part.includes("\x1b")) {
      this.scanLines(chunk, from);
      return;
    }
    let line = from;
    for (let at = lower.indexOf(this.needle); at >= 0; ) {
      while ((chunk.starts[line + 1] ?? Infinity) <= base + at) line++;
      const start = (chunk.starts[line] ?? 0) - base;
      const next = (chunk.starts[line + 1] ?? Infinity) - base;
      const body = at - start < stampChars ? start + messageStart(part.slice(start, Math.min(start + stampChars, next - 1))) : start;
      if (at >= body) {
        this.hits.push(chunk.first + line);
        if (next === Infinity) return;
        at = lower.indexOf(this.needle, next);
      } else {
        at = lower.indexOf(this.needle, body);
      }
    }
  }

  private scanLines(chunk: Chunk, from: number): void {
    for (let line = from; line < chunk.starts.length; line++) {
      const next = chunk.starts[line + 1];
      const raw = chunk.text.slice(chunk.starts[line], next === undefined ? undefined : next - 1);
      const message = stripAnsi(raw.slice(messageStart(raw)));
      if (message.toLowerCase().includes(this.needle)) this.hits.push(chunk.first + line);
    }
  }

  private forgetBefore(first: number): void {
    this.next = Math.max(this.next, first);
    while (this.skipped < this.hits.length && (this.hits[this.skipped] ?? 0) < first) this.skipped++;
    if (this.skipped > 10_000 && this.skipped > this.hits.length / 2) {
      this.hits = this.hits.slice(this.skipped);
      this.skipped = 0;
    }
  }
}

/** Where the query is found in a text, as [start, end) pairs; letter case aside. */
export function findRanges(text: string, query: string): readonly (readonly [number, number])[] {
  const needle = query.toLowerCase();
  const lower = text.toLowerCase();
  if (needle === "" || lower.length !== text.length) return [];
  const ranges: [number, number][] = [];
  for (let at = lower.indexOf(needle); at >= 0 && ranges.length < 1000; at = lower.indexOf(needle, at + needle.length)) {
    ranges.push([at, at + needle.length]);
  }
  return ranges;
}
