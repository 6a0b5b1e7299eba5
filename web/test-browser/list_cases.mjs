// SPDX-License-Identifier: MIT
// The list of containers.
import assert from "node:assert/strict";
import { assertSmooth, figuresCome, row, rowsBecome, stateBecomes, told } from "./reader.mjs";
import { becomes, eventually, measureFrames, noteComing, still } from "./support.mjs";

export const listCases = [
  {
    name: "the list shows containers by group, with ports as links and figures",
    async run({ page, shoot }) {
      await row(page, "shop-web-1").waitFor();
      await rowsBecome(page, 13);
      assert.deepEqual(await page.locator(".group-title").allInnerTexts(), ["Users", "metrics", "shop", "Standalone containers"]);
      const ports = row(page, "shop-web-1").locator("a.port");
      assert.deepEqual(await ports.evaluateAll((links) => links.map((a) => [a.href, a.rel])), [
        ["http://127.0.0.1:8080/", "noopener noreferrer"], ["https://127.0.0.1:8443/", "noopener noreferrer"],
      ]);
      assert.equal(await row(page, "dockhost-ada").locator("a.port").first().getAttribute("href"), "ssh://127.0.0.1:1027");
      assert.match(await row(page, "shop-web-1").innerText(), /up 4 h/);
      await figuresCome(page, "shop-db-1");
      assert.match(await row(page, "shop-db-1").innerText(), /%\s*[\d.]+ MiB\s*↓/);
      await shoot("01-list-light");
    },
  },
  {
    name: "changes of state are seen at once, single or in a batch, removals too",
    async run({ page, mock }) {
      await row(page, "dockhost-linus").waitFor();
      for (const state of ["running", "paused", "stopped", "dead", "unknown", "running"]) {
        await mock.control({ do: "state", name: "dockhost-linus", state });
        await stateBecomes(page, "dockhost-linus", state);
      }
      await mock.control({ do: "state", name: "backup", state: "removed" });
      await rowsBecome(page, 12);
      assert.equal(await row(page, "backup").count(), 0);
    },
  },
  {
    name: "search, filters and grouping",
    async run({ page }) {
      const names = () => page.locator(".name-text").allInnerTexts();
      await row(page, "shop-web-1").waitFor();
      await page.keyboard.press("/");
      await page.keyboard.type("shop web");
      await becomes("what is searched for", names, ["shop-web-1"]);
      await page.keyboard.press("Escape");
      await rowsBecome(page, 13);
      await page.getByRole("button", { name: /^Attention/ }).click();
      await becomes("what needs attention", names, ["metrics-grafana-1", "shop-worker-1", "old-importer"]);
      await page.getByRole("button", { name: /^All/ }).click();
      await page.getByLabel("Group by").selectOption("state");
      await becomes("groups by state", () => page.locator(".group-title").allInnerTexts(), ["Dead", "Paused", "Restarting", "Running", "Stopped"]);
      await page.getByLabel("Search containers").fill("nothing like this");
      await page.getByText("No container matches.").waitFor();
    },
  },
  {
    name: "what makes no sense is left out, and the page goes on",
    async run({ page, mock }) {
      await row(page, "shop-web-1").waitFor();
      const notices = await noteComing(page, ".notice");
      for (const payload of [null, 5, "x", [], { containers: [{}] }, { container_id: 5 }]) {
        for (const event of ["container_state_change", "container_state_changes", "log_update", "stats_update", "node_state", "log_gap", "heartbeat", "unheard_of"]) {
          await mock.control({ do: "raw", event, payload });
        }
      }
      await mock.control({ do: "state", name: "dockhost-linus", state: "running" });
      await stateBecomes(page, "dockhost-linus", "running");
      await rowsBecome(page, 13);
      assert.equal((await notices()).length, 1);
    },
  },
  {
    name: "200 containers, under a path prefix",
    flags: ["--prefix", "/nodes/7/"],
    async run({ page, mock, shoot }) {
      assert.match(page.url(), /\/nodes\/7\/$/);
      await row(page, "shop-web-1").waitFor();
      await mock.control({ do: "add", count: 187 });
      await rowsBecome(page, 200);
      const frames = await measureFrames(page);
      const rates = row(page, "dockhost-ada").locator(".net");
      for (let n = 0; n < 3; n++) {
        const before = await rates.innerText();
        await eventually("new figures", async () => (await rates.innerText()) !== before);
      }
      const measured = await frames();
      console.log(`        ${told(measured)}`);
      await page.locator(".list").evaluate((e) => { e.scrollTop = 400; });
      await still(page.locator(".list"));
      await shoot("16-two-hundred");
      assertSmooth("stats of 200 containers", measured);
    },
  },
];
