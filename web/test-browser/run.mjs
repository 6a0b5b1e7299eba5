// SPDX-License-Identifier: MIT
// Checks the built page in a real browser, on the mock server.
//   node test-browser/run.mjs [FOLDER FOR SCREENSHOTS] [--only NAME]
// Run `npm run build` first. Ends with 'N passed, N failed'; exits 1 if any failed.
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { cases } from "./cases.mjs";
import { startBrowser, startMock, watchTrouble } from "./support.mjs";

const { values, positionals } = parseArgs({ allowPositionals: true, options: { only: { type: "string" } } });
const folder = positionals[0];
if (folder) await mkdir(folder, { recursive: true });

const browser = await startBrowser();
let failed = 0;
let passed = 0;
for (const { name, flags = [], before, run } of cases) {
  if (values.only && !name.includes(values.only)) continue;
  const mock = await startMock(...flags);
  const page = await browser.context.newPage();
  const trouble = watchTrouble(page, mock.url);
  const shoot = async (file) => {
    if (folder) await page.screenshot({ path: join(folder, `${file}.png`) });
  };
  try {
    await page.setViewportSize({ width: 1440, height: 860 });
    await page.emulateMedia({ colorScheme: "light" });
    await before?.({ page, mock });
    await page.goto(mock.url);
    await run({ page, mock, shoot });
    if (trouble.length > 0) throw new Error(trouble.join("\n"));
    passed++;
    console.log(`ok      ${name}`);
  } catch (error) {
    failed++;
    console.log(`FAILED  ${name}\n        ${String(error.stack ?? error).replaceAll("\n", "\n        ")}`);
    await shoot(`failed-${passed + failed}`).catch(() => {});
  }
  await page.evaluate(() => localStorage.clear()).catch(() => {});
  await page.close();
  await mock.stop();
}
await browser.stop();
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 || passed === 0 ? 1 : 0);
