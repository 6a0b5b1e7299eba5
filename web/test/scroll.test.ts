// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import {
  elementHeight, isAtEnd, isScaled, maxElementHeight, maxOffset, maxScrollTop, offsetToShow, positionAt, scrolled, visibleRows,
} from "../src/logs/scroll";
import { LogView } from "../src/logs/view";
import { LogSearch } from "../src/logs/search";
import { LogStream } from "../src/logs/stream";

const small = { rows: 100, rowHeight: 20, viewport: 400 };
const huge = { rows: 1_000_000, rowHeight: 20, viewport: 600 };

describe("scroll", () => {
  it("is the browser's own where everything fits", () => {
    expect(isScaled(small)).toBe(false);
    expect(elementHeight(small)).toBe(2000);
    expect(scrolled({ offset: 0, scrollTop: 0 }, 137, small)).toEqual({ offset: 137, scrollTop: 137 });
    expect(positionAt(1e9, small)).toEqual({ offset: 1600, scrollTop: 1600 });
  });
  it("never asks for a higher element than browsers allow, and reaches both ends", () => {
    expect(elementHeight(huge)).toBe(maxElementHeight);
    expect(positionAt(Infinity, huge)).toEqual({ offset: maxOffset(huge), scrollTop: maxScrollTop(huge) });
    const end = scrolled(positionAt(5e6, huge), maxScrollTop(huge), huge);
    expect(visibleRows(end.offset, huge).end).toBe(1_000_000);
    expect(isAtEnd(end, huge)).toBe(true);
    expect(scrolled(end, 0, huge).offset).toBe(0);
  });
  it("moves one to one in small steps and in proportion in big ones", () => {
    const from = positionAt(10_000_000, huge);
    expect(scrolled(from, from.scrollTop + 100, huge).offset).toBeCloseTo(10_000_100, 3);
    expect(scrolled(from, from.scrollTop - 20, huge).offset).toBeCloseTo(9_999_980, 3);
    const far = scrolled(from, maxScrollTop(huge) / 4, huge);
    expect(far.offset).toBeCloseTo(maxOffset(huge) / 4, 0);
  });
  it("can show every single row: a wheel step never jumps over one", () => {
    let position = positionAt(12_345_678, huge);
    let last = visibleRows(position.offset, huge);
    for (let n = 0; n < 200; n++) {
      position = scrolled(position, position.scrollTop + 120, huge);
      if (n % 10 === 0) position = positionAt(position.offset, huge);
      const next = visibleRows(position.offset, huge);
      expect(next.start).toBeGreaterThan(last.start);
      expect(next.start).toBeLessThanOrEqual(last.end);
      last = next;
    }
  });
  it("draws just the rows that are seen", () => {
    expect(visibleRows(0, small)).toEqual({ start: 0, end: 21, shift: 0 });
    expect(visibleRows(30, small)).toEqual({ start: 1, end: 23, shift: -10 });
    expect(visibleRows(1600, small)).toEqual({ start: 80, end: 100, shift: 0 });
    expect(visibleRows(0, { ...small, rows: 0 })).toEqual({ start: 0, end: 0, shift: 0 });
  });
  it("moves only as far as needed to show a row", () => {
    expect(offsetToShow(5, 0, small)).toBe(0);
    expect(offsetToShow(50, 0, small)).toBe(810);
    expect(offsetToShow(99, 0, small)).toBe(1600);
  });
});

