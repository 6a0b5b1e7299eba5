// SPDX-License-Identifier: MIT
// Rules that hold for every source file, so that no reviewer has to look for them.
import { expect, it } from "vitest";

const sources = import.meta.glob<string>(["../src/**/*.{ts,tsx,css}", "../index.html"], { query: "?raw", import: "default", eager: true });

const forbidden: readonly (readonly [string, RegExp])[] = [
  ["text as markup", /dangerouslySetInnerHTML|innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser/],
  ["code from text", /\beval\(|new Function\(/],
  ["any", /:\s*any\b|\bas any\b|<any>/],
  ["a switched-off check", /@ts-ignore|@ts-nocheck|eslint-disable/],
  ["another host", /(?:src|href)="https?:|url\(["']?https?:|@import ["']https?:/],
];
/** Who may include whom: lower layers first. */
const layers: Readonly<Record<string, readonly string[]>> = {
  wire: ["wire"],
  logs: ["wire", "logs"],
  store: ["wire", "store"],
  socket: ["wire", "logs", "store", "socket"],
  ui: ["wire", "logs", "store", "socket", "ui"],
};

it.each(Object.entries(sources))("%s", (path, text) => {
  expect(text).toContain("SPDX-License-Identifier: MIT");
  for (const [what, pattern] of forbidden) expect(pattern.test(text), what).toBe(false);
  const layer = /\/src\/(\w+)\//.exec(path)?.[1] ?? "";
  for (const [, target = ""] of text.matchAll(/from "\.\.\/(\w+)\//g)) {
    expect(layers[layer], `${layer} includes ${target}`).toContain(target);
  }
});

it("there are sources", () => {
  expect(Object.keys(sources).length).toBeGreaterThan(40);
});
