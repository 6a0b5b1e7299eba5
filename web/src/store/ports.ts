// SPDX-License-Identifier: MIT
// "0.0.0.0:18080->80/tcp, ..." → what can be opened.
import type { Container } from "../wire/types";

export interface PortLink {
  label: string;
  /** null: nothing that a browser could open. */
  href: string | null;
  title: string;
}

const pattern = /^(?:(\[[0-9a-f:.]+\]|\d+\.\d+\.\d+\.\d+|::):)?(\d{1,5})->(\d{1,5})\/(tcp|udp|sctp)$/i;
const anywhere = new Set(["0.0.0.0", "::", "[::]"]);

/** host: the engine's machine, where ports on all addresses answer. */
export function portLinks(container: Container, host: string): readonly PortLink[] {
  const links = new Map<string, PortLink>();
  for (const text of container.ports.split(",").map((part) => part.trim())) {
    const found = pattern.exec(text);
    if (!found) continue;
    const [, address, outside = "", inside = "", protocol = "tcp"] = found;
    const port = Number(outside);
    if (port < 1 || port > 65535) continue;
    const name = host.includes(":") && !host.startsWith("[") ? `[${host}]` : host;
    const at = address && !anywhere.has(address) ? address : name;
    const { ssh, http, https } = container.port_map ?? {};
    const scheme =
      protocol !== "tcp" ? null
      : port === ssh || (inside === "22" && port !== http && port !== https) ? "ssh"
      : port === https || inside === "443" || inside === "8443" ? "https"
      : "http";
    links.set(`${outside}/${protocol}`, {
      label: `${outside}\u2192${inside}${protocol === "tcp" ? "" : `/${protocol}`}`,
      href: scheme && `${scheme}://${at}:${port}`,
      title: scheme === "ssh" ? `ssh -p ${port} root@${at}` : scheme ? `Open ${scheme}://${at}:${port}` : text,
    });
  }
  return [...links.values()];
}
