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

/** Prints as many numbered lines as it is told, as fast as it can. */
export class Flood extends Container {
  /** `options`: of `docker run`. */
  static start(...options) {
    const line = "line %.0f of a flood that is as long as usual ones";
    return new Flood(`mkfifo /go; while :; do read n </go; seq -f '${line}' 1 "$n"; done`, options);
  }

  begin(lines) {
    docker("exec", this.id, "sh", "-c", `echo ${lines} >/go`);
  }

  /** Goes on until the function that it gives is called. */
  endless() {
    const child = spawn("docker", ["exec", this.id, "sh", "-c", "while :; do echo 1000000 >/go; done"], { stdio: "ignore" });
    return () => {
      child.kill("SIGKILL");
      docker("restart", "-t", "0", this.id);
    };
  }
}

/** Does nothing. */
export class Sleeper extends Container {
  static start() {
    return new Sleeper("sleep 1000000");
  }
}
