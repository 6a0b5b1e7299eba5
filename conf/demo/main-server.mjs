// SPDX-License-Identifier: MIT
// A small main server to see a node at work with: it asks the first node that connects for one
// container, and says how to log in to it. With --once it takes that container through its whole
// life, logs in twice by ssh, and exits 0 only if every step went well.
//
//   DOCKHOST_API_KEY=... node main-server.mjs --key PRIVATE_KEY_FILE [--once] [--user NAME]
//        [--port N] [--port-file FILE] [--host HOST_OF_THE_CONTAINERS] [--ssh-prefix "COMMAND "]
//
// PRIVATE_KEY_FILE.pub is the public key that goes into the container. --port-file receives the
// port that the server listens on (0, the default, lets the system choose). --ssh-prefix is only
// printed: what a person has to put before ssh.
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Server } from "socket.io";

const CREATE_MS = 300_000; // the node's own deadline is 240 s
const COMMAND_MS = 90_000;
const SSH_MS = 20_000;
const HELLO_MS = 60_000;

function usage(problem) {
  console.error(`main-server: ${problem}`);
  console.error("usage: DOCKHOST_API_KEY=... node main-server.mjs --key FILE [--once] [--user NAME]");
  console.error("       [--port N] [--port-file FILE] [--host HOST] [--ssh-prefix COMMAND]");
  process.exit(2);
}

function readOptions() {
  try {
    return parseArgs({
      options: {
        key: { type: "string" },
        once: { type: "boolean", default: false },
        user: { type: "string", default: "demo" },
        port: { type: "string", default: "0" },
        "port-file": { type: "string" },
        host: { type: "string", default: "127.0.0.1" },
        "ssh-prefix": { type: "string", default: "" },
      },
    }).values;
  } catch (error) {
    return usage(error.message);
  }
}

const options = readOptions();
const apiKey = process.env.DOCKHOST_API_KEY ?? "";
if (!options.key) usage("--key is missing");
if (apiKey === "") usage("DOCKHOST_API_KEY is not set");
if (!/^\d{1,5}$/.test(options.port)) usage("--port must be a number");

const folder = mkdtempSync(join(tmpdir(), "dockhost-demo-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

let steps = 0;
const say = (text) => console.log(`main server  ${text}`);
const step = (text) => console.log(`\nstep ${++steps}  ${text}`);

// ---------------------------------------------------------------- processes and ports, bounded

/** Runs a program without a shell; never rejects. `code` is null when the deadline ended it. */
function run(program, args, { input = "", ms = SSH_MS } = {}) {
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: ["pipe", "pipe", "pipe"] });
    let out = "";
    let err = "";
    const timer = setTimeout(() => child.kill("SIGKILL"), ms);
    child.stdout.on("data", (bytes) => (out += bytes));
    child.stderr.on("data", (bytes) => (err += bytes));
    child.stdin.on("error", () => {}); // the program may end without reading
    child.on("error", (error) => {
      clearTimeout(timer);
      resolve({ code: 127, out, err: error.message });
    });
    child.on("close", (code) => {
      clearTimeout(timer);
      resolve({ code, out, err });
    });
    child.stdin.end(input);
  });
}

/** Resolves to true when something accepts a TCP connection there. */
function accepts(port) {
  return new Promise((resolve) => {
    const socket = connect({ host: options.host, port, timeout: 3_000 });
    const end = (answer) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once("connect", () => end(true));
    socket.once("error", () => end(false));
    socket.once("timeout", () => end(false));
  });
}

const delay = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// ---------------------------------------------------------------- ssh, with the host key checked

const knownHosts = join(folder, "known_hosts");

