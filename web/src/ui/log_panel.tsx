// SPDX-License-Identifier: MIT
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { SearchRunner } from "../logs/search_runner";
import { LogStream } from "../logs/stream";
import type { LogRequest } from "../logs/stream";
import { LogView } from "../logs/view";
import { browserClock } from "../socket/clock";
import type { Container } from "../wire/types";
import { IconButton } from "./button";
import { useAppState, useSession } from "./context";
import { Dialog } from "./dialog";
import { saveLog } from "./download";
import { useKeys, useStored } from "./hooks";
import { LogFilters, tails } from "./log_filters";
import { LogSearchField } from "./log_search";
import { LogStatus } from "./log_status";
import { LogViewport } from "./log_viewport";
import type { ViewportHandle } from "./log_viewport";
import { Menu } from "./menu";
import type { MenuItem } from "./menu";
import { StateDot } from "./state_dot";

interface Props {
  container: Container;
  items: readonly MenuItem[];
  /** Below the menu's items. */
  note: string | undefined;
  full: boolean;
  onFull: (full: boolean) => void;
  onClose: () => void;
}

const onOff = ["on", "off"] as const;

/** The stream of one container for as long as the panel shows it. */
function useStream(id: string): { stream: LogStream; view: LogView } {
  const session = useSession();
  const [made] = useState(() => {
    const stream = new LogStream(id, { tail: tails[0], filter: {} });
    return { stream, view: new LogView(stream) };
  });
  useEffect(() => session?.openLog(made.stream), [session, made]);
  return made;
}

function useSearch(stream: LogStream, query: string): SearchRunner | null {
  const runner = useMemo(() => (query === "" ? null : new SearchRunner(query, stream, browserClock.frame)), [stream, query]);
  useEffect(() => runner?.start(), [runner]);
  return runner;
}

