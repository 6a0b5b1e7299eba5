// SPDX-License-Identifier: MIT
// The native clients of a live view (bench/peers/live_clients.cpp), as child processes.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";

export class LiveClients {
  /** `folder`: where the programs of bench/peers are; `args`: see the program. */
  constructor(folder, args) {
    this.process = spawn(join(folder, "live_clients"), args.map(String), { stdio: ["pipe", "pipe", "inherit"] });
    this.waiting = [];
    this.lines = [];
    createInterface({ input: this.process.stdout }).on("line", (line) => {
      const next = this.waiting.shift();
      if (next) next.resolve(JSON.parse(line));
      else this.lines.push(JSON.parse(line));
    });
    const failed = (why) => {
      this.failure ??= new Error(`live_clients ${args[0]}: ${why}`);
      for (const { reject } of this.waiting) reject(this.failure);
      this.waiting = [];
    };
    this.process.once("error", (error) => failed(error.message));
    this.process.stdin.on("error", () => {});
    this.process.once("close", (code) => failed(`ended (${code})`));
  }

  /** The next line that it prints. */
  line() {
    if (this.lines.length > 0) return Promise.resolve(this.lines.shift());
    if (this.failure) return Promise.reject(this.failure);
    return new Promise((resolve, reject) => this.waiting.push({ resolve, reject }));
  }

  /** Ends it, and gives its last line. */
  finish() {
    const last = this.line();
    this.process.stdin.end();
    return last;
  }

  async stop() {
    const ended = new Promise((resolve) => this.process.once("close", resolve));
    if (this.failure) return;
    this.process.stdin.end();
    await ended;
  }

  kill() {
    this.process.kill("SIGKILL");
  }
}
