// SPDX-License-Identifier: MIT
// Scrolling through more rows than a browser lets an element be high (17 to 33 million pixels). The scrolled element is
// as high as allowed and stands for all rows: what counts is `offset`, in pixels of the real content. Small moves (wheel,
// touch, keys) move the offset one to one, big ones (the scroll bar) by proportion.

export interface Geometry {
  rows: number;
  rowHeight: number;
  /** Height of what is seen. */
  viewport: number;
}

export interface Position {
  /** Pixels of content above the upper edge. */
  offset: number;
  /** The element's own scroll position that belongs to it. */
  scrollTop: number;
}

export interface Window {
  start: number;
  end: number;
  /** Where the first of these rows is drawn, relative to the upper edge. */
  shift: number;
}

export const maxElementHeight = 8_000_000;

export const contentHeight = (g: Geometry): number => g.rows * g.rowHeight;
export const elementHeight = (g: Geometry): number => Math.min(contentHeight(g), maxElementHeight);
export const maxOffset = (g: Geometry): number => Math.max(0, contentHeight(g) - g.viewport);
export const maxScrollTop = (g: Geometry): number => Math.max(0, elementHeight(g) - g.viewport);
export const isScaled = (g: Geometry): boolean => contentHeight(g) > maxElementHeight;

const clamp = (value: number, high: number): number => Math.min(Math.max(0, value), high);

/** The position at that offset. */
export function positionAt(offset: number, g: Geometry): Position {
  const kept = clamp(offset, maxOffset(g));
  if (!isScaled(g)) return { offset: kept, scrollTop: kept };
  return { offset: kept, scrollTop: (kept / maxOffset(g)) * maxScrollTop(g) };
}

/** The position after the browser has scrolled the element to scrollTop. */
export function scrolled(from: Position, scrollTop: number, g: Geometry): Position {
  if (!isScaled(g)) return { offset: clamp(scrollTop, maxOffset(g)), scrollTop };
  const limit = maxScrollTop(g);
  if (scrollTop <= 0) return { offset: 0, scrollTop };
  if (scrollTop >= limit - 1) return { offset: maxOffset(g), scrollTop };
  const moved = scrollTop - from.scrollTop;
  if (Math.abs(moved) < g.viewport) return { offset: clamp(from.offset + moved, maxOffset(g)), scrollTop };
  return { offset: (scrollTop / limit) * maxOffset(g), scrollTop };
}

export function isAtEnd(position: Position, g: Geometry): boolean {
  return position.offset >= maxOffset(g) - g.rowHeight / 2;
}

/** The rows to draw. */
export function visibleRows(offset: number, g: Geometry): Window {
  const start = Math.floor(clamp(offset, maxOffset(g)) / g.rowHeight);
  const end = Math.min(g.rows, Math.ceil((offset + g.viewport) / g.rowHeight) + 1);
  return { start, end: Math.max(start, end), shift: start * g.rowHeight - offset };
}

/** The offset that shows the row, unchanged if it is already seen whole. */
export function offsetToShow(row: number, offset: number, g: Geometry): number {
  const top = row * g.rowHeight;
  if (top >= offset && top + g.rowHeight <= offset + g.viewport) return offset;
  return clamp(top - (g.viewport - g.rowHeight) / 2, maxOffset(g));
}