export function LogPanel({ container, items, note, full, onFull, onClose }: Props) {
  const session = useSession();
  const filtering = useAppState((state) => state.features.has("log_filter"));
  const { stream, view } = useStream(container.container_id);
  const [request, setRequest] = useState<LogRequest>(stream.request);
  const [following, setFollowing] = useState(true);
  const [paused, setPaused] = useState(false);
  const [wrap, setWrap] = useStored("wrap", onOff, matchMedia("(max-width: 700px)").matches ? "on" : "off");
  const [times, setTimes] = useStored("times", onOff, matchMedia("(max-width: 700px)").matches ? "off" : "on");
  const [filters, setFilters] = useState(false);
  const [query, setQuery] = useState("");
  const [only, setOnly] = useState(false);
  const [currentLine, setCurrentLine] = useState(-1);
  const [detail, setDetail] = useState<string | null>(null);
  const runner = useSearch(stream, query);
  const viewport = useRef<ViewportHandle>(null);
  const searchField = useRef<HTMLInputElement>(null);

  useEffect(() => {
    view.showOnly(only && runner ? runner.search : null);
    if (!only && currentLine >= 0 && !view.following) view.reveal(currentLine);
    viewport.current?.jump();
  }, [view, only, runner]);

  const follow = (wanted: boolean) => {
    view.following = wanted;
    setFollowing(wanted);
    viewport.current?.jump();
  };
  // A browser that animates its scrolling can lose the key that comes as an animation ends (Chromium does). So the log
  // moves by itself, and at once.
  const move = (event: KeyboardEvent, rows: number) => {
    const space = event.key === " ";
    // In the list these keys go from row to row, a button takes the space bar, and Shift extends what is marked.
    if (event.target instanceof Element && event.target.closest(space ? "main, button" : "main")) return;
    if (event.shiftKey && !space) return;
    event.preventDefault();
    view.moveBy(rows);
    follow(view.following);
  };
  const page = () => viewport.current?.page() ?? 1;
  const pause = (wanted: boolean) => {
    view.pause(wanted);
    setPaused(wanted);
    viewport.current?.redraw();
  };
  const step = (by: 1 | -1) => runner?.whenFound((search) => {
    const from = currentLine >= 0 ? currentLine + (by > 0 ? 1 : 0) : view.topLine();
    const wanted = by > 0 ? search.firstFrom(from) : search.firstFrom(from) - 1;
    const line = search.hit((wanted + search.count) % search.count) ?? -1;
    setCurrentLine(line);
    view.reveal(line);
    follow(false);
  });
  const fetchOther = (wanted: LogRequest) => {
    setRequest(wanted);
    session?.changeLog(stream, wanted);
    pause(false);
    follow(true);
  };
  const changeQuery = (value: string) => {
    setQuery(value);
    setCurrentLine(-1);
    if (value === "") setOnly(false);
  };
  const toEnd = () => {
    pause(false);
    follow(true);
  };
  const onDetail = useCallback((index: number) => setDetail(stream.lines.line(index)), [stream]);

  useKeys({
    f: () => follow(!following),
    p: () => pause(!paused),
    w: () => setWrap(wrap === "on" ? "off" : "on"),
    t: () => setTimes(times === "on" ? "off" : "on"),
    z: () => onFull(!full),
    n: () => step(1),
    N: () => step(-1),
    m: () => runner && setOnly(!only),
    Home: (event) => move(event, -Infinity),
    End: (event) => move(event, Infinity),
    "Control+Home": (event) => move(event, -Infinity),
    "Control+End": (event) => move(event, Infinity),
    PageUp: (event) => move(event, -page()),
    PageDown: (event) => move(event, page()),
    ArrowUp: (event) => move(event, -1),
    ArrowDown: (event) => move(event, 1),
    " ": (event) => move(event, event.shiftKey ? -page() : page()),
    s: (event) => {
      event.preventDefault();
      searchField.current?.focus();
    },
    Escape: () => (full ? onFull(false) : onClose()),
  });

  const current = currentLine < 0 || !runner ? -1 : runner.search.firstFrom(currentLine);
  return (
    <section className={`panel ${full ? "full" : ""}`} aria-label={`Log of ${container.name}`}>
      <header className="panel-head">
        <StateDot state={container.state} />
        <div className="panel-title">
          <h2>{container.name}</h2>
          <span className="muted">{container.image}</span>
        </div>
        <Menu label={`Actions for ${container.name}`} items={items} note={note} />
        <IconButton icon={full ? "shrink" : "expand"} label={full ? "Leave full screen" : "Full screen"} shortcut="z" pressed={full} onClick={() => onFull(!full)} />
        <IconButton icon="close" label="Close the log" shortcut="Escape" onClick={onClose} />
      </header>
      <div className="panel-tools" role="toolbar" aria-label="Log">
        <IconButton icon="follow" label="Follow the end" shortcut="f" pressed={following} onClick={() => follow(!following)} />
        <IconButton icon={paused ? "play" : "pause"} label={paused ? "Go on" : "Pause"} shortcut="p" pressed={paused} onClick={() => pause(!paused)} />
        <LogSearchField
          query={query}
          onQuery={changeQuery}
          runner={runner}
          current={current}
          only={only}
          onOnly={setOnly}
          onStep={step}
          onLeave={() => viewport.current?.focus()}
          field={searchField}
        />
        <IconButton icon="filter" label="What to fetch" pressed={filters} onClick={() => setFilters(!filters)} />
        <IconButton icon="clock" label="Times" shortcut="t" pressed={times === "on"} onClick={() => setTimes(times === "on" ? "off" : "on")} />
        <IconButton icon="wrap" label="Wrap long lines" shortcut="w" pressed={wrap === "on"} onClick={() => setWrap(wrap === "on" ? "off" : "on")} />
        <IconButton icon="erase" label="Clear what is shown" onClick={() => stream.clear()} />
        <IconButton icon="download" label="Download what is held" onClick={() => saveLog(container.name, stream.contents())} />
      </div>
      {filters && <LogFilters request={request} filtering={filtering} onRequest={fetchOther} />}
      <LogViewport
        name={container.name}
        stream={stream}
        view={view}
        runner={runner}
        wrap={wrap === "on"}
        times={times === "on"}
        currentLine={currentLine}
        handle={viewport}
        onFollowing={setFollowing}
        onDetail={onDetail}
      />
      <LogStatus stream={stream} view={view} onRetry={() => session?.retryLog(stream)} onEnd={toEnd} />
      {detail !== null && (
        <Dialog title="The whole line" className="detail-dialog" onClose={() => setDetail(null)}>
          <pre tabIndex={0}>{detail}</pre>
          <div className="dialog-buttons">
            <button type="button" className="button" onClick={() => setDetail(null)}>Close</button>
          </div>
        </Dialog>
      )}
    </section>
  );
}
