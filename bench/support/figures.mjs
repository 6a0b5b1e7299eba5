// SPDX-License-Identifier: MIT
// Quantiles, proofs, and the state of the machine that figures were taken on.
import { readFileSync } from "node:fs";
import { cpus } from "node:os";

/** Ends the run when a benchmark did not do the work that it claims to have timed. */
export function prove(done, what) {
  if (!done) throw new Error(`benchmark proved nothing: ${what}`);
}

/** Nearest rank; `q` from 0 to 1. */
export function quantile(values, q) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)];
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

export const rounded = (value, digits = 3) => Number(value.toFixed(digits));

/** Count, quantiles and extremes of times in ms. */
export function summary(values) {
  return {
    count: values.length,
    min: rounded(quantile(values, 0)),
    p50: rounded(median(values)),
    p90: rounded(quantile(values, 0.9)),
    p99: rounded(quantile(values, 0.99)),
    max: rounded(quantile(values, 1)),
  };
}

/** A figure beside its aim; `missed_by` is there only where it misses. */
export function against(aim, measured, unit) {
  const met = measured <= aim;
  const out = { measured: rounded(measured), aim, unit, met };
  if (!met) out.missed_by = rounded(measured - aim);
  return out;
}

/** The same where more is better. */
export function atLeast(aim, measured, unit) {
  const met = measured >= aim;
  const out = { measured: rounded(measured), aim, unit, at_least: true, met };
  if (!met) out.missed_by = rounded(aim - measured);
  return out;
}

/** Share of the last 10 s in which something had to wait for a processor, %. */
export function cpuPressure() {
  try {
    return Number(/^some avg10=([\d.]+)/.exec(readFileSync("/proc/pressure/cpu", "utf8"))[1]);
  } catch {
    return null; // a kernel without pressure figures
  }
}

export function machine() {
  return { cpus: cpus().length, model: cpus()[0]?.model, node: process.version, cpu_pressure_avg10: cpuPressure() };
}

export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Waits until `condition()` gives something, at most `ms`. */
export async function until(what, condition, ms = 20_000, every = 5) {
  const end = performance.now() + ms;
  for (;;) {
    const found = await condition();
    if (found) return found;
    if (performance.now() > end) throw new Error(`waited ${ms} ms in vain: ${what}`);
    await pause(every);
  }
}
