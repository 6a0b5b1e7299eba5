// SPDX-License-Identifier: MIT
// The containers of the log benchmark, made with the docker program.
import { execFileSync, spawn } from "node:child_process";

const docker = (...args) => execFileSync("docker", args, { encoding: "utf8" }).trim();
const IMAGE = process.env.DOCKHOST_TEST_IMAGE;

class Container {
  constructor(script, options = []) {
    this.id = docker("run", "-d", "--init", ...options, IMAGE, "sh", "-c", script);
  }

  remove() {
    docker("rm", "-f", this.id);
  }
}

const LINE = "line %.0f of a flood that is as long as usual ones";

/** Prints as many numbered lines as it is told, as fast as it can. */
export class Flood extends Container {
  /** `options`: of `docker run`. */
  static start(...options) {
    return new Flood(`mkfifo /go; while :; do read n </go; seq -f '${LINE}' 1 "$n"; done`, options);
  }

  begin(lines) {
    docker("exec", this.id, "sh", "-c", `echo ${lines} >/go`);
  }
}

/** Prints lines as fast as it can until it is removed, and its log with it. */
export class EndlessFlood extends Container {
  static start() {
    return new EndlessFlood(`while :; do seq -f '${LINE}' 1 1000000; done`);
  }
}

/** Does nothing. */
export class Sleeper extends Container {
  static start() {
    return new Sleeper("sleep 1000000");
  }
}
