// SPDX-License-Identifier: MIT
// The mock server as a child, Chromium driven by playwright-core, and what all cases use.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { inspect, isDeepStrictEqual } from "node:util";
import { chromium } from "playwright-core";

const web = join(dirname(fileURLToPath(import.meta.url)), "..");

/** A port that was free a moment ago. */
export async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

export async function startMock(...flags) {
  const port = await freePort();
  const child = spawn(process.execPath, ["dev/mock-server.mjs", "--attached", "--port", String(port), ...flags], {
    cwd: web, stdio: ["pipe", "pipe", "inherit"],
  });
  const [line] = await once(child.stdout.setEncoding("utf8"), "data");
  return {
    url: line.trim(),
    async control(order) {
      const response = await fetch(`http://127.0.0.1:${port}/control`, { method: "POST", body: JSON.stringify(order) });
      if (!response.ok) throw new Error(await response.text());
      return response.json();
    },
    async stop() {
      if (child.exitCode !== null) return;
      child.kill("SIGKILL");
      await once(child, "exit");
    },
  };
}

function findChromium() {
  const found = [process.env["CHROMIUM"], "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find((path) => path && existsSync(path));
  if (!found) throw new Error("No Chromium: install Debian's package chromium, or set CHROMIUM.");
  return found;
}

export async function startBrowser() {
  const profile = await mkdtemp(join(tmpdir(), "dockhost-web-"));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: findChromium(),
    headless: true,
    args: [
      "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking",
      "--disable-component-update", "--disable-sync", "--no-first-run", "--enable-precise-memory-info",
    ],
    viewport: { width: 1440, height: 860 },
    colorScheme: "light",
  });
  return {
    context,
    async stop() {
      await context.close();
      await rm(profile, { recursive: true, force: true });
    },
  };
}

/** Everything that a page must not do: complain of its policy, throw, ask somebody else. */
export function watchTrouble(page, origin) {
  const trouble = [];
  page.on("pageerror", (error) => trouble.push(`exception: ${error.message}`));
  page.on("console", (message) => {
    // A connection that the case itself breaks is reported by the browser, not by the page.
    if (message.type() === "error" && !/WebSocket connection|net::ERR|Failed to load resource/.test(message.text())) {
      trouble.push(`console: ${message.text()}`);
    }
  });
  page.on("request", (request) => {
    const { protocol, host } = new URL(request.url());
    if (protocol !== "blob:" && host !== new URL(origin).host) trouble.push(`foreign request: ${request.url()}`);
  });
  return trouble;
}

/** When a case gives up waiting, in milliseconds. It measures nothing: a busy machine may take its time. */
export const limit = 60_000;

/** Waits until fn gives a truthy value; says what it waited for if it never does. */
export async function eventually(what, fn) {
  const until = Date.now() + limit;
  let last;
  for (;;) {
    try {
      last = await fn();
      if (last) return last;
    } catch (error) {
      last = error;
    }
    if (Date.now() > until) throw new Error(`not within ${limit} ms: ${what} (last: ${last})`);
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
}

/** Waits until fn gives just that value. It has to stay so: what passes may pass between two looks. */
export async function becomes(what, fn, wanted) {
  let last;
  await eventually(what, async () => isDeepStrictEqual(last = await fn(), wanted)).catch((error) => {
    throw new Error(`${error.message}\nwanted ${inspect(wanted)}\ngot    ${inspect(last)}`);
  });
}

/** Waits until the page has drawn so many frames. */
export async function drawn(page, frames) {
  await page.evaluate((left) => new Promise((resolve) => {
    const next = () => (left-- > 0 ? requestAnimationFrame(next) : resolve());
    next();
  }), frames);
}

/** Waits until that element has not been scrolled for ten frames: the browser animates each gesture. */
export async function still(locator) {
  await locator.evaluate((element) => new Promise((resolve) => {
    let at = NaN;
    let left = 10;
    const next = () => {
      left = element.scrollTop === at ? left - 1 : 10;
      at = element.scrollTop;
      if (left > 0) requestAnimationFrame(next);
      else resolve();
    };
    next();
  }));
}

/** Begins to note the elements that come into the page and match; the result gives their texts, however soon they went. */
export async function noteComing(page, selector) {
  const notes = await page.evaluateHandle((matching) => {
    const texts = new Map();
    new MutationObserver(() => {
      for (const element of document.querySelectorAll(matching)) if (!texts.has(element)) texts.set(element, element.textContent.trim());
    }).observe(document, { childList: true, subtree: true });
    return texts;
  }, selector);
  return () => notes.evaluate((texts) => [...texts.values()]);
}

/**
 * Begins to measure the page's main thread; the result ends it and tells, in milliseconds:
 *   busy      the most processor time of one task, scripts, style, layout and paint alike, from the browser's own trace.
 *             A frame cannot take less than its tasks; so this is what the page answers for, whoever else uses the machine.
 *   task      the longest task by the clock (0: none over 50)
 *   interval  the longest time between two frames by the clock: holds the waiting for a processor too
 *   frames    how many were drawn
 */
export async function measureFrames(page) {
  const trace = await page.context().newCDPSession(page);
  const events = [];
  trace.on("Tracing.dataCollected", ({ value }) => events.push(...value));
  await trace.send("Tracing.start", {
    transferMode: "ReportEvents",
    traceConfig: { includedCategories: ["toplevel", "disabled-by-default-devtools.timeline"], excludedCategories: ["*"] },
  });
  await page.evaluate(() => {
    const seen = { task: 0, interval: 0, frames: 0, on: true };
    window.__frames = seen;
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) if (seen.on) seen.task = Math.max(seen.task, duration);
    }).observe({ type: "longtask" });
    let last = 0;
    const next = (now) => {
      if (!seen.on) return;
      if (last > 0) seen.interval = Math.max(seen.interval, now - last);
      seen.frames++;
      last = now;
      requestAnimationFrame(next);
    };
    requestAnimationFrame(next);
  });
  return async () => {
    const seen = await page.evaluate(async () => {
      await new Promise((resolve) => setTimeout(resolve, 100));
      window.__frames.on = false;
      return window.__frames;
    });
    const complete = new Promise((resolve) => trace.once("Tracing.tracingComplete", resolve));
    await trace.send("Tracing.end");
    await complete;
    await trace.detach();
    const main = new Set(events.filter((e) => e.name === "thread_name" && e.args.name === "CrRendererMain").map((e) => `${e.pid}.${e.tid}`));
    const tasks = events.filter((e) => e.name === "RunTask" && main.has(`${e.pid}.${e.tid}`) && e.tdur !== undefined);
    return { ...seen, tasks: tasks.length, busy: Math.max(...tasks.map((e) => e.tdur)) / 1000 };
  };
}
