// SPDX-License-Identifier: MIT
// A main server that misbehaves, in one mode at a time. Lines in: {id, op:"mode", mode}, answered by
// {t:"reply", id}; lines out: {t:"listening", port} and, per connection that reached the mode's
// point, {t:"connection", mode}. argv[2]: {port}.
import { createServer } from "node:http";
import { createServer as createTcpServer } from "node:net";
import { createInterface } from "node:readline";
import { WebSocketServer } from "ws";

const config = JSON.parse(process.argv[2] ?? "{}");
const out = (message) => process.stdout.write(JSON.stringify(message) + "\n");
const open = '0{"sid":"rogue","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}';
let mode = "silent";

// What happens to the TCP connection before any HTTP.
const tcpModes = {
  silent: () => {},
  close: (socket) => socket.destroy(),
  noise: (socket) => socket.write(Buffer.alloc(4096, "\x00\xff\x7fgarbage")),
  endless_header: (socket) => {
    socket.write("HTTP/1.1 101 Switching Protocols\r\nX: ");
    const feed = setInterval(() => socket.write("x".repeat(65_536)), 5);
    socket.on("close", () => clearInterval(feed));
  },
};

// What happens once there is a WebSocket.
const websocketModes = {
  ws_silent: () => {},
  ws_text: (ws) => ws.send("hello world"),
  ws_bad_open: (ws) => ws.send('0{"sid":5,"pingInterval":"soon"}'),
  ws_open_only: (ws) => ws.send(open),
  ws_no_pings: (ws) => connected(ws, () => {}, open.replace("25000", "300").replace("20000", "300")),
  ws_unknown_engine_packet: (ws) => connected(ws, () => ws.send("9what")),
  ws_unknown_packet: (ws) => connected(ws, () => ws.send("49[]")),
  ws_no_json: (ws) => connected(ws, () => ws.send("42abc[")),
  ws_object: (ws) => connected(ws, () => ws.send("42{}")),
  ws_lone_binary: (ws) => connected(ws, () => ws.send(Buffer.alloc(100))),
  ws_oversize: (ws) => connected(ws, () => ws.send("42[\"" + "x".repeat(40 * 1024 * 1024) + '"]')),
  ws_bad_frame: (ws) => connected(ws, () => ws._socket.write(Buffer.from([0xff, 0x02, 0x68, 0x69]))),
  ws_flood: (ws) => {
    connected(ws, () => {
      const feed = setInterval(() => {
        for (let i = 0; i < 2_000 && ws.bufferedAmount < 1e6; ++i) ws.send('42["nonsense",{"USERNAME":"flood"}]');
      }, 1);
      ws.on("close", () => clearInterval(feed));
      setTimeout(() => ws.terminate(), 1_500);
    });
  },
};

/** The handshakes of Engine.IO and Socket.IO, then `then`. */
function connected(ws, then, packet = open) {
  ws.send(packet);
  ws.once("message", () => {
    ws.send('40{"sid":"rogue-socket"}');
    then();
  });
}

const http = createServer((request, response) => {
  // Polling, which a client falls back to, gets an answer that is none.
  response.end("<html>not here</html>");
});
const websockets = new WebSocketServer({ noServer: true });
http.on("upgrade", (request, socket, head) => {
  socket.on("error", () => {});
  if (!websocketModes[mode]) {
    out({ t: "connection", mode });
    socket.end("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
    return;
  }
  websockets.handleUpgrade(request, socket, head, (ws) => {
    ws.on("error", () => {});
    out({ t: "connection", mode });
    websocketModes[mode](ws);
  });
});

const tcp = createTcpServer((socket) => {
  socket.on("error", () => {});
  if (!tcpModes[mode]) {
    http.emit("connection", socket);
    return;
  }
  out({ t: "connection", mode });
  tcpModes[mode](socket);
});

createInterface({ input: process.stdin }).on("line", (line) => {
  const request = JSON.parse(line);
  mode = request.mode;
  out({ t: "reply", id: request.id, value: null });
}).on("close", () => process.exit(0));

tcp.listen(config.port ?? 0, "127.0.0.1", () => out({ t: "listening", port: tcp.address().port }));
