// SPDX-License-Identifier: MIT
// Engine.IO, case by case: each is played against npm's engine.io and against ours, and the transcripts are compared.
// A case: (talk) => ..., which says what it saw. `quick` ones run with pings of 300 and 200 ms.
// [name, play, {quick, alike}]: `alike` lists [pattern, replacement] for what may differ, with the reason.
import { separator, sleep } from "./tools.mjs";

const begin = "?EIO=4&transport=polling";
const beginWs = "?EIO=4&transport=websocket";
/** npm's server destroys the request of the POST that brought nonsense, which may come too late; ours answers 400. */
const refusedPost = [[/^bad post: (dropped|200 .* \| ok|400 \| - \| - \| )$/, "bad post: refused"]];

/** What a request answers, as one case. */
const answers = (method, query, body) => async (t) => t.say(await t.request(method, query, body));
const refuses = (query) => async (t) => {
  const socket = t.socket(query);
  t.say(await socket.next());
};
/** After something that ends a session on polling. */
const gone = async (t, query) => t.say(`after: ${await t.get(query)}`);
const stillThere = async (t, query) => {
  t.say(`post: ${await t.post(query, "4still")}`);
  t.say(`get: ${await t.get(query)}`);
};
const echoes = (...frames) => async (t) => {
  const socket = await t.websocket();
  for (const frame of frames) {
    socket.send(frame);
    t.say(await socket.next());
  }
};
const payload = (body) => async (t) => {
  const query = await t.polling();
  t.say(await t.post(query, body));
  t.say(await t.get(query));
};
const badFrame = (frame) => async (t) => {
  const socket = await t.websocket();
  socket.send(frame);
  t.say(await socket.next());
};
const badPayload = (body) => [async (t) => {
  const query = await t.polling();
  t.say(`bad post: ${await t.post(query, body)}`);
  await gone(t, query);
}, { alike: refusedPost }];

const handshake = [
  ["polling opens", async (t) => t.say(await t.get(begin))],
  ["websocket opens", async (t) => t.say(await t.socket(beginWs).next())],
  ["polling opens with a parameter of the cache buster", answers("GET", `${begin}&t=abc`)],
  ["polling opens with an empty sid", answers("GET", `${begin}&sid=`)],
  ["polling without EIO", answers("GET", "?transport=polling")],
  ["polling with EIO=abc", answers("GET", "?EIO=abc&transport=polling")],
  ["polling with EIO=3", answers("GET", "?EIO=3&transport=polling")],
  ["polling with EIO=5", answers("GET", "?EIO=5&transport=polling")],
  ["polling without transport", answers("GET", "?EIO=4")],
  ["polling with transport=abc", answers("GET", "?EIO=4&transport=abc")],
  ["polling with transport=webtransport", answers("GET", "?EIO=4&transport=webtransport")],
  ["polling with transport twice", answers("GET", "?EIO=4&transport=abc&transport=polling")],
  ["polling with an encoded query", answers("GET", "?EIO=%34&transport=poll%69ng")],
  ["no query at all", answers("GET", "")],
  ["websocket without an upgrade", answers("GET", beginWs)],
  ["begin with POST", answers("POST", begin, "4a")],
  ["begin with PUT", answers("PUT", begin, "4a")],
  ["begin with DELETE", answers("DELETE", begin)],
  ["begin with OPTIONS", answers("OPTIONS", begin)],
  ["begin with HEAD", answers("HEAD", begin)],
  ["unknown sid, GET", answers("GET", `${begin}&sid=abc`)],
  ["unknown sid, POST", answers("POST", `${begin}&sid=abc`, "4a")],
  ["unknown sid, a name of JavaScript", answers("GET", `${begin}&sid=__proto__`)],
  ["unknown sid, websocket", refuses(`${beginWs}&sid=abc`)],
  ["websocket without transport", refuses("?EIO=4")],
  ["websocket with transport=abc", refuses("?EIO=4&transport=abc")],
  ["websocket without EIO", async (t) => {
    const socket = t.socket("?transport=websocket");
    const line = await socket.next();
    t.say(/^(refused 400|closed 1006)/.test(line) ? "no session" : line);
  }],
  ["websocket with EIO=abc", async (t) => {
    const socket = t.socket("?EIO=abc&transport=websocket");
    const line = await socket.next();
    t.say(/^(refused 400|closed 1006)/.test(line) ? "no session" : line);
  }],
  ["transport=websocket by GET with the sid of a polling session", async (t) => {
    const query = await t.polling();
    t.say(await t.get(query.replace("polling", "websocket")));
    await stillThere(t, query);
  }],
  ["EIO=3 with a sid", async (t) => {
    const query = await t.polling();
    t.say(await t.get(query.replace("EIO=4", "EIO=3")));
    await stillThere(t, query);
  }],
  ["polling with the sid of a websocket session", async (t) => {
    const socket = await t.websocket();
    t.say(await t.get(`${begin}&sid=${t.sid}`));
    t.say(await t.post(`${begin}&sid=${t.sid}`, "4x"));
    socket.send("4fine");
    t.say(await socket.next());
  }],
  ["another path", async (t) => t.say((await t.get(`../elsewhere/${begin}`)).slice(0, 3))],
];

