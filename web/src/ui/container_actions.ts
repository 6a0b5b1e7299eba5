// SPDX-License-Identifier: MIT
// What can be done with a container, as menu items.
import { mayAct } from "../store/select";
import type { Rights } from "../store/select";
import type { Container, ContainerAction } from "../wire/types";
import { notify } from "./context";
import type { MenuItem } from "./menu";

const canStart = new Set(["created", "stopped", "paused", "dead"]);
const canStop = new Set(["running", "paused", "restarting"]);

interface Choices {
  container: Container;
  rights: Rights;
  busy: boolean;
  onOpen?: (() => void) | undefined;
  onAct: (action: ContainerAction) => void;
}

async function copyId(container: Container): Promise<void> {
  try {
    await navigator.clipboard.writeText(container.container_id);
    notify("info", `The id of ${container.name} was copied.`);
  } catch {
    // Without TLS a browser has no clipboard for us.
    notify("info", container.container_id);
  }
}

/** Why an operator is offered less for this container than for others. */
export function menuNote(container: Container, rights: Rights): string | undefined {
  return rights === "own" && !mayAct(rights, container) ? "Not this node’s own: view only" : undefined;
}

export function menuItems({ container, rights, busy, onOpen, onAct }: Choices): readonly MenuItem[] {
  const items: MenuItem[] = [];
  if (onOpen) items.push({ icon: "logs", label: "Open log", run: onOpen });
  if (mayAct(rights, container)) {
    const { state } = container;
    items.push(
      { icon: "play", label: "Start", disabled: busy || !canStart.has(state), run: () => onAct("start") },
      { icon: "stop", label: "Stop…", disabled: busy || !canStop.has(state), run: () => onAct("stop") },
      { icon: "restart", label: "Restart…", disabled: busy || !canStop.has(state), run: () => onAct("restart") },
      { icon: "trash", label: "Delete…", danger: true, disabled: busy || state === "removed", run: () => onAct("delete") },
    );
  }
  items.push({ icon: "copy", label: "Copy id", run: () => void copyId(container) });
  return items;
}
