// SPDX-License-Identifier: MIT
// The page as a whole: colours, widths, keyboard, names.
import assert from "node:assert/strict";
import { button, figuresCome, focusBecomes, followsEnd, isPressed, openLog, openQuietLog, row } from "./reader.mjs";
import { becomes, drawn, eventually } from "./support.mjs";

/** The numbers of the lines that are seen whole. */
const wholeLines = (page) => page.locator(".log-row").evaluateAll((rows) => {
  const edge = document.querySelector(".log-scroller").getBoundingClientRect();
  return rows.filter((r) => {
    const b = r.getBoundingClientRect();
    return b.top >= edge.top - 1 && b.bottom <= edge.bottom + 1;
  }).map((r) => Number(r.dataset.line));
});

export const pageCases = [
  {
    name: "dark and light, by the system or by choice",
    async run({ page, shoot }) {
      await openLog(page, "shop-web-1");
      const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
      const light = await ground();
      await page.emulateMedia({ colorScheme: "dark" });
      await eventually("dark", async () => (await ground()) !== light);
      await figuresCome(page, "shop-web-1");
      await shoot("11-dark");
      await page.getByRole("button", { name: /^Colours/ }).click();
      await becomes("light by choice", ground, light);
      await page.reload();
      await row(page, "shop-web-1").waitFor();
      await becomes("still light by choice", ground, light);
    },
  },
  {
    name: "360 pixels wide: nothing overflows, the log takes the page",
    async run({ page, mock, shoot }) {
      await page.setViewportSize({ width: 360, height: 740 });
      await page.reload();
      await row(page, "shop-web-1").waitFor();
      await figuresCome(page, "dockhost-ada");
      const fits = () => becomes("nothing overflows", () => page.evaluate(() => document.documentElement.scrollWidth - innerWidth), 0);
      await fits();
      await shoot("12-phone-list");
      await row(page, "shop-web-1").scrollIntoViewIfNeeded();
      const lines = await openQuietLog(page, mock, "shop-web-1");
      assert.ok(lines > 300);
      await fits();
      assert.equal(await isPressed(page, "Wrap long lines"), "true");
      // Wrapped rows: the last line is seen whole at the end, and each line can be reached.
      await eventually("the last line lies within", async () => (await wholeLines(page)).includes(lines - 1));
      const log = page.locator(".log-scroller");
      let last = await wholeLines(page);
      const seen = new Set(last);
      for (let n = 0; n < 60; n++) {
        await log.evaluate((e) => { e.scrollTop -= 60; });
        await eventually("other lines", async () => (await wholeLines(page))[0] !== last[0]);
        last = await wholeLines(page);
        for (const line of last) seen.add(line);
      }
      const numbers = [...seen].sort((a, b) => a - b);
      assert.equal(numbers.at(-1) - numbers[0] + 1, numbers.length, "no line was jumped over");
      await button(page, "Follow the end").click();
      await followsEnd(page, true);
      await eventually("the last line again", async () => (await wholeLines(page)).includes(lines - 1));
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
      await focusBecomes(page, "dockhost-ada");
      await page.keyboard.press("ArrowDown");
      await page.keyboard.press("j");
      await focusBecomes(page, "dockhost-linus");
      await shoot("14-keyboard");
      await page.keyboard.press("Enter");
      await page.getByRole("region", { name: "Log of dockhost-linus" }).waitFor();
      await page.locator(".log-row .log-time").first().waitFor();
      await page.keyboard.press("f");
      await followsEnd(page, false);
      await page.keyboard.press("t");
      await becomes("no times", () => page.locator(".log-time").count(), 0);
      // The browser takes its time to fill the screen; the reader need not.
      const filled = () => page.evaluate(() => document.fullscreenElement !== null);
      for (let n = 0; n < 5; n++) {
        await page.keyboard.press("z");
        await page.locator(".panel.full").waitFor();
        await becomes("the whole screen", filled, true);
        for (const key of ["Escape", "z", "Escape"]) await page.keyboard.press(key);
        await page.locator(".panel:not(.full)").waitFor();
        await drawn(page, 20);
        await becomes("no longer the whole screen", filled, false);
        assert.equal(await page.locator(".panel:not(.full)").count(), 1);
      }
      await page.keyboard.press("Escape");
      await page.locator(".panel").waitFor({ state: "detached" });
      await focusBecomes(page, "dockhost-linus");
      await page.keyboard.press("Tab");
      await page.keyboard.press("Enter");
      await page.getByRole("menu").waitFor();
      await focusBecomes(page, "Open log");
      await page.keyboard.press("ArrowDown");
      await focusBecomes(page, "Start");
      await page.keyboard.press("Escape");
      await focusBecomes(page, "Actions for dockhost-linus");
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
      await page.locator(".log-filters").waitFor();
      await row(page, "shop-web-1").getByRole("img", { name: /^CPU [\d.]+ %$/ }).waitFor();
      await page.getByLabel("Engine: reachable").waitFor();
      const nameless = await page.locator("button, a, input, select, [role=img], [role=log], section, dialog").evaluateAll((all) =>
        all.filter((e) => {
          const labelled = e.getAttribute("aria-labelledby");
          const name = e.getAttribute("aria-label") || (labelled && document.getElementById(labelled)?.textContent) || e.closest("label")?.textContent || e.textContent;
          return !name?.trim();
        }).map((e) => e.outerHTML.slice(0, 120)));
      assert.deepEqual(nameless, []);
      assert.equal(await page.locator("h1").count(), 1);
      assert.equal(await page.locator("main").count(), 1);
    },
  },
];
