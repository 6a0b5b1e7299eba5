// SPDX-License-Identifier: MIT
// The engine puts RFC 3339 with up to nine decimals and a space before each line.

const pattern = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)(?: |$)/;

export interface Stamped {
  /** As it was sent; empty if the line has none. */
  stamp: string;
  message: string;
}

export function splitTimestamp(line: string): Stamped {
  const found = pattern.exec(line);
  if (!found) return { stamp: "", message: line };
  return { stamp: found[0].trimEnd(), message: line.slice(found[0].length) };
}

/** Where the message begins. */
export function messageStart(line: string): number {
  return pattern.exec(line)?.[0].length ?? 0;
}

/** A text that sorts as the time does, in UTC with nine decimals; null if the line has no timestamp. */
export function timestampKey(line: string): string | null {
  const found = pattern.exec(line);
  if (!found) return null;
  const decimals = (found[2] ?? "").padEnd(9, "0");
  if (found[3] === "Z") return `${found[1]}.${decimals}`;
  const utc = Date.parse(`${found[1]}${found[3]}`);
  return Number.isNaN(utc) ? null : `${new Date(utc).toISOString().slice(0, 19)}.${decimals}`;
}

/** The time of day in the reader's zone, with milliseconds. */
export function timeOfDay(stamp: string): string {
  const time = new Date(stamp);
  if (Number.isNaN(time.getTime())) return stamp;
  const two = (n: number) => String(n).padStart(2, "0");
  const ms = String(time.getMilliseconds()).padStart(3, "0");
  return `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}.${ms}`;
}
