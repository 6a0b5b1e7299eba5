// SPDX-License-Identifier: MIT
// What the parts of the live view's benchmark share: nodes that serve it, and containers that are not theirs.
import { Engine } from "../support/engine.mjs";
import { prove } from "../support/figures.mjs";
import { LiveClients } from "../support/live_clients.mjs";
import { MainServer } from "../support/main_server.mjs";
import { NodeProcess } from "../support/node_process.mjs";

const AT_ONCE = 4; // containers that are made or removed at the same time

export class LiveContext {
  static async start(program, folder) {
    return new LiveContext(program, folder, await MainServer.start());
  }

  constructor(program, folder, server) {
    this.program = program;
    this.folder = folder;
    this.server = server;
    this.engine = new Engine();
    this.nodes = [];
    this.clients = [];
    this.containers = [];
  }

  /** A node that serves the live view: {node, port}. */
  async startNode(settings = {}) {
    const node = new NodeProcess(this.program, this.server.port, {
      "live.port": 0,
      "live.max_clients": 10_000,
      "live.max_clients_per_address": 10_000,
      ...settings,
    });
    this.nodes.push(node);
    await node.logged("node.ready");
    const listening = await node.logged("live.listening");
    return { node, port: Number(new URL(listening.fields.url).port) };
  }

  startClients(...args) {
    const clients = new LiveClients(this.folder, args);
    this.clients.push(clients);
    return clients;
  }

  /** Containers that run and do nothing; their ids. */
  async makeContainers(count) {
    const body = Buffer.from(
      JSON.stringify({
        Image: process.env.DOCKHOST_TEST_IMAGE ?? "sohampirale/instance",
        Entrypoint: ["sleep", "infinity"],
        HostConfig: { NetworkMode: "none" },
        StopSignal: "SIGKILL",
      }),
    );
    const ids = [];
    await this.each(Array.from({ length: count }), async () => {
      const made = await this.engine.expect(201, "POST", "/containers/create", body, "application/json");
      const { Id: id } = JSON.parse(made);
      this.containers.push(id);
      await this.engine.expect(204, "POST", `/containers/${id}/start`);
      ids.push(id);
    });
    prove(ids.length === count, `${count} containers run`);
    return ids;
  }

  async removeContainers() {
    await this.each(this.containers.splice(0), (id) => this.engine.call("DELETE", `/containers/${id}?force=1`));
  }

  /** `work` on each, a few at a time. */
  async each(list, work) {
    const rest = [...list];
    const lane = async () => {
      while (rest.length > 0) await work(rest.shift());
    };
    await Promise.all(Array.from({ length: AT_ONCE }, lane));
  }

  async close() {
    for (const clients of this.clients) clients.kill();
    for (const node of this.nodes) node.kill();
    await this.removeContainers();
    this.engine.close();
    await this.server.close();
  }
}
