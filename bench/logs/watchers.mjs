// SPDX-License-Identifier: MIT
// The native program that watches logs, once for each measurement.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";

class Watching {
  constructor(program, args) {
    this.over = false;
    this.said = [];
    this.waiting = [];
    this.process = spawn(program, args.map(String), { stdio: ["pipe", "pipe", "inherit"] });
    createInterface({ input: this.process.stdout }).on("line", (line) => {
      const waiting = this.waiting.shift();
      if (waiting) waiting.resolve(JSON.parse(line));
      else this.said.push(JSON.parse(line));
    });
    const failed = (why) => {
      this.over = true;
      for (const { reject } of this.waiting) reject(new Error(`log_watchers ${args.join(" ")}: ${why}`));
      this.waiting = [];
    };
    this.process.once("error", (error) => failed(error.message));
    this.process.stdin.on("error", (error) => failed(error.message));
    this.process.once("close", (code) => failed(`ended (${code})`));
  }

  /** The next line that it says. */
  result() {
    if (this.said.length > 0) return Promise.resolve(this.said.shift());
    if (this.over) return Promise.reject(new Error("log_watchers has ended"));
    return new Promise((resolve, reject) => this.waiting.push({ resolve, reject }));
  }

  ask(request) {
    const answer = this.result();
    this.process.stdin.write(`${JSON.stringify(request)}\n`);
    return answer;
  }

  kill() {
    if (!this.over) this.process.kill("SIGKILL");
  }
}

export class Watchers {
  /** `folder`: where the native peers are. */
  constructor(folder) {
    this.program = join(folder, "log_watchers");
    this.all = [];
  }

  /** Watches when this is back. */
  async start(...args) {
    const watching = new Watching(this.program, args);
    this.all.push(watching);
    await watching.result(); // {"ready":true}
    return watching;
  }

  close() {
    for (const each of this.all) each.kill();
  }
}
