// SPDX-License-Identifier: MIT
// Which rows the reader sees: all lines or only the matching ones, up to the end or up to where it was paused; and where
// in them. Follows the end, stays with its lines when older ones go, and knows no DOM.
import type { LogSearch } from "./search";
import { isAtEnd, offsetToShow, positionAt, scrolled, visibleRows } from "./scroll";
import type { Geometry, Position, Window } from "./scroll";
import type { LogStream } from "./stream";

export class LogView {
  following = true;
  private position: Position = { offset: 0, scrollTop: 0 };
  private geometry: Geometry = { rows: 0, rowHeight: 20, viewport: 0 };
  private first = 0;
  private pausedAt: number | null = null;
  private matches: LogSearch | null = null;

  constructor(private readonly stream: LogStream) {}

  get paused(): boolean {
    return this.pausedAt !== null;
  }

  /** Lines that came since the pause. */
  get held(): number {
    return this.pausedAt === null ? 0 : this.stream.lines.end - Math.max(this.pausedAt, this.stream.lines.first);
  }

  pause(wanted: boolean): void {
    this.pausedAt = wanted ? this.stream.lines.end : null;
  }

  /** Shows only what matches; null: everything. The line at the upper edge stays in sight. */
  showOnly(matches: LogSearch | null): void {
    if (matches === this.matches) return;
    const top = this.topLine();
    this.matches = matches;
    this.refresh(this.geometry.rowHeight, this.geometry.viewport);
    if (!this.following) this.place(this.rowOf(top) * this.geometry.rowHeight);
  }

  /** Takes in what changed: lines, size. Returns what to draw by. */
  refresh(rowHeight: number, viewport: number): { geometry: Geometry; position: Position } {
    const first = this.stream.lines.first;
    const gone = this.matches ? 0 : first - this.first;
    this.first = first;
    const grown = rowHeight !== this.geometry.rowHeight ? rowHeight / this.geometry.rowHeight : 1;
    this.geometry = { rows: this.countRows(), rowHeight, viewport };
    if (this.following) this.position = positionAt(Infinity, this.geometry);
    else if (gone !== 0 || grown !== 1) this.place(this.position.offset * grown - gone * rowHeight);
    else if (this.position.offset > 0 && this.position.offset !== positionAt(this.position.offset, this.geometry).offset) {
      this.place(this.position.offset);
    }
    return { geometry: this.geometry, position: this.position };
  }

  /**
   * Whether the element was scrolled away from where the view has it. limit: how far down the element can be scrolled: when it
   * grows, the browser itself moves what was at the end, and the end is still what is followed.
   */
  isElsewhere(scrollTop: number, limit: number): boolean {
    return Math.abs(scrollTop - this.position.scrollTop) >= 1 && !(this.following && scrollTop >= limit - 1);
  }

  /** The reader scrolled the element. */
  scrolledTo(scrollTop: number): void {
    const up = scrollTop < this.position.scrollTop;
    this.position = scrolled(this.position, scrollTop, this.geometry);
    this.following = !up && isAtEnd(this.position, this.geometry);
  }

  /** Between two gestures: the scroll position that fits the offset exactly. */
  align(): Position {
    this.position = positionAt(this.position.offset, this.geometry);
    return this.position;
  }

  /** Up or down by so many rows, and to the first or last one by as many as that is (also Infinity). At the end: goes on with it. */
  moveBy(rows: number): void {
    this.place(this.position.offset + rows * this.geometry.rowHeight);
    this.following = (rows > 0 || this.following) && isAtEnd(this.position, this.geometry);
  }

  /** Shows that line, or the next one that is in the list. */
  reveal(line: number): void {
    this.following = false;
    this.place(offsetToShow(this.rowOf(line), this.position.offset, this.geometry));
  }

  window(): Window {
    return visibleRows(this.position.offset, this.geometry);
  }

  /** The number of the line in that row. */
  lineOf(row: number): number {
    return this.matches ? (this.matches.hit(row) ?? -1) : this.stream.lines.first + row;
  }

  topLine(): number {
    return this.lineOf(this.window().start);
  }

  private rowOf(line: number): number {
    return this.matches ? this.matches.firstFrom(line) : Math.max(0, line - this.stream.lines.first);
  }

  private countRows(): number {
    const { first, end } = this.stream.lines;
    const until = this.pausedAt === null ? end : Math.max(first, Math.min(this.pausedAt, end));
    if (!this.matches) return until - first;
    return this.pausedAt === null ? this.matches.count : this.matches.firstFrom(until);
  }

  private place(offset: number): void {
    this.position = positionAt(offset, this.geometry);
  }
}
