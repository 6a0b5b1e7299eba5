// SPDX-License-Identifier: MIT
// Socket.IO, case by case and on both transports: each is played against npm's socket.io and against ours, and the
// transcripts are compared. A case: (client, talk) => ..., which says what it saw.
import { client, sleep } from "./tools.mjs";

const one = '{"_placeholder":true,"num":0}';
const two = '{"_placeholder":true,"num":1}';

/** Joins, and says what came: the CONNECT answer and the `auth` event. */
async function join(c, t, packet = "40") {
  await c.send(packet);
  t.say(await c.next());
  t.say(await c.next());
}
const joins = (packet) => async (c, t) => join(c, t, packet);
const isRefused = (packet) => async (c, t) => {
  await c.send(packet);
  t.say(await c.next());
  await join(c, t); // the connection is still good
};
const closesAtOnce = (...packets) => async (c, t) => {
  await c.send(...packets);
  t.say(await c.end());
};
const closesAfterJoin = (...packets) => async (c, t) => {
  await join(c, t);
  await c.send(...packets);
  t.say(await c.end());
};
/** After joining, what so many answers are. */
const answersWith = (count, ...packets) => async (c, t) => {
  await join(c, t);
  await c.send(...packets);
  for (let i = 0; i < count; ++i) t.say(await c.next());
};

