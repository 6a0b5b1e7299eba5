// SPDX-License-Identifier: MIT
// One container's log as the page holds it: the lines, the visible marks between them, and what is needed to go on after
// a lost connection. No sockets here; whoever owns the connection feeds it.
import type { LogFilter, LogGap } from "../wire/types";
import { capacity } from "./capacity";
import { LineBuffer } from "./lines";
import type { Limits } from "./capacity";
import { Overlap } from "./overlap";
import { splitTimestamp } from "./timestamp";

/** A row that is no line: something was lost here. */
export interface Mark {
  text: string;
}

export interface LogRequest {
  tail: number;
  filter: LogFilter;
}

export type StreamPhase = "starting" | "live" | "interrupted" | "stopped" | "failed";

/** Enough to hold what is printed within one timestamp, and what arrived out of order around it. */
const overlapLines = 4096;

const gapText: Readonly<Record<string, string>> = {
  slow_client: "this browser could not keep up",
  rotation: "the log file was rotated",
  engine_restart: "the engine was restarted",
  line_too_long: "a line was too long",
};

export function describeGap(gap: LogGap): string {
  const lines = gap.lines === null ? "Lines" : gap.lines === 1 ? "1 line" : `${gap.lines.toLocaleString("en")} lines`;
  const bytes = gap.bytes === null ? "" : ` (${gap.bytes.toLocaleString("en")} bytes)`;
  const reason = gapText[gap.reason] ?? gap.reason.replaceAll("_", " ");
  return `${lines}${bytes} not shown here${reason ? `: ${reason}` : ""}`;
}

export class LogStream {
  readonly lines: LineBuffer;
  phase: StreamPhase = "starting";
  /** Why it stopped or failed. */
  message = "";
  private marks = new Map<number, Mark>();
  private overlap: Overlap | null = null;
  /** The newest lines of what the reader has cleared away: they were seen, and must not come again. */
  private cleared: readonly string[] = [];
  private listeners = new Set<() => void>();

  constructor(readonly containerId: string, public request: LogRequest, limits: Limits = capacity) {
    this.lines = new LineBuffer(limits);
  }

  mark(index: number): Mark | undefined {
    return this.marks.get(index);
  }

  /** Calls back after each change, until the returned function is called. */
  listen(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  receive(text: string): void {
    if (!this.overlap) {
      this.lines.append(text);
    } else {
      const overlap = this.overlap;
      const { fresh, over } = overlap.take(text);
      if (over) {
        this.overlap = null;
        // The line at which it should have resumed did not come: what lay between may be missing too.
        if (overlap.doubles === 0) this.addMark({ text: "Lines may be missing here: the connection was lost" });
      }
      if (fresh !== null) this.lines.append(fresh);
    }
    this.forgetMarks();
    this.tell();
  }

  gap(gap: LogGap): void {
    this.addMark({ text: describeGap(gap) });
    this.tell();
  }

  turn(phase: StreamPhase, message = ""): void {
    this.phase = phase;
    this.message = message;
    this.tell();
  }

  /** Throws the lines away and asks for others. */
  restart(request: LogRequest): void {
    this.request = request;
    this.empty();
    this.turn("starting");
  }

  /** Removes what is shown; the stream goes on. */
  clear(): void {
    const recent = this.recent();
    this.empty();
    this.cleared = recent;
    this.tell();
  }

  /** Everything that is held, for a file: lines as they came, marks in words. */
  contents(): string[] {
    const parts: string[] = [];
    for (const chunk of this.lines.held()) {
      const end = chunk.first + chunk.starts.length;
      if ([...this.marks.keys()].some((index) => index >= chunk.first && index < end)) {
        for (let at = chunk.first; at < end; at++) {
          const mark = this.marks.get(at);
          parts.push(mark ? `--- ${mark.text} ---` : this.lines.line(at), "\n");
        }
      } else {
        parts.push(chunk.text, "\n");
      }
    }
    return parts;
  }

  /** Where to go on after a new connection: the timestamp of the last line; null: from the start. */
  resume(): string | null {
    const recent = this.recent();
    const since = recent.map((line) => splitTimestamp(line).stamp).find((stamp) => stamp !== "") ?? null;
    if (since === null) this.empty();
    this.overlap = since === null ? null : new Overlap(recent);
    return since;
  }

  /** The newest lines, newest first. */
  private recent(): readonly string[] {
    const recent: string[] = [];
    for (let at = this.lines.end - 1; at >= this.lines.first && recent.length < overlapLines; at--) {
      if (!this.marks.has(at)) recent.push(this.lines.line(at));
    }
    return recent.length > 0 ? recent : this.cleared;
  }

  private empty(): void {
    this.lines.clear();
    this.marks.clear();
    this.overlap = null;
    this.cleared = [];
  }

  private addMark(mark: Mark): void {
    this.marks.set(this.lines.end, mark);
    this.lines.append("");
  }

  private forgetMarks(): void {
    for (const index of this.marks.keys()) {
      if (index >= this.lines.first) return;
      this.marks.delete(index);
    }
  }

  private tell(): void {
    for (const listener of this.listeners) listener();
  }
}
