// SPDX-License-Identifier: MIT
// Sends back what it gets: the floor of any round trip between two processes here.
import { createServer } from "node:net";

const server = createServer({ noDelay: true }, (socket) => {
  socket.on("data", (bytes) => socket.write(bytes));
  socket.on("error", () => socket.destroy());
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
process.stdin.resume().on("close", () => process.exit(0)); // with its parent
