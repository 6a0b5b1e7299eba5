// SPDX-License-Identifier: MIT
// What an operator can do.
import assert from "node:assert/strict";
import { button, chooseAction, focusBecomes, openLog, openMenu, row, rowsBecome } from "./reader.mjs";
import { becomes, eventually, noteComing } from "./support.mjs";

const items = (page) => page.getByRole("menuitem").allInnerTexts();
const every = ["Open log", "Start", "Stop…", "Restart…", "Delete…", "Copy id"];

export const actionCases = [
  {
    name: "actions ask first, show that they run, and tell how it ended",
    async run({ page, mock, shoot }) {
      await row(page, "dockhost-linus").waitFor();
      const notices = await noteComing(page, ".notice");
      const said = (text) => eventually(text, async () => (await notices()).some((each) => each.includes(text)));
      await chooseAction(page, "dockhost-linus", "Start");
      await said("dockhost-linus was started.");
      await chooseAction(page, "dockhost-linus", "Delete…");
      const dialog = page.getByRole("dialog", { name: "Delete dockhost-linus?" });
      await dialog.waitFor();
      await shoot("07-delete");
      await focusBecomes(page, "Cancel");
      await page.keyboard.press("Enter");
      await dialog.waitFor({ state: "detached" });
      assert.deepEqual((await mock.control({ do: "seen" })).actions.map(({ action }) => action), ["start"]);
      await mock.control({ do: "hold", held: true });
      await chooseAction(page, "dockhost-linus", "Delete…");
      await dialog.getByRole("button", { name: "Delete" }).click();
      await becomes("busy", () => row(page, "dockhost-linus").getAttribute("aria-busy"), "true");
      await row(page, "dockhost-linus").getByText("deleting…").waitFor();
      await openMenu(page, "dockhost-linus");
      assert.equal(await page.locator("[role=menuitem]:not(:disabled)").count(), 2, "one action at a time");
      await page.keyboard.press("Escape");
      await mock.control({ do: "hold", held: false });
      await becomes("gone", () => row(page, "dockhost-linus").count(), 0);
      await chooseAction(page, "dockhost-grace", "Restart…");
      await button(page, "Restart").click();
      await said("dockhost-grace was restarted.");
      await mock.control({ do: "fail", error: "The engine refused: no space left on device", code: "internal" });
      await chooseAction(page, "dockhost-margaret", "Stop…");
      await button(page, "Stop").click();
      await page.getByRole("alert").filter({ hasText: "dockhost-margaret: The engine refused: no space left on device" }).waitFor();
      await rowsBecome(page, 12);
      await shoot("08-notices");
      await mock.control({ do: "error", text: "one more" });
      const more = page.getByRole("alert").filter({ hasText: "one more" });
      await more.getByRole("button", { name: "Dismiss" }).click();
      await more.waitFor({ state: "detached" });
      // Away from them: a notice that is read stays.
      await page.mouse.move(10, 10);
      await becomes("notices go by themselves", () => page.locator(".notice").count(), 0);
    },
  },
  {
    name: "what the node would refuse is not offered",
    async run({ page, mock, shoot }) {
      await row(page, "shop-web-1").waitFor();
      await openMenu(page, "dockhost-ada");
      assert.deepEqual(await items(page), every);
      assert.equal(await page.locator(".menu-note").count(), 0);
      await page.keyboard.press("Escape");
      await openMenu(page, "shop-web-1");
      assert.deepEqual(await items(page), ["Open log", "Copy id"]);
      await page.getByText("Not this node’s own: view only").waitFor();
      await shoot("17-view-only");
      await page.keyboard.press("Escape");
      await openLog(page, "shop-web-1");
      await page.locator(".panel-head").getByRole("button", { name: "Actions for shop-web-1" }).click();
      await becomes("the log's menu", () => items(page), ["Copy id"]);
      assert.deepEqual((await mock.control({ do: "seen" })).actions, []);
    },
  },
  {
    name: "actions on others' containers, where the node does them",
    flags: ["--foreign-actions"],
    async run({ page }) {
      await row(page, "shop-web-1").waitFor();
      const notices = await noteComing(page, ".notice");
      await openMenu(page, "shop-web-1");
      assert.deepEqual(await items(page), every);
      assert.equal(await page.locator(".menu-note").count(), 0);
      await page.keyboard.press("Escape");
      await chooseAction(page, "shop-web-1", "Restart…");
      await button(page, "Restart").click();
      await becomes("it was done", notices, ["shop-web-1 was restarted."]);
    },
  },
];
