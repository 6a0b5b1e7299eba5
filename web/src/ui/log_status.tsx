// SPDX-License-Identifier: MIT
import { useEffect, useRef, useState } from "react";
import { count } from "../store/format";
import type { LogStream, StreamPhase } from "../logs/stream";
import type { LogView } from "../logs/view";

const phases: Readonly<Record<StreamPhase, string>> = {
  starting: "Opening…", live: "Live", interrupted: "Interrupted, goes on by itself", stopped: "Ended", failed: "Failed",
};

interface Props {
  stream: LogStream;
  view: LogView;
  onRetry: () => void;
  onEnd: () => void;
}

const interval = 500;

/** The line under the log: how it stands, how much there is, how fast it comes. */
export function LogStatus({ stream, view, onRetry, onEnd }: Props) {
  const [, setTick] = useState(0);
  const seen = useRef({ end: stream.lines.end, at: 0, rate: 0 });
  useEffect(() => {
    seen.current = { end: stream.lines.end, at: performance.now(), rate: 0 };
    const timer = setInterval(() => {
      const { end, at } = seen.current;
      const now = performance.now();
      // What was there already says nothing of how fast lines come.
      seen.current = { end: stream.lines.end, at: now, rate: end === 0 ? 0 : ((stream.lines.end - end) / (now - at)) * 1000 };
      setTick((n) => n + 1);
    }, interval);
    // A new phase and the first lines are told at once.
    const kind = () => `${stream.phase} ${stream.lines.end > 0}`;
    let told = kind();
    const deaf = stream.listen(() => {
      if (kind() !== told) setTick((n) => n + 1);
      told = kind();
    });
    return () => {
      clearInterval(timer);
      deaf();
    };
  }, [stream]);
  const { lines, phase, message } = stream;
  const held = lines.end - lines.first;
  const rate = Math.round(seen.current.rate);
  const behind = view.paused || !view.following;
  return (
    <footer className="log-status">
      <span className={`phase phase-${phase}`} role="status">{phases[phase]}{message && `: ${message}`}</span>
      {(phase === "failed" || phase === "stopped") && <button type="button" className="link" onClick={onRetry}>Try again</button>}
      <span>{count(held)} {held === 1 ? "line" : "lines"}</span>
      {lines.first > 0 && <span className="dropped" title="The page holds only so much; the oldest go first">{count(lines.first)} older let go</span>}
      {rate > 0 && <span className="rate">{count(rate)} lines/s</span>}
      <span className="space" />
      {behind && (
        <button type="button" className="to-end" onClick={onEnd}>
          {view.paused ? `Paused · ${count(view.held)} new · go on` : "Go to the end"}
        </button>
      )}
    </footer>
  );
}
