// SPDX-License-Identifier: MIT
// `dockhost node` as a child process, with a state folder, an identity and a name prefix of its own.
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { apiKey } from "./main_server.mjs";

const STOP_MS = 90_000;

/** The priority that the unit file gives the node. Without the right to it `nice` runs it all the same, and says so. */
const UNIT = new URL("../../conf/dockhost-node.service", import.meta.url);
const NICE = /^Nice=(-?\d+)$/m.exec(readFileSync(UNIT, "utf8"))[1];

export class NodeProcess {
  /** `settings`: options of the configuration by their full names; `environment`: additions. */
  constructor(program, port, settings = {}, environment = {}) {
    this.id = settings["node.id"] ?? randomUUID();
    this.prefix = settings["containers.name_prefix"] ?? "dockhost-";
    this.folder = mkdtempSync(join(tmpdir(), "dockhost-bench-"));
    const config = join(this.folder, "dockhost.toml");
    writeFileSync(config, "");
    const all = {
      "server.url": `127.0.0.1:${port}`,
      "node.id": this.id,
      "node.state_dir": join(this.folder, "state"),
      "log.format": "json",
      "live.port": 0, // any: several nodes run at once
      "capacity.max_containers": 1000,
      "capacity.min_free_disk_mb": 0,
      "capacity.min_free_memory_mb": 0,
      ...settings,
    };
    const args = ["node", "--config", config];
    for (const [name, value] of Object.entries(all)) args.push("--set", `${name}=${value}`);
    const env = { ...process.env, DOCKHOST_API_KEY: apiKey, ...environment };
    delete env.DEBUG;
    this.lines = []; // {at, event, ...}
    this.waiting = [];
    this.spawnedAt = performance.now();
    this.process = spawn("nice", ["-n", NICE, program, ...args], { cwd: this.folder, env, stdio: ["ignore", "ignore", "pipe"] });
    this.ended = new Promise((resolve) => this.process.once("close", (code, signal) => resolve(code ?? signal)));
    this.ended.then((code) => {
      for (const { reject } of this.waiting) reject(new Error(`the node ended (${code}): ${this.tail()}`));
    });
    createInterface({ input: this.process.stderr }).on("line", (line) => this.heard(line));
  }

  heard(text) {
    let line;
    try {
      line = { at: performance.now(), ...JSON.parse(text) };
    } catch {
      line = { at: performance.now(), message: text };
    }
    this.lines.push(line);
    this.waiting = this.waiting.filter((each) => {
      if (each.event !== line.event) return true;
      each.resolve(line);
      return false;
    });
  }

  tail() {
    return this.lines.slice(-5).map(({ event, message }) => `${event}: ${message}`).join("; ");
  }

  /** The first log line with that event id. */
  logged(event) {
    const found = this.lines.find((line) => line.event === event);
    if (found) return Promise.resolve(found);
    return new Promise((resolve, reject) => this.waiting.push({ event, resolve, reject }));
  }

  /** Memory in KiB, from smaps_rollup. */
  memory() {
    const text = readFileSync(`/proc/${this.process.pid}/smaps_rollup`, "utf8");
    const field = (name) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(text)[1]);
    return { rss: field("Rss"), pss: field("Pss"), anonymous: field("Anonymous"), swapped: field("Swap") };
  }

  /** Processor time of all its threads so far, ms, to the nanosecond where the kernel counts so. */
  cpuMs() {
    const tasks = `/proc/${this.process.pid}/task`;
    let total = 0;
    for (const task of readdirSync(tasks)) {
      total += Number(readFileSync(join(tasks, task, "schedstat"), "utf8").split(" ")[0]) / 1e6;
    }
    return total;
  }

  /** For the end of a run that failed. */
  kill() {
    if (this.process.exitCode === null && this.process.signalCode === null) this.process.kill("SIGKILL");
  }

  async stop() {
    const timer = setTimeout(() => this.process.kill("SIGKILL"), STOP_MS);
    this.process.kill("SIGTERM");
    const code = await this.ended;
    clearTimeout(timer);
    rmSync(this.folder, { recursive: true, force: true });
    return code;
  }
}
