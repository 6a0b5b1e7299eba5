// SPDX-License-Identifier: MIT
import { expect, it } from "vitest";
import { severityOf } from "../src/logs/level";

it.each([
  ['{"level":"error","msg":"x"}', "error"], ['{"level":50,"msg":"x"}', "error"], ['{"time":1,"severity":"WARNING"}', "warn"],
  ["level=info msg=x", "info"], ["lvl=dbug", null], ["2026/11/21 [error] 31#31: x", "error"], ["E1121 12:00:00.0 x.go:1] boom", "error"],
  ["W1121 12:00:00.0 x", "warn"], ["INFO  started", "info"], ["[WARN] low", "warn"], ["app | DEBUG x", "debug"], ["FATAL: no", "error"],
  ["panic: runtime error", "error"], ["[notice] 1#1: x", "info"], ["warning: unused", "warn"], ["no information about errors", null],
  ["GET /error 200", null], ["", null], ["TRACE: x", "debug"],
])("%s", (line, severity) => {
  expect(severityOf(line)).toBe(severity);
});
