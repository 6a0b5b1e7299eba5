// SPDX-License-Identifier: MIT
// An image registry for one image, out of what `docker save` wrote: enough of the distribution API for a pull.
// argv[2]: {folder} (the unpacked archive). Lines in: {id, op:"mode", mode}; lines out: {t:"listening", port},
// {t:"reply", id}, {t:"get", what} per request. Modes: "serve"; "stall" sends the first bytes of a layer and no more.
import { createHash } from "node:crypto";
import { createReadStream, readFileSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { createInterface } from "node:readline";

const config = JSON.parse(process.argv[2]);
const out = (message) => process.stdout.write(JSON.stringify(message) + "\n");
let mode = "serve";

async function digest(file) {
  const hash = createHash("sha256");
  for await (const bytes of createReadStream(file)) hash.update(bytes);
  return `sha256:${hash.digest("hex")}`;
}

const saved = JSON.parse(readFileSync(join(config.folder, "manifest.json")))[0];
const blobs = new Map(); // digest -> file
async function blob(name, mediaType) {
  const file = join(config.folder, name);
  const id = await digest(file);
  blobs.set(id, file);
  return { mediaType, size: statSync(file).size, digest: id };
}
const media = "application/vnd.docker";
const layers = [];
for (const name of saved.Layers) layers.push(await blob(name, `${media}.image.rootfs.diff.tar.gzip`));
const manifest = JSON.stringify({
  schemaVersion: 2,
  mediaType: `${media}.distribution.manifest.v2+json`,
  config: await blob(saved.Config, `${media}.container.image.v1+json`),
  layers,
});
const manifestDigest = `sha256:${createHash("sha256").update(manifest).digest("hex")}`;

const stalled = new Set();

function sendBlob(request, response, file, isLayer) {
  response.writeHead(200, { "Content-Length": statSync(file).size, "Content-Type": "application/octet-stream" });
  if (request.method === "HEAD") return response.end();
  const go = () => createReadStream(file).pipe(response);
  if (mode === "serve" || !isLayer) return go();
  response.flushHeaders();
  stalled.add(go);
  response.on("close", () => stalled.delete(go));
}

const server = createServer((request, response) => {
  const [, kind, id] = request.url.match(/\/(manifests|blobs)\/([^/?]+)/) ?? [];
  if (kind === "manifests") {
    if (request.method === "GET") out({ t: "get", what: "manifest" });
    response.writeHead(200, {
      "Content-Type": `${media}.distribution.manifest.v2+json`,
      "Content-Length": Buffer.byteLength(manifest),
      "Docker-Content-Digest": manifestDigest,
    });
    response.end(request.method === "HEAD" ? undefined : manifest);
  } else if (kind === "blobs" && blobs.has(id)) {
    const isLayer = layers.some((layer) => layer.digest === id);
    if (request.method === "GET" && isLayer) out({ t: "get", what: "layer" });
    sendBlob(request, response, blobs.get(id), isLayer);
  } else {
    response.writeHead(kind ? 404 : 200, { "Docker-Distribution-Api-Version": "registry/2.0" });
    response.end("{}");
  }
});

createInterface({ input: process.stdin }).on("line", (line) => {
  const request = JSON.parse(line);
  mode = request.mode;
  if (mode === "serve") for (const go of [...stalled]) go();
  stalled.clear();
  out({ t: "reply", id: request.id, value: null });
}).on("close", () => process.exit(0));

server.listen(0, "127.0.0.1", () => out({ t: "listening", port: server.address().port }));
