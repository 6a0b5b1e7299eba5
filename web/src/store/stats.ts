// SPDX-License-Identifier: MIT
// The last samples of each container, for its sparklines and rates.
import type { StatsUpdate } from "../wire/types";
import type { Rates, StatsSeries } from "./state";

export const seriesLength = 30;

const push = (series: readonly number[], value: number): readonly number[] => [...series.slice(1 - seriesLength), value];

function rates(before: StatsSeries | undefined, at: number, rx: number, tx: number): Rates {
  const seconds = before ? (at - before.at) / 1000 : 0;
  // The counters begin again with the container.
  if (!before || seconds <= 0 || rx < before.last.net_rx_bytes || tx < before.last.net_tx_bytes) return { rx: 0, tx: 0 };
  return { rx: (rx - before.last.net_rx_bytes) / seconds, tx: (tx - before.last.net_tx_bytes) / seconds };
}

/** Samples of containers that are not in the list are left out. */
export function addStats(
  stats: ReadonlyMap<string, StatsSeries>, update: StatsUpdate, known: ReadonlyMap<string, unknown>,
): ReadonlyMap<string, StatsSeries> {
  const next = new Map(stats);
  for (const sample of update.containers) {
    const id = sample.container_id;
    if (!known.has(id)) continue;
    const before = stats.get(id);
    next.set(id, {
      at: update.at,
      last: sample,
      cpu: push(before?.cpu ?? [], sample.cpu_percent),
      memory: push(before?.memory ?? [], sample.memory_bytes),
      rates: rates(before, update.at, sample.net_rx_bytes, sample.net_tx_bytes),
    });
  }
  return next;
}
