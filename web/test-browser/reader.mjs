// SPDX-License-Identifier: MIT
// What a reader sees on the page and does with it: short words for the cases.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { becomes, eventually } from "./support.mjs";

export const row = (page, name) => page.locator(".row", { has: page.locator(`[data-row="${name}"]`) });
export const button = (page, name) => page.getByRole("button", { name, exact: true });

/** How many lines the page says that it holds; -1: it says nothing yet. */
export async function held(page) {
  const status = await page.locator(".log-status").innerText();
  return Number(/([\d,]+) lines?/.exec(status)?.[1]?.replaceAll(",", "") ?? -1);
}

export const firstLine = (page) => page.locator(".log-row").first().innerText();
export const lastLine = (page) => page.locator(".log-row").last().innerText();
/** The number of the first line that is drawn. */
export const topNumber = async (page) => Number(await page.locator(".log-row").first().getAttribute("data-line"));

export const isPressed = (page, name) => button(page, name).getAttribute("aria-pressed");
export const followsEnd = (page, wanted) => becomes(`follows the end: ${wanted}`, () => isPressed(page, "Follow the end"), String(wanted));

export const dot = (page, name) => row(page, name).locator(".dot").getAttribute("aria-label");
export const stateBecomes = (page, name, state) => becomes(`${name} is ${state}`, () => dot(page, name), state);
export const rowsBecome = (page, count) => becomes(`${count} rows`, () => page.locator(".row").count(), count);

export const focusBecomes = (page, wanted) => becomes(`the focus is on ${wanted}`, () => page.evaluate(() => {
  const focused = document.activeElement;
  return focused?.getAttribute("data-row") ?? focused?.getAttribute("aria-label") ?? focused?.textContent;
}), wanted);

export async function openLog(page, name) {
  await page.locator(`[data-row="${name}"]`).click();
  await page.locator(".phase-live").waitFor();
  await page.locator(".log-row").first().waitFor();
}

/** Opens a log that does not grow, and waits until it is there to its end; its number of lines. */
export async function openQuietLog(page, mock, name) {
  await openLog(page, name);
  await mock.control({ do: "rate", name, rate: 0 });
  return waitForEnd(page, mock, name);
}

/** Waits until the last line of a log that does not grow is drawn and counted; how many lines the page holds. */
export async function waitForEnd(page, mock, name) {
  const end = await mock.control({ do: "end", name });
  const [last] = await mock.control({ do: "text", name, from: end - 1, to: end });
  const text = last.slice(last.indexOf(" ") + 1).replaceAll(/\u001b\[[\d;]*m/g, "");
  await eventually("the last line", async () => (await page.locator(".log-row").last().locator(".log-text").innerText()) === text);
  const lines = 1 + Number(await page.locator(".log-row").last().getAttribute("data-line"));
  await becomes("all lines are counted", () => held(page), lines);
  return lines;
}

/** Everything that the page holds, by way of its own download button. */
export async function download(page) {
  const [file] = await Promise.all([page.waitForEvent("download"), button(page, "Download what is held").click()]);
  return (await readFile(await file.path(), "utf8")).trimEnd().split("\n");
}

export async function openMenu(page, name) {
  await page.getByRole("button", { name: `Actions for ${name}` }).first().click();
  await page.getByRole("menu").waitFor();
}

export async function chooseAction(page, name, action) {
  await openMenu(page, name);
  await page.getByRole("menuitem", { name: action, exact: true }).click();
}

/** Waits until the figures of that container's processor have become a line. */
export const figuresCome = (page, name) => eventually("sparklines with some samples", async () =>
  (await row(page, name).locator(".cpu .line").getAttribute("d"))?.split("L").length > 3);

export const told = ({ frames, tasks, busy, task, interval }) =>
  `${frames} frames, ${tasks} tasks, the longest ${busy.toFixed(0)} ms of processor time, ${task > 0 ? task.toFixed(0) : "under 50"} ms by the clock; longest time between two frames ${interval.toFixed(0)} ms`;

export function assertSmooth(what, measured) {
  assert.ok(measured.frames > 20 && measured.tasks > 100, `${what}: frames are drawn at all: ${told(measured)}`);
  assert.ok(measured.busy <= 50, `${what}: ${told(measured)}`);
}
