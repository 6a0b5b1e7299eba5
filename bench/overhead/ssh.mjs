// SPDX-License-Identifier: MIT
// What it adds to a create to wait until the container's SSH server answers.
import { median, rounded, summary } from "../support/figures.mjs";
import { createFields } from "./context.mjs";
import { alternate } from "./ratio.mjs";

const PREFIX = "ssh-";

/** `plain`: a node that does not wait. */
export async function measureSsh(context, plain) {
  const { node, peer } = await context.startNode({
    "containers.ssh_ready": true,
    "containers.name_prefix": PREFIX,
    "ports.first": 15000,
    "ports.last": 19999,
  });
  const off = [];
  const on = [];
  for (let i = -1; i < context.counts.rounds; ++i) {
    const username = `s${i}`;
    const run = async (who, prefix, into) => {
      const { ms } = await who.succeed("create-container", createFields(username));
      await context.engine.proveState(prefix + username, "running");
      await who.succeed("delete-container", { username });
      if (i >= 0) into.push(ms); // the first round warms up
    };
    await alternate(i, () => run(plain, "dockhost-", off), () => run(peer, PREFIX, on));
  }
  await context.stopNode(node);
  return { off_ms: summary(off), on_ms: summary(on), adds_at_median_ms: rounded(median(on) - median(off)) };
}
