// SPDX-License-Identifier: MIT
// Collects log text per container and hands it on once per frame, whole: the page draws no more often than that.
import type { Clock } from "./clock";

/** A page whose timers are held back must not collect without end. */
const mostChars = 4_000_000;

export class LogBatcher {
  private waiting = new Map<string, string[]>();
  private chars = 0;
  private cancel: (() => void) | null = null;

  constructor(private readonly clock: Clock, private readonly flushed: (containerId: string, text: string) => void) {}

  add(containerId: string, text: string): void {
    const texts = this.waiting.get(containerId);
    if (texts) texts.push(text);
    else this.waiting.set(containerId, [text]);
    this.chars += text.length;
    if (this.chars >= mostChars) this.flush();
    else this.cancel ??= this.clock.frame(() => this.flush());
  }

  /** Hands on what there is, at once. What is not a line (a gap, an end) must not overtake the lines before it. */
  flush(): void {
    this.cancel?.();
    this.cancel = null;
    const waiting = this.waiting;
    this.waiting = new Map();
    this.chars = 0;
    for (const [containerId, texts] of waiting) this.flushed(containerId, texts.join("\n"));
  }

  /** Throws away what waits for a container. */
  drop(containerId: string): void {
    for (const text of this.waiting.get(containerId) ?? []) this.chars -= text.length;
    this.waiting.delete(containerId);
  }
}
