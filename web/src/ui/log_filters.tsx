// SPDX-License-Identifier: MIT
import { useState } from "react";
import type { LogRequest } from "../logs/stream";
import type { LogFilter, LogLevel, LogSource } from "../wire/types";

const levels: readonly LogLevel[] = ["error", "warn", "info", "debug"];
const sources: readonly LogSource[] = ["stdout", "stderr"];
export const tails = [1_000, 10_000, 100_000, 1_000_000] as const;

interface Props {
  request: LogRequest;
  /** Whether the server can filter. */
  filtering: boolean;
  onRequest: (request: LogRequest) => void;
}

/** What the server is asked for; any change fetches the log anew. */
export function LogFilters({ request, filtering, onRequest }: Props) {
  const [pattern, setPattern] = useState(request.filter.pattern ?? "");
  const change = (part: Partial<Record<keyof LogFilter, string>>) => {
    const wanted = { ...request.filter, ...part };
    const filter: LogFilter = {};
    const level = levels.find((l) => l === wanted.level);
    const stream = sources.find((s) => s === wanted.stream);
    if (level) filter.level = level;
    if (stream) filter.stream = stream;
    if (wanted.pattern) filter.pattern = wanted.pattern;
    onRequest({ ...request, filter });
  };
  return (
    <form
      className="log-filters"
      aria-label="What to fetch"
      onSubmit={(event) => {
        event.preventDefault();
        change({ pattern });
      }}
    >
      <label>
        History
        <select value={request.tail} onChange={(event) => onRequest({ ...request, tail: Number(event.target.value) })}>
          {tails.map((tail) => <option key={tail} value={tail}>last {tail.toLocaleString("en")}</option>)}
        </select>
      </label>
      {filtering && (
        <>
          <label>
            Level
            <select value={request.filter.level ?? ""} onChange={(event) => change({ level: event.target.value })}>
              <option value="">any</option>
              {levels.map((level) => <option key={level} value={level}>{level === "error" ? level : `${level} and worse`}</option>)}
            </select>
          </label>
          <label>
            Stream
            <select value={request.filter.stream ?? ""} onChange={(event) => change({ stream: event.target.value })}>
              <option value="">both</option>
              {sources.map((source) => <option key={source} value={source}>{source}</option>)}
            </select>
          </label>
          <label className="pattern">
            Pattern
            <input
              value={pattern}
              placeholder="regular expression"
              spellCheck={false}
              autoComplete="off"
              onChange={(event) => setPattern(event.target.value)}
              onBlur={() => pattern !== (request.filter.pattern ?? "") && change({ pattern })}
            />
          </label>
        </>
      )}
    </form>
  );
}
