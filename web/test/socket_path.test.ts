// SPDX-License-Identifier: MIT
import { expect, it } from "vitest";
import { metaName, socketPath, usualPath } from "../src/socket/socket_path";

const pages = import.meta.glob<string>("../index.html", { query: "?raw", import: "default", eager: true });

it.each([
  ["/", null, "/socket.io/"],
  ["/", "", "/socket.io/"],
  ["/", "socket.io/", "/socket.io/"],
  ["/", "live/events/", "/live/events/"],
  ["/panel/node-1/", "live/", "/panel/node-1/live/"],
  ["/", "a%20%22b%22/", "/a%20%22b%22/"],
] as const)("a page in %s that is told %j connects to %s", (folder, told, path) => {
  expect(socketPath(folder, told)).toBe(path);
});

it("the page has the place that the node writes it to", () => {
  const text = Object.values(pages).join("");
  expect(text).toContain(`<meta name="${metaName}" content="${usualPath}" />`);
});
