// SPDX-License-Identifier: MIT
// The log of one container.
import assert from "node:assert/strict";
import {
  assertSmooth, button, firstLine, followsEnd, held, isPressed, lastLine, openLog, openQuietLog, told, topNumber,
} from "./reader.mjs";
import { becomes, drawn, eventually, measureFrames, still } from "./support.mjs";

export const logCases = [
  {
    name: "a log is text only, with colours, levels, search and matches",
    async run({ page, mock, shoot }) {
      await openQuietLog(page, mock, "shop-web-1");
      await page.locator(".log-row", { hasText: "<b>markup</b>" }).first().waitFor();
      assert.equal(await page.locator(".log-row img, .log-row b, .log-row script").count(), 0);
      assert.ok(await page.locator(".log-row .fg-2", { hasText: "INFO" }).count() > 3);
      assert.ok(await page.locator(".log-row.level-error").count() > 0);
      await mock.control({ do: "line", name: "shop-web-1", text: "\u001b[38;2;10;200;30mtrue colour\u001b[0m" });
      const coloured = page.locator(".log-row span", { hasText: /^true colour$/ }).last();
      await coloured.waitFor();
      assert.equal(await coloured.evaluate((e) => getComputedStyle(e).color), "rgb(10, 200, 30)");
      await mock.control({ do: "line", name: "shop-web-1", text: `long ${"x".repeat(20_000)} end` });
      await button(page, "16,009 more characters").click();
      const whole = page.getByRole("dialog", { name: "The whole line" });
      await whole.waitFor();
      assert.equal(await page.locator(".log-scroller").evaluate((e) => e.scrollLeft), 0, "the button is within reach");
      assert.match(await whole.locator("pre").innerText(), / end$/);
      await page.keyboard.press("Escape");
      await whole.waitFor({ state: "detached" });
      await page.keyboard.press("s");
      await page.keyboard.type("SLOW query");
      await page.keyboard.press("Enter");
      await page.locator(".log-row.current mark").waitFor();
      const rows = () => page.locator(".log-row").evaluateAll((all) => all.map((e) => e.querySelector("mark") !== null));
      await button(page, "Matching lines only").click();
      await eventually("only matches", async () => (await rows()).every((matches) => matches));
      await button(page, "Matching lines only").click();
      await eventually("all lines", async () => (await rows()).some((matches) => !matches));
      await page.locator(".log-row.current mark").waitFor();
      await shoot("02-log-light");
    },
  },
  {
    name: "follow, pause and back to the end",
    async run({ page, mock }) {
      await openLog(page, "shop-web-1");
      await mock.control({ do: "rate", name: "shop-web-1", rate: 50 });
      const first = await lastLine(page);
      await eventually("new lines are shown", async () => (await lastLine(page)) !== first);
      await page.mouse.move(1000, 400);
      await page.mouse.wheel(0, -300);
      await followsEnd(page, false);
      await still(page.locator(".log-scroller"));
      const top = await firstLine(page);
      const before = await held(page);
      await eventually("lines go on to come", async () => (await held(page)) > before + 20);
      assert.equal(await firstLine(page), top);
      await button(page, "Go to the end").click();
      await followsEnd(page, true);
      await page.keyboard.press("p");
      await page.locator(".to-end", { hasText: "Paused" }).waitFor();
      const last = await lastLine(page);
      await eventually("lines wait", async () => /[1-9]\d+ new/.test(await page.locator(".to-end").innerText()));
      assert.equal(await lastLine(page), last);
      await page.keyboard.press("p");
      await eventually("goes on", async () => (await lastLine(page)) !== last);
    },
  },
  {
    name: "keys move the log at once, however quickly they come",
    async run({ page, mock }) {
      await openQuietLog(page, mock, "shop-db-1");
      const log = page.locator(".log-scroller");
      const height = await log.evaluate((e) => e.clientHeight);
      const pages = Math.floor(height / 20) - 2;
      await log.focus();
      // Up to where browsers can make an element high enough, and beyond.
      for (const lines of [5_000, 410_000]) {
        await mock.control({ do: "length", name: "shop-db-1", lines });
        await becomes("all lines", () => held(page), lines);
        const end = lines * 20 - height;
        const steps = {
          Home: () => 0, End: () => end, PageUp: (at) => at - 20 * pages, PageDown: (at) => at + 20 * pages,
          ArrowUp: (at) => at - 20, ArrowDown: (at) => at + 20, "Shift+Space": (at) => at - 20 * pages, Space: (at) => at + 20 * pages,
        };
        const names = Object.keys(steps);
        let at = end;
        let random = 1;
        for (let burst = 0; burst < 25; burst++) {
          for (let n = 0; n < 12; n++) {
            random = (random * 48_271) % 2_147_483_647;
            const key = names[random % names.length];
            await page.keyboard.press(key);
            at = Math.min(end, Math.max(0, steps[key](at)));
          }
          await becomes(`the log stands where the keys of burst ${burst} lead`, async () => [
            await topNumber(page), await isPressed(page, "Follow the end"),
          ], [Math.floor(at / 20), String(at === end)]);
        }
        // A browser's own animation takes some 150 ms, and a key that comes as it ends may be lost.
        for (let pause = 0; pause < 240; pause += 8) {
          await page.keyboard.press("Home");
          await page.waitForTimeout(pause);
          await page.keyboard.press("End");
          await becomes(`the last line, ${pause} ms after Home`, () => page.locator(`[data-line="${lines - 1}"]`).count(), 1);
        }
        // A key and a button have the last word over a scroll that still goes on.
        for (const goToEnd of [() => page.keyboard.press("End"), () => button(page, "Go to the end").click()]) {
          await still(log);
          await log.evaluate((e) => new Promise((resolve) => {
            let left = 5;
            e.addEventListener("scroll", () => --left || resolve());
            e.scrollTo({ top: e.scrollTop - 3000, behavior: "smooth" });
          }));
          await goToEnd();
          await still(log);
          await becomes("the end in spite of a scroll", async () => [
            await isPressed(page, "Follow the end"), await page.locator(`[data-line="${lines - 1}"]`).count(),
          ], ["true", 1]);
          await log.focus();
        }
      }
    },
  },
  {
    name: "gaps are seen where they are",
    async run({ page, mock, shoot }) {
      await openQuietLog(page, mock, "shop-api-1");
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
      await openQuietLog(page, mock, "shop-db-1");
      await button(page, "What to fetch").click();
      const streaming = await measureFrames(page);
      await mock.control({ do: "rate", name: "shop-db-1", rate: 100_000 });
      await eventually("300,000 lines at 100,000 a second", async () => (await held(page)) > 300_000);
      await mock.control({ do: "rate", name: "shop-db-1", rate: 0 });
      const stream = await streaming();
      const total = Math.max(1_100_000, await mock.control({ do: "end", name: "shop-db-1" }));
      await mock.control({ do: "length", name: "shop-db-1", lines: total });
      await becomes("a million lines", () => held(page), total);

      const scrolling = await measureFrames(page);
      await page.mouse.move(1000, 500);
      for (let n = 0; n < 30; n++) await page.mouse.wheel(0, n % 3 === 2 ? 900 : -700);
      const scroller = page.locator(".log-scroller");
      for (const share of [0, 0.25, 0.5, 0.75, 1, 0.1, 0.9, 0.333]) {
        await scroller.evaluate((e, s) => { e.scrollTop = (e.scrollHeight - e.clientHeight) * s; }, share);
        await drawn(page, 5);
        assert.ok(await page.locator(".log-row").count() > 20, "rows are drawn everywhere");
      }
      const scroll = await scrolling();

      // Both ends are reached, and a step of the wheel is a step of the lines.
      await scroller.focus();
      await page.keyboard.press("Home");
      await becomes("the first line", () => topNumber(page), 0);
      await page.keyboard.press("End");
      await becomes("the last line", () => page.locator(`[data-line="${total - 1}"]`).count(), 1);
      await still(scroller);
      await scroller.evaluate((e) => { e.scrollTop = e.scrollHeight / 2; });
      await followsEnd(page, false);
      await still(scroller);
      const top = await topNumber(page);
      await page.mouse.wheel(0, 200);
      await becomes("ten lines on", () => topNumber(page), top + 10);

      const searching = await measureFrames(page);
      await page.getByLabel("Search in the log").fill("upstream");
      await eventually("all is searched", async () => /^[\d,]+$/.test(await page.locator(".matches").innerText()));
      const search = await searching();
      await shoot("04-a-million-lines");
      console.log(`        streaming: ${told(stream)}\n        scrolling: ${told(scroll)}\n        searching: ${told(search)}`);
      for (const [what, measured] of Object.entries({ stream, scroll, search })) assertSmooth(what, measured);
    },
  },
];
