// SPDX-License-Identifier: MIT
// How bad a line is, by the ways in which programs say so. Only the beginning is looked at: there it is said.

export type Severity = "error" | "warn" | "info" | "debug";

const words: Readonly<Record<string, Severity>> = {
  emerg: "error", emergency: "error", alert: "error", crit: "error", critical: "error", fatal: "error", panic: "error",
  error: "error", err: "error", severe: "error", e: "error", f: "error",
  warn: "warn", warning: "warn", w: "warn",
  info: "info", information: "info", notice: "info", log: "info", i: "info",
  debug: "debug", trace: "debug", verbose: "debug", d: "debug",
};
/** Numbers as pino and bunyan write them. */
const numbers: Readonly<Record<string, Severity>> = { 10: "debug", 20: "debug", 30: "info", 40: "warn", 50: "error", 60: "error" };

const field = /["']?\b(?:level|severity|lvl|loglevel)["']?\s*[=:]\s*["']?([A-Za-z]+|\d0)\b/i;
const klog = /^([IWEF])\d{4} \d\d:\d\d:\d\d/;
const word = /(?:^|[\s[(<|:])(EMERG|ALERT|CRIT|CRITICAL|FATAL|PANIC|ERROR|ERR|SEVERE|WARN|WARNING|NOTICE|INFO|DEBUG|TRACE|VERBOSE)(?=$|[\s\])>|:,])/;
const lowerWord = /(?:^|[[(<|]|\s\[)(emerg|alert|crit|critical|fatal|panic|error|err|warn|warning|notice|info|debug|trace)(?:[\])>|:]|\[)/;

const looked = 240;

/** null: the line does not say. */
export function severityOf(message: string): Severity | null {
  const head = message.length > looked ? message.slice(0, looked) : message;
  const named = field.exec(head)?.[1];
  if (named !== undefined) return words[named.toLowerCase()] ?? numbers[named] ?? null;
  const found = klog.exec(head)?.[1] ?? word.exec(head)?.[1] ?? lowerWord.exec(head)?.[1];
  return found === undefined ? null : (words[found.toLowerCase()] ?? null);
}
