// SPDX-License-Identifier: MIT
// What the page must do, as a reader would see it.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { eventually, measureFrames } from "./support.mjs";

const row = (page, name) => page.locator(".row", { has: page.locator(`[data-row="${name}"]`) });
const button = (page, name) => page.getByRole("button", { name, exact: true });
const status = (page) => page.locator(".log-status").innerText();
const held = async (page) => Number(/([\d,]+) lines?/.exec(await status(page))?.[1]?.replaceAll(",", "") ?? -1);
const lastLine = (page) => page.locator(".log-row").last().innerText();

async function openLog(page, name) {
  await page.locator(`[data-row="${name}"]`).click();
  await page.locator(".phase-live").waitFor();
  await page.locator(".log-row").first().waitFor();
}

/** Everything that the page holds, by way of its own download button. */
async function download(page) {
  const [file] = await Promise.all([page.waitForEvent("download"), button(page, "Download what is held").click()]);
  return (await readFile(await file.path(), "utf8")).trimEnd().split("\n");
}

async function chooseAction(page, name, action) {
  await page.getByRole("button", { name: `Actions for ${name}` }).first().click();
  await page.getByRole("menuitem", { name: action, exact: true }).click();
}

const told = ({ frames, tasks, busy, task, interval }) =>
  `${frames} frames, ${tasks} tasks, the longest ${busy.toFixed(0)} ms of processor time, ${task > 0 ? task.toFixed(0) : "under 50"} ms by the clock; longest time between two frames ${interval.toFixed(0)} ms`;

function assertSmooth(what, measured) {
  assert.ok(measured.frames > 20 && measured.tasks > 100, `${what}: frames are drawn at all: ${told(measured)}`);
  assert.ok(measured.busy <= 50, `${what}: ${told(measured)}`);
}

