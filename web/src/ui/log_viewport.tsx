// SPDX-License-Identifier: MIT
// Draws the rows that are in sight, and no others. The scrolled element is empty but for a window that sticks to its
// upper edge; what is drawn in it goes by the view's offset, so the browser's own scrolling never shows an empty place.
import { useEffect, useImperativeHandle, useLayoutEffect, useReducer, useRef, useState } from "react";
import type { ReactNode, Ref } from "react";
import { elementHeight, maxOffset } from "../logs/scroll";
import type { SearchRunner } from "../logs/search_runner";
import type { LogStream } from "../logs/stream";
import type { LogView } from "../logs/view";
import { useFrames } from "./hooks";
import { LogRow, shownChars } from "./log_row";

export interface ViewportHandle {
  redraw(): void;
  /** Shows the view's place at once, even if the reader is in the middle of a scroll. */
  jump(): void;
  /** How many rows a page is. */
  page(): number;
  focus(): void;
}

interface Props {
  name: string;
  stream: LogStream;
  view: LogView;
  runner: SearchRunner | null;
  wrap: boolean;
  times: boolean;
  currentLine: number;
  handle: Ref<ViewportHandle>;
  onFollowing: (following: boolean) => void;
  onDetail: (index: number) => void;
}

export const rowHeight = 20;
/** A gesture is over when the browser says so, or when nothing has moved for this long where it does not. */
const longest = 1000;
/** For how many frames a browser may still tell of a scroll after it was ended. */
const lateFrames = 5;
const stampColumns = 14;

export function LogViewport(props: Props) {
  const { name, stream, view, runner, wrap, times, currentLine, handle, onFollowing, onDetail } = props;
  const [, redraw] = useReducer((n: number) => n + 1, 0);
  const [viewport, setViewport] = useState(0);
  const scroller = useRef<HTMLDivElement>(null);
  const settling = useRef(0);
  /** Where the element is as far as we know: put there by us, or told by an event. */
  const heard = useRef(0);
  /** While it runs, a scroll is the rest of one that a jump has ended. */
  const late = useFrames(lateFrames);

  const jump = () => {
    clearTimeout(settling.current);
    settling.current = 0;
    heard.current = scroller.current?.scrollTop ?? 0;
    late.begin();
    redraw();
  };
  const page = () => {
    const element = scroller.current;
    if (!element) return 1;
    // Two rows stay in sight. Wrapped ones may be followed by higher ones: half of those that are seen.
    if (!element.classList.contains("wrap")) return Math.max(1, Math.floor(element.clientHeight / rowHeight) - 2);
    const { top, bottom } = element.getBoundingClientRect();
    const whole = [...element.querySelectorAll(".log-row")].map((row) => row.getBoundingClientRect()).filter((row) => row.top >= top && row.bottom <= bottom);
    return Math.max(1, Math.floor(whole.length / 2));
  };
  useImperativeHandle(handle, () => ({ redraw, jump, page, focus: () => scroller.current?.focus() }), []);
  useEffect(() => stream.listen(redraw), [stream]);
  useEffect(() => runner?.listen(redraw), [runner]);
  useEffect(() => () => clearTimeout(settling.current), []);
  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element) return;
    const measure = () => setViewport(element.clientHeight);
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    measure();
    return () => observer.disconnect();
  }, []);

  const { geometry, position } = view.refresh(rowHeight, viewport);
  useLayoutEffect(() => {
    const element = scroller.current;
    // While the reader scrolls, the browser has the say; also in the moment between a scroll and its event.
    if (!element || settling.current !== 0 || Math.abs(element.scrollTop - heard.current) >= 1) return;
    if (Math.abs(element.scrollTop - position.scrollTop) >= 1) element.scrollTop = position.scrollTop;
    heard.current = element.scrollTop;
  });

  const settle = () => {
    const element = scroller.current;
    if (!element || settling.current === 0) return;
    clearTimeout(settling.current);
    settling.current = 0;
    // A next gesture has begun already: to move the element now would end it.
    if (Math.abs(element.scrollTop - heard.current) >= 1) return;
    view.align();
    redraw();
  };
  const onScroll = () => {
    const element = scroller.current;
    if (!element) return;
    heard.current = element.scrollTop;
    const moved = view.isElsewhere(element.scrollTop, element.scrollHeight - element.clientHeight);
    if (!moved || late.running()) {
      if (moved) late.begin();
      redraw();
      return;
    }
    view.scrolledTo(element.scrollTop);
    onFollowing(view.following);
    clearTimeout(settling.current);
    // From here on the element goes along with the end; there is nothing to wait for.
    settling.current = view.following ? 0 : window.setTimeout(settle, longest);
    redraw();
  };

  const row = (at: number): ReactNode => {
    const line = view.lineOf(at);
    return (
      <LogRow
        key={line}
        index={line}
        text={stream.lines.line(line)}
        mark={stream.mark(line)?.text}
        times={times}
        query={runner?.query ?? ""}
        current={line === currentLine}
        onDetail={onDetail}
      />
    );
  };
  const rows = (start: number, end: number) => {
    const list: ReactNode[] = [];
    for (let at = Math.max(0, start); at < Math.min(end, geometry.rows); at++) list.push(row(at));
    return list;
  };

  const columns = Math.min(stream.lines.longest, shownChars + 30) + (times ? stampColumns : 0) + 3;
  return (
    <div
      ref={scroller}
      className={`log-scroller ${wrap ? "wrap" : ""}`}
      role="log"
      aria-live="off"
      aria-label={`Log of ${name}, ${geometry.rows} lines`}
      tabIndex={0}
      onScroll={onScroll}
      onScrollEnd={settle}
      onWheel={late.end}
      onPointerDown={late.end}
    >
      <div className="log-extent" style={{ height: elementHeight(geometry), ...(wrap ? {} : { minWidth: `${columns}ch` }) }}>
        <div className="log-window" style={{ height: Math.min(viewport, elementHeight(geometry)) }}>
          {wrap ? <WrappedRows offset={position.offset} viewport={viewport} last={maxOffset(geometry)} rows={rows} /> : <PlainRows view={view} rows={rows} />}
        </div>
      </div>
    </div>
  );
}

type Rows = (start: number, end: number) => readonly ReactNode[];

function PlainRows({ view, rows }: { view: LogView; rows: Rows }) {
  const { start, end, shift } = view.window();
  return <div className="log-rows" style={{ transform: `translateY(${shift}px)` }}>{rows(start, end)}</div>;
}

/**
 * Rows of unknown height: one of them is put at a known place, the others go above and below it. That place is the upper
 * edge, and slides to the lower one over the last screenful, so that the last row is seen whole.
 */
function WrappedRows({ offset, viewport, last, rows }: { offset: number; viewport: number; last: number; rows: Rows }) {
  const share = last <= 0 ? 0 : Math.min(1, Math.max(0, (offset - Math.max(0, last - viewport)) / Math.min(viewport, last)));
  const y = share * viewport;
  const anchor = Math.round((offset + y) / rowHeight);
  const above = Math.ceil(y / rowHeight) + 1;
  const below = Math.ceil((viewport - y) / rowHeight) + 1;
  return (
    <>
      <div className="log-rows above" style={{ bottom: viewport - y }}>{rows(anchor - above, anchor)}</div>
      <div className="log-rows below" style={{ top: y }}>{rows(anchor, anchor + below)}</div>
    </>
  );
}