describe("LogView", () => {
  const filled = (lines: number, limit = 1e9) => {
    const stream = new LogStream("c", { tail: 1, filter: {} }, { lines: limit, chars: 1e12 });
    for (let n = 0; n < lines; n++) stream.receive(n % 100 === 0 ? `needle ${n}` : `hay ${n}`);
    return { stream, view: new LogView(stream) };
  };
  it("follows the end until the reader scrolls up, and again when he is back there", () => {
    const { stream, view } = filled(1000);
    expect(view.refresh(20, 400).position.offset).toBe(1000 * 20 - 400);
    stream.receive("more");
    const { position } = view.refresh(20, 400);
    expect(view.lineOf(view.window().end - 1)).toBe(1000);
    expect(view.isElsewhere(position.scrollTop, position.scrollTop)).toBe(false);
    expect(view.isElsewhere(position.scrollTop - 100, position.scrollTop)).toBe(true);
    view.scrolledTo(position.scrollTop - 100);
    expect(view.following).toBe(false);
    view.refresh(20, 400);
    view.scrolledTo(position.scrollTop);
    expect(view.following).toBe(true);
  });
  it("goes to the first row and back to the end at once, also when older lines go", () => {
    const { stream, view } = filled(9000, 10_000);
    const { geometry } = view.refresh(20, 400);
    view.moveBy(-Infinity);
    expect([view.following, view.topLine()]).toEqual([false, 0]);
    for (let n = 0; n < 4000; n++) stream.receive(`more ${n}`);
    expect(view.refresh(20, 400).position.offset).toBe(0);
    view.moveBy(Infinity);
    expect(view.following).toBe(true);
    stream.receive("last");
    const { position } = view.refresh(20, 400);
    expect(view.lineOf(view.window().end - 1)).toBe(stream.lines.end - 1);
    // The browser tells of that move, which was none of the reader's.
    expect(view.isElsewhere(position.scrollTop, maxScrollTop(geometry))).toBe(false);
  });
  it("moves by rows, exactly, however high its element is, and follows from the last one on", () => {
    for (const lines of [1000, 500_000]) {
      const { view } = filled(lines);
      view.refresh(20, 400);
      view.moveBy(-18);
      expect(view.following).toBe(false);
      view.moveBy(-1);
      view.moveBy(-5000);
      view.moveBy(-Infinity);
      view.moveBy(18);
      view.moveBy(1);
      view.moveBy(1);
      view.moveBy(-3);
      expect([view.topLine(), view.refresh(20, 400).position.offset]).toEqual([17, 17 * 20]);
      view.moveBy(lines - 20 - 17 - 1);
      expect(view.following).toBe(false);
      view.moveBy(1);
      expect(view.following).toBe(true);
      view.moveBy(1);
      expect([view.following, view.topLine()]).toEqual([true, lines - 20]);
    }
  });
  it("stays where it is told while everything fits", () => {
    const { view } = filled(5);
    view.refresh(20, 400);
    for (const rows of [-1, -Infinity, 1, Infinity]) {
      view.moveBy(rows);
      expect([view.following, view.topLine()]).toEqual([true, 0]);
    }
    view.following = false;
    view.moveBy(-1);
    expect(view.following).toBe(false);
    view.moveBy(1);
    expect(view.following).toBe(true);
  });
  it("goes to the end of what it shows while paused, and on from there", () => {
    const { stream, view } = filled(1000);
    view.refresh(20, 400);
    view.pause(true);
    stream.receive("new");
    view.refresh(20, 400);
    view.moveBy(-Infinity);
    view.moveBy(Infinity);
    expect([view.paused, view.following, view.lineOf(view.window().end - 1)]).toEqual([true, true, 999]);
    view.pause(false);
    view.refresh(20, 400);
    expect(view.lineOf(view.window().end - 1)).toBe(1000);
  });
  it("moves among matching lines only", () => {
    const { stream, view } = filled(10_000);
    const search = new LogSearch("needle");
    search.scan(stream.lines, 10_000);
    view.showOnly(search);
    view.refresh(20, 400);
    view.moveBy(-Infinity);
    view.moveBy(3);
    expect(view.topLine()).toBe(300);
    view.moveBy(Infinity);
    expect([view.following, view.topLine()]).toEqual([true, 8000]);
  });
  it("goes on following when its element grows and the browser moves it", () => {
    const { view } = filled(1000);
    const { position } = view.refresh(20, 400);
    expect(view.isElsewhere(position.scrollTop - 32, position.scrollTop - 32)).toBe(false);
  });
  it("stays with its lines when older ones go", () => {
    const { stream, view } = filled(9000, 10_000);
    view.refresh(20, 400);
    view.reveal(8000);
    const top = view.topLine();
    for (let n = 0; n < 4000; n++) stream.receive(`more ${n}`);
    expect(stream.lines.first).toBeGreaterThan(0);
    view.refresh(20, 400);
    expect(view.topLine()).toBe(top);
  });
  it("shows nothing new while paused, and counts it", () => {
    const { stream, view } = filled(100);
    view.pause(true);
    stream.receive("a\nb");
    expect(view.refresh(20, 400).geometry.rows).toBe(100);
    expect(view.held).toBe(2);
    view.pause(false);
    expect(view.refresh(20, 400).geometry.rows).toBe(102);
  });
  it("shows matching lines only, and comes back to where it was", () => {
    const { stream, view } = filled(1000);
    const search = new LogSearch("needle");
    search.scan(stream.lines, 1000);
    view.refresh(20, 100);
    view.reveal(450);
    const top = view.topLine();
    view.showOnly(search);
    expect(view.refresh(20, 100).geometry.rows).toBe(10);
    expect(view.lineOf(5)).toBe(500);
    view.showOnly(null);
    expect(Math.abs(view.topLine() - top)).toBeLessThanOrEqual(100);
  });
});