const heartbeat = [
  ["polling: pings, answered", async (t) => {
    const query = await t.polling();
    for (let i = 0; i < 3; ++i) {
      t.say(await t.get(query));
      t.say(await t.post(query, "3"));
    }
  }, { quick: true }],
  ["polling: no pong", async (t) => {
    const query = await t.polling();
    await sleep(700);
    await gone(t, query);
  }, { quick: true }],
  ["polling: no pong, while a GET waits", async (t) => {
    const query = await t.polling();
    t.say(await t.get(query));
    t.say(await t.get(query));
    await gone(t, query);
  }, { quick: true }],
  ["websocket: pings, answered", async (t) => {
    const socket = await t.websocket();
    for (let i = 0; i < 3; ++i) {
      t.say(await socket.next());
      socket.send("3");
    }
  }, { quick: true }],
  ["websocket: no pong", async (t) => {
    const socket = await t.websocket();
    const started = performance.now();
    t.say(await socket.next());
    t.say(await socket.next());
    const took = performance.now() - started;
    t.say(took > 450 && took < 5000 ? "in time" : `after ${took} ms`);
  }, { quick: true }],
  ["upgraded: pings, answered, then none", async (t) => {
    const query = await t.polling();
    const socket = await t.probe(query);
    socket.send("5");
    for (let i = 0; i < 2; ++i) {
      t.say(await socket.next());
      socket.send("3");
    }
    t.say(await socket.next());
    t.say(await socket.next());
  }, { quick: true }],
  ["websocket: a ping from the client", badFrame("2")],
  ["polling: a ping from the client", ...badPayload("2")],
];

const close = [
  ["polling: the client's close, while a GET waits", async (t) => {
    const query = await t.polling();
    const waiting = t.get(query);
    await sleep(50);
    t.say(`post: ${await t.post(query, "1")}`);
    t.say(`get: ${await waiting}`);
    await gone(t, query);
  }],
  ["polling: the client's close, while none waits", async (t) => {
    const query = await t.polling();
    t.say(await t.post(query, "1"));
    await gone(t, query);
  }],
  ["polling: packets before and after the client's close", async (t) => {
    const query = await t.polling();
    t.say(await t.post(query, ["4a", "1", "4b"].join(separator)));
    await gone(t, query);
  }],
  ["websocket: the client's close", async (t) => {
    const socket = await t.websocket();
    socket.send("1");
    let line = await socket.next();
    if (line === "2") line = await socket.next(); // npm's waits for the ping timeout; ours closes at once
    t.say(line);
  }, { quick: true }],
];

