// SPDX-License-Identifier: MIT
// npm's socket.io-client, answering at once: what a round trip costs with no node in it.
import { createRequire } from "node:module";

const packages = createRequire(new URL("../../tests/e2e/package.json", import.meta.url));
const { io } = packages("socket.io-client");

const socket = io(process.argv[2], { transports: ["websocket"], query: { role: "echo" } });
socket.on("echo", (payload, acknowledge) => acknowledge(payload));
process.stdin.resume().on("close", () => process.exit(0)); // with its parent