/** Takes the host keys that the port shows, and keeps them only if one has that fingerprint. */
async function trustHostKey(port, fingerprint) {
  if (!fingerprint) throw new Error("the node's reply holds no sshHostKey to check the host with");
  const scan = await run("ssh-keyscan", ["-T", "10", "-p", String(port), options.host]);
  if (scan.out.trim() === "") throw new Error(`ssh-keyscan found no host key at port ${port}: ${scan.err.trim()}`);
  const file = join(folder, "scanned");
  writeFileSync(file, scan.out);
  const list = await run("ssh-keygen", ["-lf", file]);
  const shown = list.out.split("\n").filter(Boolean).map((line) => line.split(" ")[1]);
  if (!shown.includes(fingerprint)) {
    throw new Error(`the host key is not the one of the node's reply: ${fingerprint}, found ${shown.join(" ")}`);
  }
  writeFileSync(knownHosts, scan.out);
  return fingerprint;
}

function sshArguments(port) {
  return ["-i", options.key, "-p", String(port), `root@${options.host}`];
}

/** One command inside the container, by a real login with the key alone. */
async function ssh(port, command) {
  const checks = ["-F", "none", "-o", "BatchMode=yes", "-o", "IdentitiesOnly=yes", "-o", "ConnectTimeout=10",
    "-o", "StrictHostKeyChecking=yes", "-o", `UserKnownHostsFile=${knownHosts}`, "-o", "LogLevel=ERROR"];
  const result = await run("ssh", [...checks, ...sshArguments(port), command]);
  if (result.code !== 0) {
    throw new Error(`ssh ended with ${result.code ?? "its deadline"}: ${result.err.trim()}`);
  }
  return result.out.trim();
}

// ---------------------------------------------------------------- the conversation with the node

/** Sends a command as an event that asks for an acknowledgement; throws unless it succeeded. */
async function command(socket, name, fields, ms = COMMAND_MS) {
  const started = process.hrtime.bigint();
  const reply = await socket.timeout(ms).emitWithAck(name, { requestId: randomUUID(), ...fields });
  const took = Number(process.hrtime.bigint() - started) / 1e6;
  say(`${name}: ${reply?.message ?? JSON.stringify(reply)} (${took.toFixed(0)} ms)`);
  if (!reply?.success) {
    throw Object.assign(new Error(`${name} failed: ${reply?.message ?? "no reply"}`), { code: reply?.error?.code });
  }
  return reply.data;
}

async function create(socket) {
  const sshPublicKey = readFileSync(`${options.key}.pub`, "utf8").trim();
  const fields = { username: options.user, sshPublicKey };
  try {
    return await command(socket, "create-container", fields, CREATE_MS);
  } catch (error) {
    if (error.code !== "conflict") throw error;
    say("there is one from an earlier run: it goes first");
    await command(socket, "delete-container", { username: options.user });
    return command(socket, "create-container", fields, CREATE_MS);
  }
}

/** Says what is so, or fails because it is not. */
function expect(condition, text) {
  if (!condition) throw new Error(`this should be so and is not: ${text}`);
  say(text);
}

/** The container's whole life. */
async function cycle(socket) {
  const user = { username: options.user };
  step(`create a container for the user "${options.user}"`);
  const made = await create(socket);
  const port = made.ports.ssh;
  say(`container ${made.containerId.slice(0, 12)}, ports ${port} (ssh), ${made.ports.http} (http), ${made.ports.https} (https)`);

  step(`log in: ssh ${sshArguments(port).join(" ")}`);
  await trustHostKey(port, made.sshHostKey);
  say(`host key ${made.sshHostKey}`);
  const token = randomUUID();
  const first = await ssh(port, `echo ${token} > /root/left-here && cat /root/left-here && hostname`);
  expect(first.startsWith(token), `inside as root, on ${first.split("\n")[1] ?? "?"}; a file is left there`);

  step("stop it");
  await command(socket, "stop-container", user);
  expect(!(await accepts(port)), `port ${port} is closed`);

  step("start it again");
  const again = await command(socket, "start-container", user);
  expect(again.ports.ssh === port, `the same port: ${port}`);

  step("log in again");
  await waitForSsh(port);
  await trustHostKey(port, made.sshHostKey);
  const second = await ssh(port, "cat /root/left-here");
  expect(second === token, "the same host key, and the file is still there");

  step("delete it");
  await command(socket, "delete-container", user);
  expect(!(await accepts(port)), `port ${port} is closed`);
  const list = await command(socket, "list-containers", user);
  expect(list.containers.length === 0, "the node has no container of that user any more");
  console.log("\nAll steps went well.");
}

