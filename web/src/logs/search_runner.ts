// SPDX-License-Identifier: MIT
// Keeps a search going beside a stream: a few milliseconds per frame until all lines are searched, then whenever lines come.
import { LogSearch } from "./search";
import type { LogStream } from "./stream";

const budget = 5;

export class SearchRunner {
  readonly search: LogSearch;
  private listeners = new Set<() => void>();
  private cancel: (() => void) | null = null;
  private unlisten: (() => void) | null = null;
  private waiting: ((search: LogSearch) => void) | null = null;

  constructor(
    readonly query: string,
    private readonly stream: LogStream,
    private readonly nextFrame: (callback: () => void) => () => void,
  ) {
    this.search = new LogSearch(query);
  }

  start(): () => void {
    this.unlisten = this.stream.listen(() => this.schedule());
    this.schedule();
    return () => {
      this.unlisten?.();
      this.cancel?.();
      this.cancel = null;
    };
  }

  get done(): boolean {
    return this.search.searched >= this.stream.lines.end;
  }

  listen(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Calls once there is a match: now, or when the first is found; not at all if there is none in what is here now. */
  whenFound(callback: (search: LogSearch) => void): void {
    this.waiting = null;
    if (this.search.count > 0) callback(this.search);
    else if (!this.done) this.waiting = callback;
  }

  private schedule(): void {
    this.cancel ??= this.nextFrame(() => {
      this.cancel = null;
      const done = this.search.scan(this.stream.lines, budget);
      for (const listener of this.listeners) listener();
      const { waiting } = this;
      if (this.search.count > 0 || done) this.waiting = null;
      if (this.search.count > 0) waiting?.(this.search);
      if (!done) this.schedule();
    });
  }
}
