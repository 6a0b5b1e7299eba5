// SPDX-License-Identifier: MIT
// A million lines and more in little memory: text in chunks of some thousand lines, beside it only where each line
// begins. Lines are numbered from 0 for ever; the oldest go, a chunk at a time, when there are too many.
import { capacity } from "./capacity";
import type { Limits } from "./capacity";

const chunkLines = 4096;
const chunkChars = 512 * 1024;

export interface Chunk {
  /** The number of its first line. */
  readonly first: number;
  /** All its lines, newline-separated. */
  text: string;
  /** Where each line begins in text. */
  readonly starts: number[];
}

export class LineBuffer {
  private chunks: Chunk[] = [];
  private chars = 0;
  private nextLine = 0;
  private longestLine = 0;

  constructor(private readonly limits: Limits = capacity) {}

  /** The number of the oldest line that is still there. */
  get first(): number {
    return this.chunks[0]?.first ?? this.nextLine;
  }

  /** One past the number of the newest line. */
  get end(): number {
    return this.nextLine;
  }

  /** The length of the longest line ever seen. */
  get longest(): number {
    return this.longestLine;
  }

  /** Adds whole lines, newline-separated; the empty text is one empty line. */
  append(text: string): void {
    let chunk = this.chunks.at(-1);
    let base = 0;
    if (chunk && chunk.starts.length < chunkLines && chunk.text.length < chunkChars) {
      base = chunk.text.length + 1;
      chunk.text += "\n" + text;
    } else {
      chunk = { first: this.nextLine, text, starts: [] };
      this.chunks.push(chunk);
    }
    for (let start = 0; ; ) {
      const end = text.indexOf("\n", start);
      chunk.starts.push(base + start);
      this.nextLine++;
      this.longestLine = Math.max(this.longestLine, (end < 0 ? text.length : end) - start);
      if (end < 0) break;
      start = end + 1;
    }
    this.chars += text.length + 1;
    this.trim();
  }

  /** The line of that number; the empty text for one that is not there. */
  line(index: number): string {
    const chunk = this.chunkOf(index);
    if (!chunk) return "";
    const at = index - chunk.first;
    const next = chunk.starts[at + 1];
    return chunk.text.slice(chunk.starts[at], next === undefined ? undefined : next - 1);
  }

  /** The chunk that holds the line of that number. */
  chunkOf(index: number): Chunk | null {
    let low = 0;
    let high = this.chunks.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const chunk = this.chunks[middle];
      if (!chunk) return null;
      if (index < chunk.first) high = middle - 1;
      else if (index >= chunk.first + chunk.starts.length) low = middle + 1;
      else return chunk;
    }
    return null;
  }

  /** Every chunk, oldest first. */
  held(): readonly Chunk[] {
    return this.chunks;
  }

  clear(): void {
    this.chunks = [];
    this.chars = 0;
    this.longestLine = 0;
  }

  private trim(): void {
    while (this.chunks.length > 1 && (this.nextLine - this.first > this.limits.lines || this.chars > this.limits.chars)) {
      const oldest = this.chunks.shift();
      if (oldest) this.chars -= oldest.text.length + 1;
    }
  }
}
