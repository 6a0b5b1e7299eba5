// SPDX-License-Identifier: MIT
// npm's socket.io-client, making the engine calls of a command and nothing else: what the way that commands are
// measured on adds by itself. Arguments: URL of the main server, socket of the engine.
import { createRequire } from "node:module";
import { DirectCalls, Engine } from "./engine.mjs";

const packages = createRequire(new URL("../../tests/e2e/package.json", import.meta.url));
const { io } = packages("socket.io-client");

const [url, path] = process.argv.slice(2);
const direct = new DirectCalls(new Engine(path));
const socket = io(url, { transports: ["websocket"], query: { role: "calls" } });
socket.on("calls", async (calls, acknowledge) => {
  try {
    acknowledge({ success: true, id: await direct.make(calls) });
  } catch (error) {
    acknowledge({ success: false, message: error.message });
  }
});
process.stdin.resume().on("close", () => process.exit(0)); // with its parent
