// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import { parseAnsi, stripAnsi, withHits } from "../src/logs/ansi";

const esc = "\u001b";

describe("parseAnsi", () => {
  it("leaves plain text as it is, markup included", () => {
    expect(parseAnsi('<img src=x onerror="alert(1)"> & so on')).toEqual([{ text: '<img src=x onerror="alert(1)"> & so on', style: null }]);
    expect(parseAnsi("")).toEqual([]);
  });

  it.each([
    ["31", { fg: 1 }], ["97", { fg: 15 }], ["44", { bg: 4 }], ["103", { bg: 11 }], ["1", { bold: true }], ["2", { dim: true }],
    ["3", { italic: true }], ["4", { underline: true }], ["9", { strike: true }], ["1;31;44", { bold: true, fg: 1, bg: 4 }],
    ["38;5;9", { fg: 9 }], ["38;5;196", { fg: "rgb(255 0 0)" }], ["48;5;244", { bg: "rgb(128 128 128)" }],
    ["38;2;1;2;3", { fg: "rgb(1 2 3)" }], ["38:2:1:2:3", { fg: "rgb(1 2 3)" }], ["7", { fg: "var(--log-bg)", bg: "var(--log-fg)" }],
    ["31;7", { fg: "var(--log-bg)", bg: 1 }], ["38;5;1;4", { fg: 1, underline: true }],
  ])("understands SGR %s", (codes, style) => {
    expect(parseAnsi(`${esc}[${codes}mx`)).toEqual([{ text: "x", style }]);
  });

  it.each(["0", "", "39;49", "31;0", "38;5;999", "38;2;1;2", "999"])("SGR %s leaves no style", (codes) => {
    expect(parseAnsi(`${esc}[${codes}mx`)).toEqual([{ text: "x", style: null }]);
  });

  it("goes back to what it was", () => {
    expect(parseAnsi(`a${esc}[1;31mb${esc}[22mc${esc}[39md`)).toEqual([
      { text: "a", style: null }, { text: "b", style: { bold: true, fg: 1 } }, { text: "c", style: { fg: 1 } }, { text: "d", style: null },
    ]);
  });

  it.each([
    ["cursor", `${esc}[2Kdone`], ["title", `${esc}]0;a title\u0007done`], ["link", `${esc}]8;;https://x${esc}\\done${esc}]8;;${esc}\\`],
    ["charset", `${esc}(Bdone`], ["private SGR", `${esc}[?31mdone`], ["single", `${esc}cdone`], ["cut off", `done${esc}`],
    ["cut off in the middle", `done${esc}[`],
  ])("leaves out: %s", (_, line) => {
    expect(stripAnsi(line).replace("[", "")).toBe("done");
    expect(parseAnsi(line).every((s) => s.style === null)).toBe(true);
  });

  it("shows the last version of a progress line", () => {
    expect(stripAnsi("10 %\r50 %\r100 %\r\r")).toBe("100 %");
    expect(stripAnsi("windows\r")).toBe("windows");
  });

  it("makes control characters visible", () => {
    expect(stripAnsi("a\u0000b\u0008c\u007f\u0085\td")).toBe("a␀b␈c␡\ufffd\td");
  });
});

describe("withHits", () => {
  it("cuts where a hit begins and ends, across styles", () => {
    const segments = [{ text: "abc", style: null }, { text: "def", style: { bold: true } }];
    expect(withHits(segments, [[1, 2], [2, 5]]).map((p) => [p.text, p.hit])).toEqual([
      ["a", false], ["b", true], ["c", true], ["de", true], ["f", false],
    ]);
    expect(withHits(segments, []).map((p) => p.hit)).toEqual([false, false]);
  });
});
