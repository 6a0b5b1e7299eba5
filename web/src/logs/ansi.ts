// SPDX-License-Identifier: MIT
// What a terminal would show of a line: text with colours and weight. Every other escape sequence is left out, control
// characters become visible, and the result is data, never markup.

/** 0–15: a colour of the theme; text: a CSS colour. */
export type Colour = number | string;

export interface AnsiStyle {
  fg?: Colour;
  bg?: Colour;
  bold?: boolean;
  dim?: boolean;
  italic?: boolean;
  underline?: boolean;
  strike?: boolean;
}

export interface Segment {
  text: string;
  style: AnsiStyle | null;
}

// CSI ... final byte; OSC and other strings up to BEL or ST; charset selection; any other two-character sequence.
const escapes = /\x1b(?:\[([0-9;:?<=>!]*)[ -/]*([@-~])|[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)?|[ -/][0-~]|[0-~]|$)/g;
const controls = /[\x00-\x08\x0b-\x1f\x7f-\x9f]/g;

/** Control characters as the pictures that Unicode has for them. */
function visible(text: string): string {
  return text.replace(controls, (c) => {
    const code = c.charCodeAt(0);
    return code === 0x7f ? "\u2421" : code < 0x20 ? String.fromCharCode(0x2400 + code) : "\ufffd";
  });
}

/** A progress bar rewrites its line after each carriage return: the last version counts. */
function lastVersion(line: string): string {
  const trimmed = line.replace(/\r+$/, "");
  return trimmed.slice(trimmed.lastIndexOf("\r") + 1);
}

function palette(n: number): Colour {
  if (n < 16) return n;
  if (n >= 232) {
    const grey = 8 + (n - 232) * 10;
    return `rgb(${grey} ${grey} ${grey})`;
  }
  const level = (step: number) => (step === 0 ? 0 : 55 + step * 40);
  const index = n - 16;
  return `rgb(${level(Math.floor(index / 36))} ${level(Math.floor(index / 6) % 6)} ${level(index % 6)})`;
}

const isByte = (n: number | undefined): n is number => n !== undefined && n >= 0 && n <= 255;

/** 38 or 48 with what follows it: [the colour, how many parameters it took]. */
function extended(codes: readonly number[], at: number): readonly [Colour | undefined, number] {
  const n = codes[at + 2];
  if (codes[at + 1] === 5) return [isByte(n) ? palette(n) : undefined, 2];
  if (codes[at + 1] !== 2) return [undefined, 1];
  const g = codes[at + 3];
  const b = codes[at + 4];
  return [isByte(n) && isByte(g) && isByte(b) ? `rgb(${n} ${g} ${b})` : undefined, 4];
}

/** The pen while a line is read; inverse swaps only when a style is made of it. */
interface Pen extends AnsiStyle {
  inverse?: boolean;
}

function apply(pen: Pen, parameters: string): Pen {
  const codes = parameters.split(/[;:]/).map((p) => (p === "" ? 0 : Number(p)));
  let next: Pen = { ...pen };
  for (let at = 0; at < codes.length; at++) {
    const code = codes[at] ?? 0;
    if (code === 0) next = {};
    else if (code === 1) next.bold = true;
    else if (code === 2) next.dim = true;
    else if (code === 3) next.italic = true;
    else if (code === 4) next.underline = true;
    else if (code === 7) next.inverse = true;
    else if (code === 9) next.strike = true;
    else if (code === 22) (delete next.bold, delete next.dim);
    else if (code === 23) delete next.italic;
    else if (code === 24) delete next.underline;
    else if (code === 27) delete next.inverse;
    else if (code === 29) delete next.strike;
    else if (code >= 30 && code <= 37) next.fg = code - 30;
    else if (code >= 40 && code <= 47) next.bg = code - 40;
    else if (code >= 90 && code <= 97) next.fg = code - 82;
    else if (code >= 100 && code <= 107) next.bg = code - 92;
    else if (code === 39) delete next.fg;
    else if (code === 49) delete next.bg;
    else if (code === 38 || code === 48) {
      const [colour, taken] = extended(codes, at);
      at += taken;
      if (colour !== undefined) next[code === 38 ? "fg" : "bg"] = colour;
    }
  }
  return next;
}

function styleOf(pen: Pen): AnsiStyle | null {
  const { inverse, ...style } = pen;
  if (inverse) {
    const { fg, bg } = style;
    style.fg = bg ?? "var(--log-bg)";
    style.bg = fg ?? "var(--log-fg)";
  }
  return Object.keys(style).length > 0 ? style : null;
}

/** The line without escape sequences. */
export function stripAnsi(line: string): string {
  const last = lastVersion(line);
  return visible(last.includes("\x1b") ? last.replace(escapes, "") : last);
}

export function parseAnsi(line: string): readonly Segment[] {
  const text = lastVersion(line);
  if (!text.includes("\x1b")) return text === "" ? [] : [{ text: visible(text), style: null }];
  const segments: Segment[] = [];
  let pen: Pen = {};
  let from = 0;
  const add = (end: number) => {
    if (end > from) segments.push({ text: visible(text.slice(from, end)), style: styleOf(pen) });
  };
  for (const found of text.matchAll(escapes)) {
    add(found.index);
    from = found.index + found[0].length;
    if (found[2] === "m" && !/[?<=>!]/.test(found[1] ?? "")) pen = apply(pen, found[1] ?? "");
  }
  add(text.length);
  return segments;
}

export interface Piece extends Segment {
  hit: boolean;
}

/** Cuts the segments at the ends of the ranges ([start, end) in the text without escapes). */
export function withHits(segments: readonly Segment[], ranges: readonly (readonly [number, number])[]): readonly Piece[] {
  if (ranges.length === 0) return segments.map((segment) => ({ ...segment, hit: false }));
  const pieces: Piece[] = [];
  let base = 0;
  let next = 0;
  for (const { text, style } of segments) {
    const end = base + text.length;
    for (let at = base; at < end; ) {
      while ((ranges[next]?.[1] ?? Infinity) <= at) next++;
      const [start, stop] = ranges[next] ?? [Infinity, Infinity];
      const hit = at >= start;
      const to = Math.min(end, hit ? stop : start);
      pieces.push({ text: text.slice(at - base, to - base), style, hit });
      at = to;
    }
    base = end;
  }
  return pieces;
}