const upgrade = [
  ["from polling to websocket", async (t) => {
    const query = await t.polling();
    const socket = await t.probe(query);
    socket.send("5", "4hello");
    t.say(await socket.next());
  }],
  ["a waiting GET is sent home", async (t) => {
    const query = await t.polling();
    const waiting = t.get(query);
    await sleep(50);
    const socket = await t.probe(query);
    t.say(await waiting);
    socket.send("5", "4hello");
    t.say(await socket.next());
  }],
  ["what was sent before is not lost", async (t) => {
    const query = await t.polling();
    t.say(await t.post(query, ["4one", "4two", "bAQI="].join(separator)));
    const socket = await t.probe(query);
    socket.send("5", "4three");
    for (let i = 0; i < 4; ++i) t.say(await socket.next());
  }],
  ["polling goes on during the probe", async (t) => {
    const query = await t.polling();
    const socket = await t.probe(query);
    t.say(await t.post(query, "4still"));
    t.say(await t.get(query));
    socket.send("5", "4now here");
    t.say(await socket.next());
  }],
  ["GET and POST with the same sid afterwards", async (t) => {
    const query = await t.polling();
    const socket = await t.probe(query);
    socket.send("5", "4x");
    t.say(await socket.next());
    t.say(await t.get(query));
    t.say(await t.post(query, "4y"));
    socket.send("4fine");
    t.say(await socket.next());
  }],
  ["a websocket with the same sid afterwards", async (t) => {
    const query = await t.polling();
    const socket = await t.probe(query);
    socket.send("5", "4x");
    t.say(await socket.next());
    const second = t.socket(query.replace("polling", "websocket"));
    t.say(`second: ${await second.next()}`);
    socket.send("4fine");
    t.say(await socket.next());
  }],
  ["a second websocket during the probe", async (t) => {
    const query = await t.polling();
    const socket = await t.probe(query);
    const second = t.socket(query.replace("polling", "websocket"));
    t.say(`second: ${await second.next()}`);
    socket.send("5", "4fine");
    t.say(await socket.next());
  }],
  ["without a probe", async (t) => {
    const query = await t.polling();
    const socket = t.socket(query.replace("polling", "websocket"));
    await socket.opened;
    socket.send("5", "4hello");
    t.say(await socket.next());
  }],
  ...["2", "2other", "4hello", "3probe", "1", "6", "abc", ""].map((frame) =>
    [`the probe is ${JSON.stringify(frame)}`, async (t) => {
      const query = await t.polling();
      const socket = t.socket(query.replace("polling", "websocket"));
      await socket.opened;
      socket.send(frame);
      t.say(await socket.next());
      await stillThere(t, query);
    }]),
  ["the probe is binary", async (t) => {
    const query = await t.polling();
    const socket = t.socket(query.replace("polling", "websocket"));
    await socket.opened;
    socket.send(Buffer.from("2probe"));
    t.say(await socket.next());
    await stillThere(t, query);
  }],
  ["the probing websocket goes away", async (t) => {
    const query = await t.polling();
    const socket = await t.probe(query);
    socket.ws.close();
    t.say(await socket.next());
    await stillThere(t, query);
  }],
  ["another try after a failed one", async (t) => {
    const query = await t.polling();
    const first = await t.probe(query);
    first.send("4no");
    t.say(await first.next());
    const second = await t.probe(query);
    second.send("5", "4yes");
    t.say(await second.next());
  }],
  ["the upgraded websocket ends the session", async (t) => {
    const query = await t.polling();
    const socket = await t.probe(query);
    socket.send("5", "4x");
    t.say(await socket.next());
    socket.ws.close();
    t.say(await socket.next());
    await sleep(50);
    await gone(t, query);
  }],
];

const message = [
  ["polling: one text packet", payload("4hello")],
  ["polling: an empty message", payload("4")],
  ["polling: unicode", payload("4\u00e9\u4e2d\u{1f433}\u2028")],
  ["polling: several text packets", payload(["4test1", "4test2", "4test3"].join(separator))],
  ["polling: text and binary", payload(["4hello", "bAQIDBA=="].join(separator))],
  ["polling: binary of each length", payload(["bAQ==", "bAQI=", "bAQID", "bAQIDBA=="].join(separator))],
  ["polling: packets that mean nothing", payload(["0{}", "5", "6", "3", "4end"].join(separator))],
  ["polling: a GET waits", async (t) => {
    const query = await t.polling();
    const waiting = t.get(query);
    await sleep(50);
    t.say(await t.post(query, "4hello"));
    t.say(await waiting);
  }],
  ["websocket: text", echoes("4hello", "4", "4\u00e9\u4e2d\u{1f433}")],
  ["websocket: binary", echoes(Buffer.from([1, 2, 3, 4]), Buffer.from([0]), Buffer.from("4abc"))],
  ["websocket: packets that mean nothing", async (t) => {
    const socket = await t.websocket();
    socket.send("0{}", "5", "6", "3", "3probe", "4end");
    t.say(await socket.next());
  }],
  ["websocket: 65,536 bytes", async (t) => {
    const socket = await t.websocket();
    const text = `4${"x".repeat(65_535)}`;
    socket.send(text);
    t.say(String(await socket.next() === text));
  }],
  ["polling: at the limit and over it", async (t) => {
    const query = await t.polling();
    const text = `4${"x".repeat(999_999)}`;
    t.say((await t.post(query, text)).slice(0, 80));
    t.say(String((await t.get(query)).endsWith(text)));
    // The connection may be cut while the rest of the body is written.
    t.say(`too much: ${(await t.post(query, `${text}y`)).slice(0, 80)}`);
    await stillThere(t, query);
  }, { alike: [[/^too much: (413.*|dropped)$/, "too much: refused"]] }],
  ["websocket: at the limit and over it", async (t) => {
    const socket = await t.websocket();
    const text = `4${"x".repeat(999_999)}`;
    socket.send(text);
    t.say(String(await socket.next() === text));
    socket.send(`${text}y`);
    t.say(await socket.next());
  }],
];

