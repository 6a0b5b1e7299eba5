// SPDX-License-Identifier: MIT
// What all parts of the overhead benchmark share: the program, the engine, the main server, and how nodes begin and
// containers look.
import { Engine } from "../support/engine.mjs";
import { prove } from "../support/figures.mjs";
import { MainServer } from "../support/main_server.mjs";
import { NodeProcess } from "../support/node_process.mjs";
import { Peers } from "../support/peers.mjs";

export const AIM_RATIO = 1.05;
export const DIRECT_PORTS = 26000; // of the containers that are made past the nodes
const NODE_PORTS = { first: 20000, last: 25999 };
/** A node lists anew a second after somebody else's container has changed: not in the next measurement. */
export const SETTLE_MS = 1300;

const publicKey = (() => {
  const text = (bytes) => Buffer.concat([Buffer.from([0, 0, 0, bytes.length]), bytes]);
  return `ssh-ed25519 ${Buffer.concat([text(Buffer.from("ssh-ed25519")), text(Buffer.alloc(32, 7))]).toString("base64")}`;
})();

/** Every create names the same port, as the public main server does. */
export const createFields = (username) => ({ username, sshPublicKey: publicKey, startingPort: NODE_PORTS.first });

export class Context {
  /** `folder`: where the programs of the native peers are. */
  static async start(program, folder, counts) {
    const peers = await Peers.start(folder);
    return new Context(program, counts, await MainServer.start(), peers);
  }

  constructor(program, counts, server, peers) {
    this.program = program;
    this.counts = counts; // {rounds, addedRounds, calls, burstRounds}
    this.server = server; // npm's
    this.peers = peers; // what times to the microsecond
    this.engine = new Engine();
    this.nodes = [];
  }

  spawnNode(port, settings, environment) {
    const node = new NodeProcess(
      this.program,
      port,
      {
        "containers.image": process.env.DOCKHOST_TEST_IMAGE ?? "sohampirale/instance",
        "containers.ssh_ready": false,
        "ports.first": NODE_PORTS.first,
        "ports.last": NODE_PORTS.last,
        ...settings,
      },
      environment,
    );
    this.nodes.push(node);
    return node;
  }

  /** A node that has connected to npm's server and reported. */
  async startNode(settings, environment) {
    const node = this.spawnNode(this.server.port, settings, environment);
    await node.logged("fleet.loaded");
    const peer = await this.server.peer(node.id);
    await peer.containers;
    return { node, peer };
  }

  async stopNode(node) {
    prove((await node.stop()) === 0, "the node ended well");
  }

  async close() {
    for (const node of this.nodes) node.kill();
    this.engine.close();
    await this.peers.close();
    await this.server.close();
  }
}