/** npm's server counts the ids per namespace, ours per client. */
async function question(c, t) {
  const packet = await c.next();
  const [, head, id, rest] = packet.match(/^(42|451-)(\d+)(\[.*)$/) ?? [];
  t.say(`${head}ID${rest}`);
  return id;
}
/** npm's server hears a DISCONNECT a moment after it has read it. */
const leaves = async (c, packet) => {
  await c.send(packet);
  await sleep(50);
};

const ten = `[${["\"message\"", ...Array.from({ length: 10 }, (_, i) => `{"_placeholder":true,"num":${i}}`)].join(",")}]`;
const bytes = (n) => Array.from({ length: n }, (_, i) => `hex:0${i % 10}`);

const cases = {
  "connect: main namespace": joins("40"),
  "connect: main namespace with an empty object": joins("40{}"),
  "connect: main namespace with a payload": joins('40{"token":"123"}'),
  "connect: custom namespace": joins("40/custom,"),
  "connect: custom namespace without the comma": joins("40/custom"),
  "connect: custom namespace with a payload": joins('40/custom,{"token":"abc"}'),
  "connect: unknown namespace": isRefused("40/random"),
  "connect: unknown namespace with the comma": isRefused("40/random,"),
  "connect: unknown namespace with a payload": isRefused('40/random,{"a":1}'),
  "connect: unknown namespace with a query": isRefused("40/custom?a=b,"),
  "connect: refused": isRefused('40{"refuse":"go away"}'),
  "connect: refused with data": isRefused('40{"refuse":"go away","data":{"retry":[1]}}'),
  "connect: custom refused": isRefused('40/custom,{"refuse":"no","data":7}'),
  "connect: both namespaces": async (c, t) => {
    await join(c, t);
    await join(c, t, "40/custom,");
    await c.send('42["message",1]');
    t.say(await c.next());
    await c.send('42/custom,["message",2]');
    t.say(await c.next());
  },
  "connect: twice": closesAfterJoin("40"),
  "connect: custom twice": async (c, t) => {
    await join(c, t, "40/custom,");
    await c.send("40/custom,");
    t.say(await c.end());
  },
  ...Object.fromEntries(["4abc", "4", "40[]", "40null", '40"x"', "40{", "40{}x", "40/custom,[]", "47", "49{}"]
    .map((packet) => [`connect: bad ${packet}`, closesAtOnce(packet)])),
  ...Object.fromEntries(['42["message"]', "41", "430[]", '44{"message":"x"}', '42/custom,["message"]', "41/random"]
    .map((packet) => [`before connect: ${packet}`, closesAtOnce(packet)])),

  "disconnect: and connect again": async (c, t) => {
    await join(c, t);
    await leaves(c, "41");
    await join(c, t);
  },
  "disconnect: custom namespace": async (c, t) => {
    await join(c, t);
    await join(c, t, "40/custom,");
    await c.send("41/custom,");
    await c.send('42["message","to the main namespace"]');
    t.say(await c.next());
  },
  "disconnect: custom namespace without the comma": async (c, t) => {
    await join(c, t);
    await join(c, t, "40/custom");
    await c.send("41/custom");
    await c.send('42["message"]');
    t.say(await c.next());
  },
  "disconnect: and an event": async (c, t) => {
    await join(c, t);
    await leaves(c, "41");
    await c.send('42["message"]');
    t.say(await c.end());
  },
  "disconnect: twice": async (c, t) => {
    await join(c, t);
    await leaves(c, "41");
    await c.send("41");
    t.say(await c.end());
  },
  "disconnect: by the server": async (c, t) => {
    await join(c, t);
    await join(c, t, "40/custom,");
    await c.send('42/custom,["leave-me"]');
    t.say(await c.next());
    await c.send('42["message","still here"]');
    t.say(await c.next());
    await join(c, t, "40/custom,");
  },
  "disconnect: all by the server": async (c, t) => {
    await join(c, t);
    await c.send('42["close-me"]');
    t.say(await c.next());
    t.say(await c.end());
  },

  "event: plain": answersWith(1, '42["message",1,"2",{"3":[true]}]'),
  "event: no arguments": answersWith(1, '42["message"]'),
  "event: values": answersWith(1, '42["message",null,true,false,0,-1,1.5,1e21,"","\\u0001\\"\\\\",[],{},[[["deep"]]]]'),
  "event: unicode": answersWith(1, '42["message","\u00e9\u4e2d\u{1f433}\u2028"]'),
  "event: white space": answersWith(1, '42[ "message" , { "a" : 1 } ]'),
  "event: custom namespace": async (c, t) => {
    await join(c, t, "40/custom,");
    await c.send('42/custom,["message",1]');
    t.say(await c.next());
  },
  "event: several in order": answersWith(3, '42["message",1]', '42["message",2]', '42["message",3]'),
  "event: nobody listens": answersWith(1, '42["unheard",1]', '42["message"]'),
  "event: names of JavaScript": answersWith(1, '42["__proto__",1]', '42["constructor"]', '42["message"]'),
  "ack: plain": answersWith(1, '42456["message-with-ack",1,"2",{"3":[false]}]'),
  "ack: id 0": answersWith(1, '420["message-with-ack"]'),
  "ack: large id": answersWith(1, '429007199254740991["message-with-ack"]'),
  "ack: custom namespace": async (c, t) => {
    await join(c, t, "40/custom,");
    await c.send('42/custom,7["message-with-ack",1]');
    t.say(await c.next());
  },
  "ack: asked by the server": async (c, t) => {
    await join(c, t);
    for (let i = 0; i < 2; ++i) {
      await c.send('42["ask-me",1]');
      const id = await question(c, t);
      await c.send(`43${id}["yes",${i}]`);
      t.say(await c.next());
    }
  },
  "ack: asked by the server, binary": async (c, t) => {
    await join(c, t);
    await c.send(`451-["ask-me",${one}]`, "hex:0102");
    const id = await question(c, t);
    t.say(await c.next());
    await c.send(`461-${id}[${one}]`, "hex:0304");
    t.say(await c.next());
    t.say(await c.next());
  },
  "ack: asked by the server, not answered": async (c, t) => {
    await join(c, t);
    await c.send('42["ask-me"]');
    await question(c, t);
    t.say(await c.next());
  },
  "ack: that nobody waits for": answersWith(1, "4399[]", '42["message"]'),

  "binary: event": answersWith(3, `452-["message",${one},${two}]`, "hex:010203", "hex:040506"),
  "binary: ack": answersWith(3, `452-789["message-with-ack",${one},${two}]`, "hex:010203", "hex:040506"),
  "binary: nested": answersWith(2, `451-["message",{"a":[1,{"b":${one}}]}]`, "hex:ff"),
  "binary: custom namespace": async (c, t) => {
    await join(c, t, "40/custom,");
    await c.send(`451-/custom,["message",${one}]`, "hex:00");
    t.say(await c.next());
    t.say(await c.next());
  },
  "binary: ten attachments": answersWith(11, `4510-${ten}`, ...bytes(10)),
  "binary: eleven attachments": closesAfterJoin(`4511-${ten}`),
  "binary: that nobody announced": closesAfterJoin("hex:01"),
  "binary: before connect": closesAtOnce("hex:01"),
  "binary: text between attachments": closesAfterJoin(`452-["message",${one},${two}]`, "hex:01", '42["message"]'),
  "binary: bad placeholder": closesAfterJoin('451-["message",{"_placeholder":true,"num":1}]', "hex:01"),
  "binary: placeholder without a number": closesAfterJoin('451-["message",{"_placeholder":true}]', "hex:01"),
  "binary: placeholder with a text": closesAfterJoin('451-["message",{"_placeholder":true,"num":"0"}]', "hex:01"),

  ...Object.fromEntries([
    "4abc", "42{}", '42abc["message-with-ack",1,"2",{"3":[false]}]', "42[]", "42[null]", "42[[]]", '42"message"',
    "42null", '42["message"', '42["message"]x', '42-1["message"]', '42["connect"]', '42["connect_error"]',
    '42["disconnect"]', '42["disconnecting"]', '42["newListener"]', '42["removeListener"]', "431{}", "43abc[]", "41{}",
    "41[]", '45["message"]', '450-["message"]', '45-["message"]', '45x-["message"]', '45-1-["message"]',
    `451["message",${one}]`, `451.5-["message",${one}]`, '42/unknown,["message"]', '42/custom,["message"]',
    "42/custom", '47["message"]', "4", '44{"message":"x"}', "46[]", '48["x"]',
  ].map((packet) => [`bad packet: ${packet}`, closesAfterJoin(packet)])),
};

const quick = {
  "connect: none": async (c, t) => t.say(await c.end()),
  "connect: refused is none": async (c, t) => {
    await c.send("40/random");
    t.say(await c.next());
    t.say(await c.end());
  },
  "connect: then idle": async (c, t) => {
    await join(c, t);
    t.say(await Promise.race([c.next(1600), sleep(1500)]) ?? "(nothing)");
  },
  "disconnect: the transport stays open": async (c, t) => {
    await join(c, t);
    await c.send("41");
    t.say(await Promise.race([c.next(1600), sleep(1500)]) ?? "(nothing)");
  },
};

const both = (table, options) => Object.entries(table).flatMap(([name, play]) =>
  ["polling", "websocket"].map((transport) => ({
    name: `socket ${transport}: ${name}`,
    play: async (talk) => play(await client(talk, transport), talk),
    ...options,
  })));

export const socketCases = [...both(cases, {}), ...both(quick, { quick: true })];
