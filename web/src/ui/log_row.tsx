// SPDX-License-Identifier: MIT
import { memo } from "react";
import type { CSSProperties } from "react";
import { parseAnsi, withHits } from "../logs/ansi";
import type { AnsiStyle, Piece } from "../logs/ansi";
import { severityOf } from "../logs/level";
import { findRanges } from "../logs/search";
import { splitTimestamp, timeOfDay } from "../logs/timestamp";

/** More than this of one line is shown only on request: no screen is that wide, and laying it out takes time. */
export const shownChars = 4000;

interface Props {
  index: number;
  text: string;
  /** What was lost here, if this is no line. */
  mark: string | undefined;
  times: boolean;
  query: string;
  current: boolean;
  onDetail: (index: number) => void;
}

function classesOf(style: AnsiStyle | null, hit: boolean): string | undefined {
  const names: string[] = [];
  if (typeof style?.fg === "number") names.push(`fg-${style.fg}`);
  if (typeof style?.bg === "number") names.push(`bg-${style.bg}`);
  for (const name of ["bold", "dim", "italic", "underline", "strike"] as const) if (style?.[name]) names.push(name);
  if (hit) names.push("hit");
  return names.length > 0 ? names.join(" ") : undefined;
}

function cssOf(style: AnsiStyle | null): CSSProperties | undefined {
  if (typeof style?.fg !== "string" && typeof style?.bg !== "string") return undefined;
  return {
    ...(typeof style.fg === "string" ? { color: style.fg } : {}),
    ...(typeof style.bg === "string" ? { backgroundColor: style.bg } : {}),
  };
}

function Text({ piece }: { piece: Piece }) {
  const className = classesOf(piece.style, piece.hit);
  const style = cssOf(piece.style);
  if (piece.hit) return <mark className={className} style={style}>{piece.text}</mark>;
  return className || style ? <span className={className} style={style}>{piece.text}</span> : piece.text;
}

export const LogRow = memo(function LogRow({ index, text, mark, times, query, current, onDetail }: Props) {
  if (mark !== undefined) return <div className="log-gap" role="note"><span>{mark}</span></div>;
  const { stamp, message } = splitTimestamp(text);
  const segments = parseAnsi(message.length > shownChars ? message.slice(0, shownChars) : message);
  const plain = segments.map((segment) => segment.text).join("");
  const severity = severityOf(plain);
  const pieces = withHits(segments, query === "" ? [] : findRanges(plain, query));
  return (
    <div className={`log-row ${severity ? `level-${severity}` : ""} ${current ? "current" : ""}`} data-line={index}>
      {times && <time className="log-time" dateTime={stamp} title={stamp}>{stamp && timeOfDay(stamp)}</time>}
      <span className="log-text">
        {pieces.map((piece, at) => <Text key={at} piece={piece} />)}
        {message.length > shownChars && (
          <button type="button" className="log-more" onClick={() => onDetail(index)}>
            {(message.length - shownChars).toLocaleString("en")} more characters
          </button>
        )}
      </span>
    </div>
  );
});
