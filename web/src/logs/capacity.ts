// SPDX-License-Identifier: MIT
// How much of one log the page holds.

export interface Limits {
  lines: number;
  /** UTF-16 code units. */
  chars: number;
}

/** The most lines that a server gives of a log's past. */
export const largestTail = 1_000_000;

export const capacity: Limits = { lines: 1_500_000, chars: 250_000_000 };