export const cases = [
  {
    name: "the list shows containers by group, with ports as links and figures",
    async run({ page, shoot }) {
      await row(page, "shop-web-1").waitFor();
      assert.equal(await page.locator(".row").count(), 13);
      assert.deepEqual(await page.locator(".group-title").allInnerTexts(), ["Users", "metrics", "shop", "Standalone containers"]);
      const ports = row(page, "shop-web-1").locator("a.port");
      assert.deepEqual(await ports.evaluateAll((links) => links.map((a) => [a.href, a.rel])), [
        ["http://127.0.0.1:8080/", "noopener noreferrer"], ["https://127.0.0.1:8443/", "noopener noreferrer"],
      ]);
      assert.equal(await row(page, "dockhost-ada").locator("a.port").first().getAttribute("href"), "ssh://127.0.0.1:1027");
      assert.match(await row(page, "shop-web-1").innerText(), /up 4 h/);
      await eventually("sparklines with some samples", async () =>
        (await row(page, "shop-db-1").locator(".cpu .line").getAttribute("d"))?.split("L").length > 3);
      assert.match(await row(page, "shop-db-1").innerText(), /%\s*[\d.]+ MiB\s*↓/);
      await shoot("01-list-light");
    },
  },
  {
    name: "changes of state are seen at once, single or in a batch, removals too",
    async run({ page, mock }) {
      const dot = (name) => row(page, name).locator(".dot");
      await row(page, "dockhost-linus").waitFor();
      for (const state of ["running", "paused", "stopped", "dead", "unknown", "running"]) {
        await mock.control({ do: "state", name: "dockhost-linus", state });
        await eventually(state, async () => (await dot("dockhost-linus").getAttribute("aria-label")) === state);
      }
      await mock.control({ do: "state", name: "backup", state: "removed" });
      await eventually("backup gone", async () => (await page.locator(".row").count()) === 12);
    },
  },
  {
    name: "search, filters and grouping",
    async run({ page }) {
      await row(page, "shop-web-1").waitFor();
      await page.keyboard.press("/");
      await page.keyboard.type("shop web");
      assert.deepEqual(await page.locator(".name-text").allInnerTexts(), ["shop-web-1"]);
      await page.keyboard.press("Escape");
      assert.equal(await page.locator(".row").count(), 13);
      await page.getByRole("button", { name: /^Attention/ }).click();
      assert.deepEqual(await page.locator(".name-text").allInnerTexts(), ["metrics-grafana-1", "shop-worker-1", "old-importer"]);
      await page.getByRole("button", { name: /^All/ }).click();
      await page.getByLabel("Group by").selectOption("state");
      assert.deepEqual(await page.locator(".group-title").allInnerTexts(), ["Dead", "Paused", "Restarting", "Running", "Stopped"]);
      await page.getByLabel("Search containers").fill("nothing like this");
      await page.getByText("No container matches.").waitFor();
    },
  },
  {
    name: "a log is text only, with colours, levels, search and matches",
    async run({ page, mock, shoot }) {
      await openLog(page, "shop-web-1");
      await mock.control({ do: "rate", name: "shop-web-1", rate: 0 });
      assert.equal(await page.locator(".log-row img, .log-row b, .log-row script").count(), 0);
      await page.locator(".log-row", { hasText: "<b>markup</b>" }).first().waitFor();
      assert.ok(await page.locator(".log-row .fg-2", { hasText: "INFO" }).count() > 3);
      assert.ok(await page.locator(".log-row.level-error").count() > 0);
      await mock.control({ do: "line", name: "shop-web-1", text: "\u001b[38;2;10;200;30mtrue colour\u001b[0m" });
      const coloured = page.locator(".log-row span", { hasText: /^true colour$/ }).last();
      await coloured.waitFor();
      assert.equal(await coloured.evaluate((e) => getComputedStyle(e).color), "rgb(10, 200, 30)");
      await mock.control({ do: "line", name: "shop-web-1", text: `long ${"x".repeat(20_000)} end` });
      await button(page, "16,009 more characters").click();
      await page.getByRole("dialog", { name: "The whole line" }).waitFor();
      assert.equal(await page.locator(".log-scroller").evaluate((e) => e.scrollLeft), 0, "the button is within reach");
      assert.match(await page.locator(".detail-dialog pre").innerText(), / end$/);
      await page.keyboard.press("Escape");
      await page.keyboard.press("s");
      await page.keyboard.type("SLOW query");
      await page.locator(".log-row mark").first().waitFor();
      await page.keyboard.press("Enter");
      await page.locator(".log-row.current mark").waitFor();
      await button(page, "Matching lines only").click();
      await eventually("only matches", async () => (await page.locator(".log-row").count()) === (await page.locator(".log-row", { has: page.locator("mark") }).count()));
      await button(page, "Matching lines only").click();
      await page.locator(".log-row.current mark").waitFor();
      await shoot("02-log-light");
    },
  },
  {
    name: "follow, pause and back to the end",
    async run({ page, mock }) {
      await openLog(page, "shop-web-1");
      await mock.control({ do: "rate", name: "shop-web-1", rate: 50 });
      const follow = button(page, "Follow the end");
      const first = await lastLine(page);
      await eventually("new lines are shown", async () => (await lastLine(page)) !== first);
      await page.mouse.move(1000, 400);
      await page.mouse.wheel(0, -300);
      await eventually("following ends", async () => (await follow.getAttribute("aria-pressed")) === "false");
      await new Promise((r) => setTimeout(r, 400));
      const top = await page.locator(".log-row").first().innerText();
      const before = await held(page);
      await eventually("lines go on to come", async () => (await held(page)) > before + 20);
      assert.equal(await page.locator(".log-row").first().innerText(), top);
      await button(page, "Go to the end").click();
      assert.equal(await follow.getAttribute("aria-pressed"), "true");
      await page.keyboard.press("p");
      await page.locator(".to-end", { hasText: "Paused" }).waitFor();
      const still = await lastLine(page);
      await eventually("lines wait", async () => /[1-9]\d+ new/.test(await page.locator(".to-end").innerText()));
      assert.equal(await lastLine(page), still);
      await page.keyboard.press("p");
      await eventually("goes on", async () => (await lastLine(page)) !== still);
    },
  },
  {
    name: "gaps are seen where they are",
    async run({ page, mock, shoot }) {
      await openLog(page, "shop-api-1");
      await mock.control({ do: "rate", name: "shop-api-1", rate: 0 });
      await mock.control({ do: "gap", name: "shop-api-1", lines: 12_345, bytes: 1_200_000, reason: "slow_client" });
      await mock.control({ do: "line", name: "shop-api-1", text: "INFO after the gap" });
      await page.locator(".log-row", { hasText: "after the gap" }).waitFor();
      assert.match(await page.locator(".log-gap").innerText(), /12,345 lines \(1,200,000 bytes\) not shown here: this browser could not keep up/);
      await shoot("03-gap");
    },
  },
  {
    name: "a million lines: no frame over 50 ms while they stream in and while scrolling",
    async run({ page, mock, shoot }) {
      await openLog(page, "shop-db-1");
      await mock.control({ do: "rate", name: "shop-db-1", rate: 0 });
      await button(page, "What to fetch").click();
      const streaming = await measureFrames(page);
      await mock.control({ do: "rate", name: "shop-db-1", rate: 100_000 });
      await eventually("300,000 lines at 100,000 a second", async () => (await held(page)) > 300_000, 30_000);
      await mock.control({ do: "rate", name: "shop-db-1", rate: 0 });
      const stream = await streaming();
      await mock.control({ do: "length", name: "shop-db-1", lines: 1_100_000 });
      await eventually("a million lines", async () => (await held(page)) > 1_000_000, 60_000);
      const total = await held(page);

      const scrolling = await measureFrames(page);
      await page.mouse.move(1000, 500);
      for (let n = 0; n < 30; n++) await page.mouse.wheel(0, n % 3 === 2 ? 900 : -700);
      const scroller = page.locator(".log-scroller");
      for (const share of [0, 0.25, 0.5, 0.75, 1, 0.1, 0.9, 0.333]) {
        await scroller.evaluate((e, s) => { e.scrollTop = (e.scrollHeight - e.clientHeight) * s; }, share);
        await page.waitForTimeout(60);
        assert.ok(await page.locator(".log-row").count() > 20, "rows are drawn everywhere");
      }
      const scroll = await scrolling();

      // Both ends are reached, and a step of the wheel is a step of the lines.
      await scroller.focus();
      await page.keyboard.press("Home");
      await eventually("the first line", async () => Number(await page.locator(".log-row").first().getAttribute("data-line")) < 700);
      await page.keyboard.press("End");
      await eventually("the last line", async () => Number(await page.locator(".log-row").last().getAttribute("data-line")) >= total - 1);
      await scroller.evaluate((e) => { e.scrollTop = e.scrollHeight / 2; });
      await page.waitForTimeout(400);
      const top = Number(await page.locator(".log-row").first().getAttribute("data-line"));
      await page.mouse.wheel(0, 200);
      await eventually("ten lines on", async () => Number(await page.locator(".log-row").first().getAttribute("data-line")) === top + 10);

      const searching = await measureFrames(page);
      await page.getByLabel("Search in the log").fill("upstream");
      await eventually("all is searched", async () => /^[\d,]+$/.test(await page.locator(".matches").innerText()), 30_000);
      const search = await searching();
      await shoot("04-a-million-lines");
      console.log(`        streaming: ${told(stream)}\n        scrolling: ${told(scroll)}\n        searching: ${told(search)}`);
      for (const [what, measured] of Object.entries({ stream, scroll, search })) assertSmooth(what, measured);
    },
  },
  {
    name: "a lost connection comes back by itself, every stream where it was, without doubles",
    async run({ page, mock, shoot }) {
      await openLog(page, "shop-web-1");
      await mock.control({ do: "rate", name: "shop-web-1", rate: 400 });
      for (const how of ["drop", "close", "drop"]) {
        await page.locator(".phase-live").waitFor();
        await page.waitForTimeout(300);
        await mock.control({ do: how });
        await page.getByText("Connection lost").waitFor();
        assert.ok(await page.locator(".row").count() > 10, "the list stays");
        if (how === "close") await shoot("05-connection-lost");
        await page.locator(".chip-good", { hasText: "Live" }).waitFor();
      }
      await page.locator(".phase-live").waitFor();
      assert.equal(await button(page, "Follow the end").getAttribute("aria-pressed"), "true", "still follows");
      await mock.control({ do: "rate", name: "shop-web-1", rate: 0 });
      const end = await mock.control({ do: "end", name: "shop-web-1" });
      const last = (await mock.control({ do: "text", name: "shop-web-1", from: end - 1, to: end }))[0];
      await eventually("the last line is there", async () => (await lastLine(page)).includes(`${end - 1}`) || (await download(page)).at(-1) === last, 20_000);
      const lines = await download(page);
      assert.deepEqual(lines, await mock.control({ do: "text", name: "shop-web-1", from: end - lines.length, to: end }));
      assert.ok(lines.length > 800, `${lines.length} lines`);
      assert.equal(await page.locator(".log-gap").count(), 0);
    },
  },
  {
    name: "engine and main server are seen to go and come",
    async run({ page, mock, shoot }) {
      await page.locator(".chip-good", { hasText: "Engine" }).waitFor();
      await mock.control({ do: "engine", reachable: false });
      await mock.control({ do: "main_server", state: "disconnected" });
      for (const name of ["dockhost-ada", "shop-web-1"]) await mock.control({ do: "state", name, state: "unknown" });
      await page.locator(".chip-bad", { hasText: "Engine" }).waitFor();
      await page.getByText("The container engine does not answer").waitFor();
      await page.getByLabel("Main server: disconnected").waitFor();
      await shoot("06-engine-gone");
      await mock.control({ do: "engine", reachable: true });
      await page.locator(".chip-good", { hasText: "Engine" }).waitFor();
    },
  },
  {
    name: "actions ask first, show that they run, and tell how it ended",
    async run({ page, mock, shoot }) {
      await row(page, "dockhost-linus").waitFor();
      await chooseAction(page, "dockhost-linus", "Start");
      await page.getByText("dockhost-linus was started.").waitFor();
      await chooseAction(page, "dockhost-linus", "Delete…");
      const dialog = page.getByRole("dialog", { name: "Delete dockhost-linus?" });
      await dialog.waitFor();
      await shoot("07-delete");
      assert.equal(await page.evaluate(() => document.activeElement?.textContent), "Cancel");
      await page.keyboard.press("Enter");
      assert.equal(await row(page, "dockhost-linus").count(), 1);
      await chooseAction(page, "dockhost-linus", "Delete…");
      await dialog.getByRole("button", { name: "Delete" }).click();
      await eventually("busy", async () => (await row(page, "dockhost-linus").getAttribute("aria-busy")) === "true");
      await eventually("gone", async () => (await row(page, "dockhost-linus").count()) === 0);
      await chooseAction(page, "shop-web-1", "Restart…");
      await page.getByRole("button", { name: "Restart", exact: true }).click();
      await page.getByText("shop-web-1 was restarted.").waitFor();
      await chooseAction(page, "old-importer", "Start");
      await page.getByRole("alert").filter({ hasText: "image python:3.9-slim is gone" }).waitFor();
      assert.equal(await page.locator(".row").count(), 12);
      await shoot("08-notices");
      await mock.control({ do: "error", text: "one more" });
      await page.getByRole("alert").filter({ hasText: "one more" }).getByRole("button", { name: "Dismiss" }).click();
      // Away from them: a notice that is read stays.
      await page.mouse.move(10, 10);
      await eventually("notices go by themselves", async () => (await page.locator(".notice").count()) === 0, 20_000);
    },
  },
  {
    name: "a token is asked for, kept in the session, and never stays in the address",
    flags: ["--token", "viewer=see", "--token", "operator=do"],
    async run({ page, mock, shoot }) {
      await page.getByRole("dialog", { name: "The node asks for a token" }).waitFor();
      await shoot("09-token");
      await page.getByLabel("Token", { exact: true }).fill("wrong");
      await page.keyboard.press("Enter");
      await page.getByText("Unknown or expired token").first().waitFor();
      await page.getByLabel("Token", { exact: true }).fill("see");
      await page.keyboard.press("Enter");
      await row(page, "shop-web-1").waitFor();
      assert.equal(await page.getByRole("dialog").count(), 0);
      assert.equal(await page.evaluate(() => sessionStorage.getItem("dockhost.token")), "see");
      await page.getByRole("button", { name: "Actions for shop-web-1" }).click();
      assert.deepEqual(await page.getByRole("menuitem").allInnerTexts(), ["Open log", "Copy id"]);
      await page.keyboard.press("Escape");
      await page.goto(`${mock.url}?token=do#shop-web-1`);
      await page.locator(".log-row").first().waitFor();
      assert.equal(page.url(), `${mock.url}#shop-web-1`);
      await mock.control({ do: "token_expiring", at: new Date(Date.now() + 58_000).toISOString() });
      await page.getByText(/Your token ends/).waitFor();
      await shoot("10-token-expiring");
      // A refusal later on leaves the list and the log where they are.
      await mock.control({ do: "refuse", reason: "Token expired" });
      await mock.control({ do: "close" });
      await page.getByRole("dialog", { name: "The node asks for a token" }).waitFor();
      assert.ok(await page.locator(".row").count() > 10);
      assert.ok(await page.locator(".log-row").count() > 10);
      await mock.control({ do: "refuse", reason: "" });
      await page.getByLabel("Token", { exact: true }).fill("do");
      await page.keyboard.press("Enter");
      await page.locator(".phase-live").waitFor();
    },
  },
  {
    name: "dark and light, by the system or by choice",
    async run({ page, shoot }) {
      await openLog(page, "shop-web-1");
      const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
      const light = await ground();
      await page.emulateMedia({ colorScheme: "dark" });
      await eventually("dark", async () => (await ground()) !== light);
      await page.waitForTimeout(5000);
      await shoot("11-dark");
      await page.getByRole("button", { name: /^Colours/ }).click();
      await eventually("light by choice", async () => (await ground()) === light);
      await page.reload();
      await row(page, "shop-web-1").waitFor();
      assert.equal(await ground(), light);
    },
  },
  {
    name: "360 pixels wide: nothing overflows, the log takes the page",
    async run({ page, mock, shoot }) {
      await page.setViewportSize({ width: 360, height: 740 });
      await page.reload();
      await row(page, "shop-web-1").waitFor();
      await page.waitForTimeout(4000);
      const overflow = () => page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.equal(await overflow(), 0);
      await shoot("12-phone-list");
      await row(page, "shop-web-1").scrollIntoViewIfNeeded();
      await openLog(page, "shop-web-1");
      await mock.control({ do: "rate", name: "shop-web-1", rate: 0 });
      await page.waitForTimeout(700); // longer than the status line takes to count
      assert.equal(await overflow(), 0);
      assert.equal(await button(page, "Wrap long lines").getAttribute("aria-pressed"), "true");
      // Wrapped rows: the last line is seen whole at the end, and each line can be reached.
      const end = await mock.control({ do: "end", name: "shop-web-1" });
      const box = await page.locator(`[data-line="${await held(page) - 1}"]`).boundingBox();
      const frame = await page.locator(".log-scroller").boundingBox();
      assert.ok(box && box.y + box.height <= frame.y + frame.height + 1, "the last line lies within");
      assert.ok(end > 300);
      const seen = new Set();
      for (let n = 0; n < 60; n++) {
        for (const line of await page.locator(".log-row").evaluateAll((rows) => {
          const edge = document.querySelector(".log-scroller").getBoundingClientRect();
          return rows.filter((r) => {
            const b = r.getBoundingClientRect();
            return b.top >= edge.top - 1 && b.bottom <= edge.bottom + 1;
          }).map((r) => Number(r.dataset.line));
        })) seen.add(line);
        await page.locator(".log-scroller").evaluate((e) => { e.scrollTop -= 60; });
        await page.waitForTimeout(20);
      }
      const numbers = [...seen].sort((a, b) => a - b);
      assert.equal(numbers.at(-1) - numbers[0] + 1, numbers.length, "no line was jumped over");
      await button(page, "Follow the end").click();
      await shoot("13-phone-log");
      await page.goBack();
      await row(page, "shop-web-1").waitFor();
    },
  },
  {
    name: "by keyboard alone",
    async run({ page, shoot }) {
      await row(page, "shop-web-1").waitFor();
      await page.keyboard.press("j");
      const focused = () => page.evaluate(() => document.activeElement?.getAttribute("data-row"));
      assert.equal(await focused(), "dockhost-ada");
      await page.keyboard.press("ArrowDown");
      await page.keyboard.press("j");
      assert.equal(await focused(), "dockhost-linus");
      await shoot("14-keyboard");
      await page.keyboard.press("Enter");
      await page.getByRole("region", { name: "Log of dockhost-linus" }).waitFor();
      await page.keyboard.press("f");
      assert.equal(await button(page, "Follow the end").getAttribute("aria-pressed"), "false");
      await page.keyboard.press("t");
      assert.equal(await page.locator(".log-time").count(), 0);
      await page.keyboard.press("z");
      await page.locator(".panel.full").waitFor();
      await page.keyboard.press("Escape");
      await eventually("not full", async () => (await page.locator(".panel.full").count()) === 0);
      await page.keyboard.press("Escape");
      await eventually("closed", async () => (await page.locator(".panel").count()) === 0);
      await eventually("the focus is back", async () => (await focused()) === "dockhost-linus");
      await page.keyboard.press("Tab");
      await page.keyboard.press("Enter");
      await page.getByRole("menu").waitFor();
      await page.keyboard.press("ArrowDown");
      assert.equal(await page.evaluate(() => document.activeElement?.textContent), "Start");
      await page.keyboard.press("Escape");
      assert.equal(await page.evaluate(() => document.activeElement?.getAttribute("aria-label")), "Actions for dockhost-linus");
      await page.keyboard.press("?");
      await page.getByRole("dialog", { name: "Keyboard shortcuts" }).waitFor();
      await shoot("15-help");
    },
  },
  {
    name: "everything that can be used has a name",
    async run({ page }) {
      await openLog(page, "shop-web-1");
      await button(page, "What to fetch").click();
      const nameless = await page.locator("button, a, input, select, [role=img], [role=log], section, dialog").evaluateAll((all) =>
        all.filter((e) => {
          const labelled = e.getAttribute("aria-labelledby");
          const name = e.getAttribute("aria-label") || (labelled && document.getElementById(labelled)?.textContent) || e.closest("label")?.textContent || e.textContent;
          return !name?.trim();
        }).map((e) => e.outerHTML.slice(0, 120)));
      assert.deepEqual(nameless, []);
      assert.equal(await page.locator("h1").count(), 1);
      assert.equal(await page.locator("main").count(), 1);
      assert.equal(await page.getByLabel("Engine: reachable").count(), 1);
      assert.equal(await row(page, "shop-web-1").getByRole("img", { name: /^CPU [\d.]+ %$/ }).count(), 1);
    },
  },
  {
    name: "what makes no sense is left out, and the page goes on",
    async run({ page, mock }) {
      await row(page, "shop-web-1").waitFor();
      for (const payload of [null, 5, "x", [], { containers: [{}] }, { container_id: 5 }]) {
        for (const event of ["container_state_change", "container_state_changes", "log_update", "stats_update", "node_state", "log_gap", "heartbeat", "unheard_of"]) {
          await mock.control({ do: "raw", event, payload });
        }
      }
      await mock.control({ do: "state", name: "dockhost-linus", state: "running" });
      await eventually("still alive", async () => (await row(page, "dockhost-linus").locator(".dot").getAttribute("aria-label")) === "running");
      assert.equal(await page.locator(".row").count(), 13);
      assert.equal(await page.locator(".notice").count(), 1);
    },
  },
  {
    name: "200 containers, under a path prefix",
    flags: ["--prefix", "/nodes/7/"],
    async run({ page, mock, shoot }) {
      assert.match(page.url(), /\/nodes\/7\/$/);
      await row(page, "shop-web-1").waitFor();
      await mock.control({ do: "add", count: 187 });
      await eventually("all are there", async () => (await page.locator(".row").count()) === 200);
      const frames = await measureFrames(page);
      await page.waitForTimeout(5000);
      const measured = await frames();
      console.log(`        ${told(measured)}`);
      await page.locator(".list").evaluate((e) => { e.scrollTop = 400; });
      await shoot("16-two-hundred");
      assertSmooth("stats of 200 containers", measured);
    },
  },
];
