// SPDX-License-Identifier: MIT
import type { Link } from "../store/state";
import type { NodeState } from "../wire/types";
import { useAppState } from "./context";
import { useNow } from "./hooks";

type Tone = "good" | "busy" | "bad" | "quiet";

interface Chip {
  name: string;
  tone: Tone;
  text: string;
  title: string;
}

/** Two heartbeats and a half without one: the connection is up, yet nobody answers. */
const silence = 25_000;

function browserChip(link: Link, silentFor: number): Chip {
  const name = "Live";
  switch (link.phase) {
    case "connecting": return { name, tone: "busy", text: "connecting", title: "Connecting to the node" };
    case "lost": return { name, tone: "bad", text: "reconnecting", title: `Connection lost (${link.reason}); trying again` };
    case "refused": return { name, tone: "bad", text: "refused", title: link.reason };
    case "connected":
      return silentFor > silence
        ? { name, tone: "busy", text: "silent", title: `No heartbeat for ${Math.round(silentFor / 1000)} s` }
        : { name, tone: "good", text: "connected", title: "This browser hears every change at once" };
  }
}

function engineChip(node: NodeState | null): Chip {
  const name = "Engine";
  if (node?.engine_reachable === true) {
    return { name, tone: "good", text: "reachable", title: `The container engine answers ${node.engine_version}`.trim() };
  }
  if (node?.engine_reachable === false) {
    return { name, tone: "bad", text: "unreachable", title: "The container engine does not answer: states are unknown" };
  }
  return { name, tone: "quiet", text: "unknown", title: "Nothing was said of the container engine" };
}

function serverChip(node: NodeState | null): Chip {
  const name = "Main server";
  const title = node?.main_server_url ? `Main server ${node.main_server_url}` : "Main server";
  switch (node?.main_server) {
    case "connected": return { name, tone: "good", text: "connected", title };
    case "connecting": return { name, tone: "busy", text: "connecting", title };
    case "disconnected": return { name, tone: "bad", text: "disconnected", title };
    case "refused": return { name, tone: "bad", text: "key refused", title };
    case "none": return { name, tone: "quiet", text: "none", title: "This node has no main server" };
    default: return { name, tone: "quiet", text: "unknown", title: "Nothing was said of the main server" };
  }
}

/** The three links that everything on the page depends on. */
export function ConnectionChips() {
  const link = useAppState((state) => state.link);
  const node = useAppState((state) => state.node);
  const heard = useAppState((state) => state.lastHeartbeat);
  const now = useNow(5000);
  const silentFor = heard === null ? 0 : now - heard;
  return (
    <ul className="chips" aria-label="Connections">
      {[browserChip(link, silentFor), engineChip(node), serverChip(node)].map(({ name, tone, text, title }) => (
        <li key={name} className={`chip chip-${tone}`} title={title} aria-label={`${name}: ${text}`}>
          <span className="chip-light" />
          <span className="chip-name">{name}</span>
          <span className="chip-text">{text}</span>
        </li>
      ))}
    </ul>
  );
}
