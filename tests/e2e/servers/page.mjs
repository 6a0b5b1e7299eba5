// SPDX-License-Identifier: MIT
// A reader's browser: Chromium at the dashboard, driven by a test. JSON lines in on stdin, out on stdout.
//
// argv[2] is its configuration: {folder, port, way}: where its profile is kept, and what the server's port on 127.0.0.1
// leads to, a unix socket. It runs in a network namespace of its own.
// In:  {id, op, ms, ...}, answered by {t:"reply", id} at once and by {t:"ack", id, value | error} when it is done, or
//      after `ms`. The ops are below; a `selector` is one of Playwright's.
// Out: {t:"ready"}  {t:"trouble", text}: what a page must not do
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { pipeline } from "node:stream";
import { chromium } from "playwright-core";

const config = JSON.parse(process.argv[2] ?? "{}");
const out = (message) => process.stdout.write(JSON.stringify(message) + "\n");

execFileSync("ip", ["link", "set", "lo", "up"]);
createServer((from) => {
  const to = connect(config.way);
  pipeline(from, to, from, () => {});
}).listen(config.port, "127.0.0.1");

const candidates = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const program = candidates.find((path) => path && existsSync(path));
if (!program) throw new Error("No Chromium: install Debian's package chromium, or set CHROMIUM.");
const browser = await chromium.launchPersistentContext(join(config.folder, "profile"), {
  executablePath: program,
  headless: true,
  args: [
    "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--no-first-run",
  ],
  viewport: { width: 1440, height: 860 },
  colorScheme: "light",
});
const page = browser.pages()[0];
page.on("pageerror", (error) => out({ t: "trouble", text: error.message }));
page.on("console", (message) => {
  // A connection that the test itself breaks is reported by the browser, not by the page.
  if (message.type() === "error" && !/WebSocket connection|net::ERR|Failed to load resource/.test(message.text())) {
    out({ t: "trouble", text: message.text() });
  }
});

// For who has to find out what went wrong.
page.on("websocket", (socket) => {
  const note = (way) => ({ payload }) => console.error(`${new Date().toISOString()} ${way} ${String(payload).slice(0, 200)}`);
  socket.on("framereceived", note("<"));
  socket.on("framesent", note(">"));
  socket.on("close", () => console.error(`${new Date().toISOString()} closed`));
});

const operations = {
  visit: ({ url, ms }) => page.goto(url, { timeout: ms }),
  wait: ({ selector, ms }) => page.locator(selector).first().waitFor({ timeout: ms }),
  wait_gone: ({ selector, ms }) => page.locator(selector).first().waitFor({ state: "detached", timeout: ms }),
  click: ({ selector, ms }) => page.locator(selector).first().click({ timeout: ms }),
  fill: ({ selector, text, ms }) => page.locator(selector).first().fill(text, { timeout: ms }),
  press: ({ key }) => page.keyboard.press(key),
  text: ({ selector, ms }) => page.locator(selector).first().innerText({ timeout: ms }),
  count: ({ selector }) => page.locator(selector).count(),
  address: async () => page.url(),
  /** The text of the file that a click downloads. */
  async download({ selector, ms }) {
    const [file] = await Promise.all([
      page.waitForEvent("download", { timeout: ms }),
      page.locator(selector).first().click({ timeout: ms }),
    ]);
    return readFile(await file.path(), "utf8");
  },
  async colours({ scheme }) {
    await page.emulateMedia({ colorScheme: scheme });
  },
  shoot: ({ path, width, height }) => page.setViewportSize({ width, height }).then(() => page.screenshot({ path })),
};

createInterface({ input: process.stdin }).on("line", async (line) => {
  const order = JSON.parse(line);
  const { id, op } = order;
  out({ t: "reply", id, value: null });
  try {
    const value = await operations[op](order);
    out({ t: "ack", id, value: ["string", "number"].includes(typeof value) ? value : null });
  } catch (error) {
    out({ t: "ack", id, error: error.message });
  }
}).on("close", async () => {
  await browser.close();
  process.exit(0);
});
out({ t: "ready" });