/** After a start, sshd needs a moment; a create waits for it by itself. */
async function waitForSsh(port) {
  const end = Date.now() + SSH_MS;
  while (Date.now() < end) {
    const scan = await run("ssh-keyscan", ["-T", "2", "-p", String(port), options.host], { ms: 5_000 });
    if (scan.out.trim() !== "") return;
    await delay(200);
  }
  throw new Error(`no SSH server answered at port ${port} within ${SSH_MS / 1000} s`);
}

/** Makes the container and says how to reach it. */
async function show(socket) {
  step(`create a container for the user "${options.user}"`);
  const made = await create(socket);
  const port = made.ports.ssh;
  await trustHostKey(port, made.sshHostKey);
  const who = await ssh(port, "hostname");
  say(`logged in by ssh once, to see that it works: ${who}`);
  console.log(`\nThe container is there. Log in with\n\n    ${options["ssh-prefix"]}ssh ${sshArguments(port).join(" ")}\n`);
  console.log(`(host key ${made.sshHostKey}; http at port ${made.ports.http}, https at port ${made.ports.https})`);
  console.log("Ctrl-C deletes the container and ends everything.\n");
}

// ---------------------------------------------------------------- the server

const http = createServer();
const io = new Server(http, { serveClient: false });
let node = null; // the connected node's socket
let begun = false;

io.use((socket, next) => {
  const good = socket.handshake.auth?.DOCKHOST_API_KEY === apiKey;
  if (!good) say("a peer with a wrong key was refused");
  next(good ? undefined : new Error("Invalid DOCKHOST_API_KEY"));
});

io.on("connection", (socket) => {
  if (socket.handshake.query.role !== "backend") {
    socket.disconnect(true);
    return;
  }
  node = socket;
  say(`a node connected (${socket.conn.transport.name}, version ${socket.handshake.auth.VERSION ?? "?"})`);
  socket.on("node-hello", (hello) => {
    say(`node-hello from ${hello?.nodeId ?? "?"}`);
    if (!begun) void begin(socket);
  });
  socket.on("disconnect", (reason) => {
    if (node === socket) node = null;
    say(`the node's connection ended: ${reason}`);
  });
});

async function begin(socket) {
  begun = true;
  clearTimeout(helloTimer);
  try {
    await (options.once ? cycle(socket) : show(socket));
    if (options.once) finish(0);
  } catch (error) {
    console.error(`\nmain server  FAILED: ${error.message}`);
    await cleanUp();
    finish(1);
  }
}

/** Leaves no container behind; what goes wrong here only gets a line. */
async function cleanUp() {
  if (!node || !begun) return;
  try {
    await command(node, "delete-container", { username: options.user });
  } catch (error) {
    console.error(`main server  the container could not be deleted: ${error.message}`);
  }
}

function finish(code) {
  setTimeout(() => process.exit(code), 2_000).unref();
  io.close(() => process.exit(code));
}

let leaving = false;
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.on(signal, async () => {
    if (leaving) process.exit(1);
    leaving = true;
    await cleanUp();
    finish(options.once ? 1 : 0);
  });
}

const helloTimer = setTimeout(() => {
  console.error(`main server  no node said hello within ${HELLO_MS / 1000} s`);
  finish(1);
}, HELLO_MS);

http.on("error", (error) => {
  console.error(`main server  ${error.message}`);
  process.exit(1);
});
http.listen(Number(options.port), "127.0.0.1", () => {
  const { port } = http.address();
  say(`listening on 127.0.0.1:${port}`);
  if (options["port-file"]) {
    // Renamed into place: who waits for the file never reads half a number.
    writeFileSync(`${options["port-file"]}.tmp`, `${port}\n`);
    renameSync(`${options["port-file"]}.tmp`, options["port-file"]);
  }
});
