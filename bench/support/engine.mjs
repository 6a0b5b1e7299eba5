// SPDX-License-Identifier: MIT
// The engine's API spoken directly, on kept-alive connections.
import { Agent, request } from "node:http";
import { prove } from "./figures.mjs";

export function socketPath() {
  const host = process.env.DOCKER_HOST ?? "";
  if (!host.startsWith("unix://")) {
    throw new Error("DOCKER_HOST must name an engine, unix://...: run under scripts/with-test-engine.sh");
  }
  return host.slice("unix://".length);
}

export class Engine {
  constructor(path = socketPath()) {
    this.path = path;
    this.agent = new Agent({ keepAlive: true, maxSockets: 64 });
  }

  /** {status, body: Buffer} */
  call(method, path, body, type) {
    return new Promise((resolve, reject) => {
      const headers = { Host: "docker" };
      if (body !== undefined) headers["Content-Length"] = body.length;
      if (type) headers["Content-Type"] = type;
      const call = request({ socketPath: this.path, agent: this.agent, method, path, headers }, (response) => {
        const chunks = [];
        response.on("data", (chunk) => chunks.push(chunk));
        response.on("end", () => resolve({ status: response.statusCode, body: Buffer.concat(chunks) }));
        response.on("error", reject);
      });
      call.on("error", reject);
      call.end(body);
    });
  }

  async expect(status, method, path, body, type) {
    const answer = await this.call(method, path, body, type);
    prove(answer.status === status, `${method} ${path}: ${answer.status} ${answer.body}`);
    return answer.body;
  }

  /** What inspect says, or nothing where there is no such container. */
  async inspect(name) {
    const answer = await this.call("GET", `/containers/${name}/json`);
    return answer.status === 404 ? undefined : JSON.parse(answer.body);
  }

  /** Proves that the container is in `state`: running, exited or absent. */
  async proveState(name, state) {
    const found = await this.inspect(name);
    prove((found?.State.Status ?? "absent") === state, `${name} is ${found?.State.Status ?? "absent"}, not ${state}`);
    return found;
  }

  close() {
    this.agent.destroy();
  }
}

/** The node's own calls for one container, made by this script from what the node was seen to send. */
export class DirectCalls {
  constructor(engine, recorded) {
    this.engine = engine;
    this.recorded = recorded;
  }

  get version() {
    return /^\/v[\d.]+/.exec(this.recorded.create.path)[0];
  }

  /** The same container with another name, owner and ports. */
  body(name, ports) {
    const spec = JSON.parse(this.recorded.create.body);
    spec.Hostname = name;
    Object.assign(spec.Labels, {
      "dockhost.node_id": "00000000-0000-4000-8000-000000000000", // else the node would take it over
      "dockhost.user": name,
      "dockhost.port_base": String(ports),
    });
    [22, 80, 443].forEach((inside, i) => {
      for (const binding of spec.HostConfig.PortBindings[`${inside}/tcp`]) binding.HostPort = String(ports + i);
    });
    return Buffer.from(JSON.stringify(spec));
  }

  /** The calls of each command, {status, method, path, body, type}; {id} stands for the container. */
  create(name, ports) {
    const { recorded, version } = this;
    const path = `${version}/containers/{id}`;
    return [
      {
        status: 201, method: "POST", path: `${version}/containers/create?name=${name}`,
        body: this.body(name, ports), type: "application/json",
      },
      { status: 200, method: "GET", path: path + recorded.getArchive.rest },
      {
        status: 200, method: "PUT", path: path + recorded.putArchive.rest,
        body: recorded.putArchive.body, type: "application/x-tar",
      },
      { status: 204, method: "POST", path: `${path}/start` },
    ];
  }

  start(id) {
    return [{ status: 204, method: "POST", path: `${this.version}/containers/${id}/start` }];
  }

  stop(id) {
    return [{ status: 204, method: "POST", path: `${this.version}/containers/${id}${this.recorded.stop.rest}` }];
  }

  remove(id) {
    return [{ status: 204, method: "DELETE", path: `${this.version}/containers/${id}${this.recorded.remove.rest}` }];
  }

  /** Makes them, one after the other, and gives the id of the container that they made. */
  async make(calls) {
    let id;
    for (const { status, method, path, body, type } of calls) {
      const answer = await this.engine.expect(status, method, path.replace("{id}", id), body, type);
      id ??= path.includes("/containers/create?") ? JSON.parse(answer).Id : undefined;
    }
    return id;
  }
}
