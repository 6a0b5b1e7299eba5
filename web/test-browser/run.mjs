// SPDX-License-Identifier: MIT
// Checks the built page in a real browser, on the mock server.
//   node test-browser/run.mjs [FOLDER FOR SCREENSHOTS] [--only NAME]
// Run `npm run build` first. Ends with what failed, in short, and 'N passed, N failed'; exits 1 if any failed.
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs, stripVTControlCharacters } from "node:util";
import { cases } from "./cases.mjs";
import { limit, startBrowser, startMock, watchTrouble } from "./support.mjs";

/** A case that takes longer hangs, in milliseconds. */
const longestCase = 300_000;

async function within(timeout, work) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done within ${timeout} ms`)), timeout);
  });
  await Promise.race([work, late]).finally(() => clearTimeout(timer));
}

const { values, positionals } = parseArgs({ allowPositionals: true, options: { only: { type: "string" } } });
const folder = positionals[0];
if (folder) await mkdir(folder, { recursive: true });

const browser = await startBrowser();
const failed = [];
let passed = 0;
for (const { name, flags = [], run } of cases) {
  if (values.only && !name.includes(values.only)) continue;
  const mock = await startMock(...flags);
  const page = await browser.context.newPage();
  page.setDefaultTimeout(limit);
  const trouble = watchTrouble(page, mock.url);
  const shoot = async (file) => {
    if (folder) await page.screenshot({ path: join(folder, `${file}.png`) });
  };
  try {
    await page.setViewportSize({ width: 1440, height: 860 });
    await page.emulateMedia({ colorScheme: "light" });
    await page.goto(mock.url);
    await within(longestCase, run({ page, mock, shoot }));
    if (trouble.length > 0) throw new Error(trouble.join("\n"));
    passed++;
    console.log(`ok      ${name}`);
  } catch (error) {
    const text = stripVTControlCharacters(String(error.stack ?? error));
    failed.push(`FAILED  ${name}: ${text.split("\n", 1)[0]}`);
    console.log(`FAILED  ${name}\n        ${text.replaceAll("\n", "\n        ")}`);
    await shoot(`failed-${passed + failed.length}`).catch(() => {});
  }
  await page.evaluate(() => localStorage.clear()).catch(() => {});
  await page.close();
  await mock.stop();
}
await browser.stop();
for (const line of failed) console.log(line.slice(0, 300));
console.log(`${passed} passed, ${failed.length} failed`);
process.exit(failed.length > 0 || passed === 0 ? 1 : 0);
