// SPDX-License-Identifier: MIT
// The links that the page depends on, and who may use it.
import assert from "node:assert/strict";
import { download, followsEnd, held, openLog, openMenu, row, stateBecomes, waitForEnd } from "./reader.mjs";
import { becomes, eventually } from "./support.mjs";

export const linkCases = [
  {
    name: "a lost connection comes back by itself, every stream where it was, without doubles",
    async run({ page, mock, shoot }) {
      await openLog(page, "shop-web-1");
      await mock.control({ do: "rate", name: "shop-web-1", rate: 400 });
      for (const how of ["drop", "close", "drop"]) {
        await page.locator(".phase-live").waitFor();
        const before = await held(page);
        await eventually("lines come", async () => (await held(page)) > before + 200);
        await mock.control({ do: "away", now: true });
        await mock.control({ do: how });
        await page.getByText("Connection lost").waitFor();
        assert.ok(await page.locator(".row").count() > 10, "the list stays");
        if (how === "close") await shoot("05-connection-lost");
        await mock.control({ do: "away", now: false });
        await page.locator(".chip-good", { hasText: "Live" }).waitFor();
      }
      await page.locator(".phase-live").waitFor();
      await followsEnd(page, true);
      await mock.control({ do: "rate", name: "shop-web-1", rate: 0 });
      await waitForEnd(page, mock, "shop-web-1");
      const lines = await download(page);
      const end = await mock.control({ do: "end", name: "shop-web-1" });
      assert.deepEqual(lines, await mock.control({ do: "text", name: "shop-web-1", from: end - lines.length, to: end }));
      assert.ok(lines.length > 1000, `${lines.length} lines`);
      assert.equal(await page.locator(".log-gap").count(), 0);
    },
  },
  {
    name: "engine and main server are seen to go and come",
    async run({ page, mock, shoot }) {
      await page.locator(".chip-good", { hasText: "Engine" }).waitFor();
      await mock.control({ do: "engine", reachable: false });
      await mock.control({ do: "main_server", state: "disconnected" });
      await page.locator(".chip-bad", { hasText: "Engine" }).waitFor();
      await page.getByText("The container engine does not answer").waitFor();
      await page.getByLabel("Main server: disconnected").waitFor();
      for (const name of ["dockhost-ada", "old-importer"]) await stateBecomes(page, name, "unknown");
      await shoot("06-engine-gone");
      await mock.control({ do: "engine", reachable: true });
      await page.locator(".chip-good", { hasText: "Engine" }).waitFor();
      await stateBecomes(page, "dockhost-ada", "running");
    },
  },
  {
    name: "a token is asked for, kept in the session, and never stays in the address",
    flags: ["--token", "viewer=see", "--token", "operator=do"],
    async run({ page, mock, shoot }) {
      const dialog = page.getByRole("dialog", { name: "The node asks for a token" });
      await dialog.waitFor();
      await shoot("09-token");
      await page.getByLabel("Token", { exact: true }).fill("wrong");
      await page.keyboard.press("Enter");
      await dialog.getByText("Unknown or expired token").waitFor();
      await page.getByLabel("Token", { exact: true }).fill("see");
      await page.keyboard.press("Enter");
      await row(page, "shop-web-1").waitFor();
      await page.getByRole("dialog").waitFor({ state: "detached" });
      assert.equal(await page.evaluate(() => sessionStorage.getItem("dockhost.token")), "see");
      await openMenu(page, "dockhost-ada");
      assert.deepEqual(await page.getByRole("menuitem").allInnerTexts(), ["Open log", "Copy id"]);
      await page.keyboard.press("Escape");
      await page.goto(`${mock.url}?token=do#shop-web-1`);
      await page.locator(".log-row").first().waitFor();
      await becomes("the address without the token", () => page.url(), `${mock.url}#shop-web-1`);
      await mock.control({ do: "token_expiring", at: new Date(Date.now() + 58_000).toISOString() });
      await page.getByText(/Your token ends/).waitFor();
      await shoot("10-token-expiring");
      // A refusal later on leaves the list and the log where they are.
      await mock.control({ do: "refuse", reason: "Token expired" });
      await mock.control({ do: "close" });
      await dialog.waitFor();
      assert.ok(await page.locator(".row").count() > 10);
      assert.ok(await page.locator(".log-row").count() > 10);
      await mock.control({ do: "refuse", reason: "" });
      await page.getByLabel("Token", { exact: true }).fill("do");
      await page.keyboard.press("Enter");
      await page.locator(".phase-live").waitFor();
    },
  },
];
