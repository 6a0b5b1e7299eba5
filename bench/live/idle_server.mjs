// SPDX-License-Identifier: MIT
// npm's socket.io server that does nothing; prints its port. Collects its garbage, so that only what clients cost is
// measured.
import { createServer } from "node:http";
import { createRequire } from "node:module";

const { Server } = createRequire(new URL("../../tests/e2e/package.json", import.meta.url))("socket.io");
const http = createServer();
new Server(http, { serveClient: false });
http.listen(0, "127.0.0.1", () => console.log(http.address().port));
setInterval(() => globalThis.gc(), 500);
