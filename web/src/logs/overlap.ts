// SPDX-License-Identifier: MIT
// A resumed stream begins again at the last line that was seen, so what lies there comes twice. This drops it: a line is
// a double if it is no later than the last one and we have it, counted, because a program may well print the same line
// twice in one nanosecond.
import { timestampKey } from "./timestamp";

export class Overlap {
  /** Lines that may come again, with how often. */
  private readonly known = new Map<string, number>();
  private readonly last: string;
  private readonly oldest: string;
  private dropped = 0;

  /** recent: what was received last, newest first; the first with a timestamp is where the stream resumes. */
  constructor(recent: Iterable<string>) {
    let last = "";
    let oldest = "";
    for (const line of recent) {
      this.known.set(line, (this.known.get(line) ?? 0) + 1);
      const key = timestampKey(line);
      if (key === null) continue;
      if (last === "") last = key;
      oldest = key;
    }
    this.last = last;
    this.oldest = oldest;
  }

  /** How many doubles it has dropped. */
  get doubles(): number {
    return this.dropped;
  }

  /**
   * Takes lines as they arrive (newline-separated). Returns those that are new, or null if none is, and whether the
   * overlap is over: from the first later line on nothing more can be double.
   */
  take(text: string): { fresh: string | null; over: boolean } {
    const fresh: string[] = [];
    const lines = text.split("\n");
    for (const [at, line] of lines.entries()) {
      const key = timestampKey(line);
      if (key !== null && key > this.last) {
        fresh.push(...lines.slice(at));
        return { fresh: fresh.join("\n"), over: true };
      }
      if (this.isDouble(line, key)) this.dropped++;
      else fresh.push(line);
    }
    return { fresh: fresh.length > 0 ? fresh.join("\n") : null, over: false };
  }

  private isDouble(line: string, key: string | null): boolean {
    const count = this.known.get(line) ?? 0;
    if (count > 0) {
      this.known.set(line, count - 1);
      return true;
    }
    // Older than all that we kept to compare with: it was received long ago.
    return key !== null && key < this.oldest;
  }
}
