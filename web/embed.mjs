// SPDX-License-Identifier: MIT
// node embed.mjs DIST OUT: compresses every file below DIST and writes OUT/embedded.cpp, which takes in their bytes with
// the assembler's .incbin: no compiler has to read an array of hundreds of thousands of numbers.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { extname, join, relative, resolve, sep } from "node:path";
import { gzipSync } from "node:zlib";

const [dist, out] = process.argv.slice(2).map((path) => resolve(path));
const types = {
  ".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml", ".png": "image/png", ".woff2": "font/woff2", ".json": "application/json",
};

function* filesBelow(folder) {
  for (const name of readdirSync(folder).sort()) {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) yield* filesBelow(path);
    else yield path;
  }
}

const byBytes = (a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name));
const files = [...filesBelow(dist)].map((path) => ({ path, name: relative(dist, path).split(sep).join("/") })).sort(byBytes);
if (files.length === 0) throw new Error(`no files in ${dist}`);
rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });

const blobs = [];
const rows = [];
for (const [n, { path, name }] of files.entries()) {
  const type = types[extname(name)];
  if (!type) throw new Error(`${name}: of no known type`);
  if (!/^[A-Za-z0-9._/-]+$/.test(name)) throw new Error(`${name}: not a name for an address`);
  const bytes = readFileSync(path);
  const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 32);
  const zipped = gzipSync(bytes, { level: 9 });
  const gzip = zipped.length < bytes.length ? zipped : Buffer.alloc(0);
  for (const [kind, content] of [["bytes", bytes], ["gzip", gzip]]) {
    const blob = join(out, `${n}.${kind}`);
    writeFileSync(blob, content);
    blobs.push({ symbol: `dockhost_web_${n}_${kind}`, blob, size: content.length, hash });
  }
  // Vite puts what has its hash in the name into assets/.
  const immutable = /^assets\/.+-[\w-]{8}\.\w+$/.test(name);
  rows.push(
    `    asset{"${name}", "${type}", {dockhost_web_${n}_bytes, ${bytes.length}}, {dockhost_web_${n}_gzip, ${gzip.length}},\n` +
    `          "\\"${hash}\\"", "\\"${hash}-gzip\\"", ${immutable}},`);
}

writeFileSync(join(out, "embedded.cpp"), `// Written by web/embed.mjs; not to be edited.
#include "web/assets.hpp"

#include <array>

${blobs.map(({ symbol, blob, hash }) => `// ${hash}
asm(".pushsection .rodata\\n"
    ".global ${symbol}\\n"
    "${symbol}:\\n"
    ".incbin \\"${blob}\\"\\n"
    ".byte 0\\n"
    ".popsection\\n");
extern "C" const char ${symbol}[];`).join("\n")}

namespace dockhost::web {

namespace {

const std::array files{
${rows.join("\n")}
};

} // namespace

std::span<const asset> all() noexcept {
    return files;
}

bool has_dashboard() noexcept {
    return true;
}

} // namespace dockhost::web
`);
