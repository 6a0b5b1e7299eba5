// SPDX-License-Identifier: MIT
// How much of one log the page holds.

export interface Limits {
  lines: number;
  /** UTF-16 code units. */
  chars: number;
}

export const capacity: Limits = { lines: 1_500_000, chars: 250_000_000 };
