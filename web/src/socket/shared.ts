// SPDX-License-Identifier: MIT
// One thing for many users: made for the first, ended after the last.

export interface Startable {
  start(): void;
  stop(): void;
}

export class Shared<T extends Startable> {
  private thing: T | null = null;
  private users = 0;

  constructor(private readonly make: () => T) {}

  /** The thing, and how to give it back (only the first call of that counts). */
  acquire(): { thing: T; release: () => void } {
    this.users++;
    if (!this.thing) {
      this.thing = this.make();
      this.thing.start();
    }
    const thing = this.thing;
    let held = true;
    return {
      thing,
      release: () => {
        if (!held) return;
        held = false;
        if (--this.users > 0) return;
        thing.stop();
        this.thing = null;
      },
    };
  }
}
