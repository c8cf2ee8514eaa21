// The event feed: resume, topics, gaps, heartbeats, bounds, and the end of the server.

import { connect } from "node:net";
import { mustExist } from "@selvedge/integrity";
import { afterEach, expect, test } from "vitest";
import { EVENTS_KEPT_MAX } from "../../src/daemon/event-feed.ts";
import { type ApiFixture, openApi } from "./api-fixture.ts";

let api: ApiFixture;
afterEach(async () => api.server.close());

/** Reads until the text matches, and lets the connection go. */
async function readUntil(response: Response, pattern: RegExp): Promise<string> {
  const reader = mustExist(response.body, "a feed has a body").pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (!pattern.test(text)) {
    const { done, value } = await reader.read();
    if (done) break;
    text += value;
  }
  await reader.cancel();
  return text;
}

const feed = async (path = "/v1/events", id?: string): Promise<Response> =>
  api.get(path, { headers: id === undefined ? {} : { "last-event-id": id } });

test("a reader that comes back gets exactly what it missed, then what follows", async () => {
  api = await openApi();
  for (let index = 1; index <= 3; index += 1) api.node.events.publish("commit", { index });
  const response = await feed("/v1/events", "1");
  expect(response.headers.get("content-type")).toBe("text/event-stream");
  api.node.events.publish("version", { version: 1 });
  const text = await readUntil(response, /id: 4[^]*\n\n/u);
  expect([...text.matchAll(/^id: (\d+)$/gmu)].map(([, id]) => id)).toEqual(["2", "3", "4"]);
  expect(text).toContain('event: version\ndata: {"timeMs":1700000000000,"version":1}');
});

test("a reader without Last-Event-ID gets only what is new; topics are filtered", async () => {
  api = await openApi();
  api.node.events.publish("commit", { index: 1 });
  const response = await feed("/v1/events?topics=version,fault");
  api.node.events.publish("commit", { index: 2 });
  api.node.events.publish("fault", { author: 2 });
  const text = await readUntil(response, /id: 3/u);
  expect([...text.matchAll(/^event: (\w+)$/gmu)].map(([, topic]) => topic)).toEqual(["fault"]);
});

test("what is no longer kept is named as a gap, and an id of another process counts as none", async () => {
  api = await openApi();
  for (let index = 0; index < 2 * EVENTS_KEPT_MAX + 1; index += 1) api.node.events.publish("commit", { index });
  const gap = await readUntil(await feed("/v1/events?topics=fault", "1"), /gap[^]*\n\n/u);
  expect(gap).toContain(`event: gap\ndata: {"from":2,"to":${EVENTS_KEPT_MAX + 1}}`);
  const foreign = await readUntil(await feed("/v1/events", "999999"), /^id: \d+$/mu);
  expect(foreign).toContain("event: gap");
});

test("bad ids and topics are refused", async () => {
  api = await openApi();
  expect((await feed("/v1/events", "1.5")).status).toBe(400);
  expect((await feed("/v1/events", "-1")).status).toBe(400);
  expect((await feed("/v1/events?topics=all")).status).toBe(400);
});

test("a quiet feed beats, so that a dead connection is noticed", async () => {
  api = await openApi({ limits: { eventHeartbeatMs: 5 } });
  expect(await readUntil(await feed(), /:\n\n:\n\n/u)).toContain(": from 0");
});

test("readers beyond the bound are refused, and a reader that leaves makes room", async () => {
  api = await openApi({ limits: { eventReadersMax: 1 } });
  const first = await feed();
  expect((await feed()).status).toBe(503);
  await first.body?.cancel();
  let again = await feed();
  while (again.status !== 200) again = await feed();
  await again.body?.cancel();
});

test("a reader that does not keep up is disconnected", async () => {
  api = await openApi({ limits: { eventBufferBytesMax: 64 * 1024 } });
  const socket = connect({ host: "127.0.0.1", port: api.server.port });
  const closed = new Promise((resolve) => socket.once("close", resolve));
  socket.on("error", () => undefined);
  socket.write("GET /v1/events HTTP/1.1\r\nhost: localhost\r\n\r\n");
  await new Promise((resolve) => socket.once("data", resolve));
  socket.pause();
  // More than any socket buffer holds, while nobody reads.
  for (let index = 0; index < 200; index += 1) {
    api.node.events.publish("commit", { text: "x".repeat(100_000) });
    await new Promise(setImmediate);
  }
  socket.resume();
  await closed;
});

test("closing the server ends its feeds", async () => {
  api = await openApi();
  const response = await feed();
  const ended = response.text();
  await api.server.close();
  expect(await ended).toContain(": from 0");
});