const trouble = [
  ["polling: no packet", ...badPayload("abc")],
  ["polling: unknown type", ...badPayload("7")],
  ["polling: nothing", ...badPayload("")],
  ["polling: an empty packet at the end", ...badPayload(`4a${separator}`)],
  ["polling: an empty packet in front", ...badPayload(`${separator}4a`)],
  ["polling: bad in the middle", ...badPayload(["4a", "x", "4b"].join(separator))],
  ["polling: bad while a GET waits", async (t) => {
    const query = await t.polling();
    const waiting = t.get(query);
    await sleep(50);
    t.say(`bad post: ${await t.post(query, "abc")}`);
    t.say(await waiting);
    await gone(t, query);
  }, { alike: refusedPost }],
  ["websocket: no packet", badFrame("abc")],
  ["websocket: unknown type", badFrame("7")],
  ["websocket: nothing", badFrame("")],
  ["websocket: base64", badFrame("xAQ==")],
  ["a second GET", async (t) => {
    const query = await t.polling();
    const first = t.get(query);
    await sleep(50);
    t.say(`second: ${await t.get(`${query}&t=burst`)}`);
    t.say(`first: ${await first}`);
    await gone(t, query);
  }],
  ["a second POST", async (t) => {
    const query = await t.polling();
    const first = t.begin("POST", query, { "content-length": 10 });
    first.request.write("4abc");
    await sleep(50);
    t.say(`second: ${await t.post(query, "4x")}`);
    t.say(`bad post: ${await first.answer}`);
    await gone(t, query);
  }, { alike: refusedPost }],
  ["a GET is broken off", async (t) => {
    const query = await t.polling();
    const first = t.begin("GET", query);
    await sleep(50);
    first.request.destroy();
    t.say(await first.answer);
    await sleep(50);
    await gone(t, query);
  }],
  ["a POST is broken off", async (t) => {
    const query = await t.polling();
    const first = t.begin("POST", query, { "content-length": 10 });
    first.request.write("4abc");
    await sleep(50);
    first.request.destroy();
    t.say(await first.answer);
    await sleep(50);
    await gone(t, query);
  }],
  ["a body of bytes", async (t) => {
    const query = await t.polling();
    t.say(`bad post: ${await t.post(query, "4x", { "content-type": "application/octet-stream" })}`);
    await gone(t, query);
  }, { alike: refusedPost }],
  ["a body of text by its type", async (t) => {
    const query = await t.polling();
    t.say(await t.post(query, "4\u00e9", { "content-type": "text/plain;charset=UTF-8" }));
    t.say(await t.get(query));
  }],
  ["PUT with a sid", async (t) => {
    const query = await t.polling();
    t.say(await t.request("PUT", query, "4x"));
    await stillThere(t, query);
  }],
  ["DELETE with a sid", async (t) => {
    const query = await t.polling();
    t.say(await t.request("DELETE", query));
    await stillThere(t, query);
  }],
  ["websocket: the session ends with it", async (t) => {
    const socket = await t.websocket();
    socket.ws.terminate();
    t.say(await socket.next());
    await sleep(50);
    await gone(t, `${begin}&sid=${t.sid}`);
  }],
  ["websocket: text that is no UTF-8", async (t) => {
    const socket = await t.websocket();
    socket.ws.send(Buffer.from([0x34, 0xc3, 0x28]), { binary: false });
    t.say(await socket.next());
  }],
  ["websocket: a frame with a reserved bit", async (t) => {
    const socket = await t.websocket();
    socket.ws._socket.write(Buffer.from([0xf1, 0x80, 1, 2, 3, 4]));
    t.say(await socket.next());
  }],
  ["websocket: a frame without a mask", async (t) => {
    const socket = await t.websocket();
    socket.ws._socket.write(Buffer.from([0x81, 0x02, 0x34, 0x61]));
    t.say(await socket.next());
  }],
];

export const engineCases = Object.entries({ handshake, heartbeat, close, upgrade, message, trouble })
  .flatMap(([group, cases]) => cases.map(([name, play, options = {}]) =>
    ({ name: `engine ${group}: ${name}`, engine: true, play, ...options })));
