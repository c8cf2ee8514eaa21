// What strangers send: every bound is reached, every malformed thing has its own refusal, nothing leaks, and the server
// answers honest requests afterwards.

import { connect } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import type { ApiLimits } from "../../src/api/limits.ts";
import { createApiServer } from "../../src/api/server.ts";
import { SILENT_LOGGER } from "../../src/network/logger.ts";
import { type ApiFixture, bytesOf, jsonPost, openApi, rawExchange, testUpdate } from "./api-fixture.ts";
import { MODEL, MemoryNode } from "./memory-node.ts";

const TOKEN = "0123456789abcdef0123456789abcdef";
const HOST = "host: localhost\r\n";

let api: ApiFixture;
const open = async (limits: Partial<ApiLimits> = {}): Promise<ApiFixture> => (api = await openApi({ limits }));
afterEach(async () => {
  // Whatever was sent before, the server still answers.
  const health = await fetch(`${api.server.url}/healthz`);
  expect(health.status).toBe(200);
  await api.server.close();
});

const codeOf = async (response: Response): Promise<[number, unknown]> => {
  const problem = (await response.json()) as Record<string, unknown>;
  expect(response.headers.get("content-type")).toBe("application/problem+json");
  expect(new Set(Object.keys(problem))).toEqual(
    new Set(["code", "detail", "instance", "retryable", "status", "title", "type"]),
  );
  return [response.status, problem["code"]];
};

const raw = async (text: string, keepSending?: string): Promise<string> =>
  rawExchange(api.server.port, text, keepSending);

describe("paths and methods", () => {
  test("an unknown path is 404, a known one with another method 405 with Allow", async () => {
    await open();
    expect(await codeOf(await api.get("/v2/status"))).toEqual([404, "ROUTE_UNKNOWN"]);
    expect(await codeOf(await api.get("/v1/status/"))).toEqual([404, "ROUTE_UNKNOWN"]);
    const wrong = await api.get("/v1/transactions");
    expect(wrong.headers.get("allow")).toBe("POST");
    expect(await codeOf(wrong)).toEqual([405, "METHOD_NOT_ALLOWED"]);
    expect((await api.get("/v1/status", { method: "DELETE" })).headers.get("allow")).toBe("GET, HEAD");
    const options = await api.get("/v1/status", { method: "OPTIONS" });
    expect([options.status, options.headers.get("access-control-allow-origin")]).toEqual([405, null]);
    expect((await api.get("/v1/events", { method: "HEAD" })).status).toBe(405);
  });

  test("no path leads out of the route table", async () => {
    await open();
    const tricks = [
      "/v1/payloads/..%2F..%2Fetc%2Fpasswd",
      "/v1/models/..%2F",
      "/v1/models/%00",
      "/v1/models/%zz",
      "/v1/models/A",
    ];
    for (const path of tricks)
      expect([path, ...(await codeOf(await api.get(path)))]).toEqual([path, 400, "PARAMETER_INVALID"]);
    for (const target of ["/v1/payloads/../../etc/passwd", "//v1/status", "/v1/%73tatus/x", "/V1/status"]) {
      expect(await raw(`GET ${target} HTTP/1.1\r\n${HOST}connection: close\r\n\r\n`)).toMatch(/^HTTP\/1.1 404 /u);
    }
    for (const path of [
      "/v1/checkpoints/-1",
      "/v1/checkpoints/1e3",
      "/v1/checkpoints/99999999999999999999",
      "/v1/models/digits/versions/01",
    ]) {
      expect([path, ...(await codeOf(await api.get(path)))]).toEqual([path, 400, "PARAMETER_INVALID"]);
    }
  });

  test("unknown, repeated and prototype query keys are refused, and so are limits and cursors beyond reason", async () => {
    await open();
    const path = `/v1/models/${MODEL}/versions`;
    for (const query of [
      "x=1",
      "limit=1&limit=2",
      "__proto__=1",
      "constructor=1",
      "limit=1e9",
      "limit=101",
      "limit=0",
      "order=up",
    ]) {
      expect([query, ...(await codeOf(await api.get(`${path}?${query}`)))]).toEqual([query, 400, "QUERY_INVALID"]);
    }
    expect(await codeOf(await api.get("/v1/status?x=1"))).toEqual([400, "QUERY_INVALID"]);
    for (const cursor of ["AAAA", "%00", Buffer.alloc(17, 65).toString("base64url"), "A".repeat(500)]) {
      expect(await codeOf(await api.get(`${path}?cursor=${cursor}`))).toEqual([400, "CURSOR_INVALID"]);
    }
    expect(({} as Record<string, unknown>)["limit"]).toBeUndefined();
  });
});

describe("bodies", () => {
  test("a body beyond its bound is 413, by its declared length and by what arrives", async () => {
    await open({ transactionBytesMax: 1000 });
    expect(await codeOf(await api.get("/v1/transactions", bytesOf("POST", new Uint8Array(1001))))).toEqual([
      413,
      "BODY_TOO_LARGE",
    ]);
    expect((await api.get("/v1/transactions", bytesOf("POST", new Uint8Array(1000)))).status).toBe(200);
    const head = `POST /v1/transactions HTTP/1.1\r\n${HOST}content-type: application/octet-stream\r\ntransfer-encoding: chunked\r\n\r\n`;
    const endless = await raw(head, `4000\r\n${"x".repeat(0x4000)}\r\n`);
    expect(endless).toMatch(/^HTTP\/1.1 413 /u);
  });

  test("another media type, a coded body and a body where none belongs are refused", async () => {
    await open();
    const plain = { method: "POST", body: "x", headers: { "content-type": "text/plain" } };
    expect(await codeOf(await api.get("/v1/transactions", plain))).toEqual([415, "MEDIA_TYPE_UNSUPPORTED"]);
    const coded = bytesOf("POST", Uint8Array.of(1), { "content-encoding": "gzip" });
    expect(await codeOf(await api.get("/v1/transactions", coded))).toEqual([415, "MEDIA_TYPE_UNSUPPORTED"]);
    const answer = await raw(`GET /v1/status HTTP/1.1\r\n${HOST}content-length: 5\r\n\r\nhello`);
    expect(answer).toMatch(/^HTTP\/1.1 400 /u);
    expect(answer).toContain("BODY_UNEXPECTED");
  });

  test("JSON with bad hex, unknown or repeated keys, prototype keys, wrong types or no JSON at all is refused", async () => {
    await open();
    const { submission } = testUpdate(api.node);
    const { update, chunkHashes } = submission;
    const post = async (body: unknown): Promise<[number, unknown]> =>
      codeOf(await api.get("/v1/updates", jsonPost(body)));
    for (const body of [
      { ...submission, update: `${update}z` },
      { ...submission, update: update.slice(1) },
      { ...submission, update: update.toUpperCase() },
      { ...submission, update: "" },
      { ...submission, extra: 1 },
      { ...submission, chunkHashes: ["00"] },
      { ...submission, chunkHashes: { 0: "x" } },
      { update },
      [],
      null,
      `{"__proto__": {"x": 1}, "update": "${update}", "chunkHashes": []}`,
    ]) {
      expect([body, ...(await post(body))]).toEqual([body, 400, "BODY_INVALID"]);
    }
    for (const body of [
      "",
      "{",
      "[".repeat(3000),
      `{"update":"aa","\\u0075pdate":"${update}","chunkHashes":${JSON.stringify(chunkHashes)}}`,
    ]) {
      expect([body, ...(await post(body))]).toEqual([body, 400, "BODY_MALFORMED"]);
    }
    const notText = {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: Uint8Array.of(0x22, 0xff, 0x22),
    };
    expect(await codeOf(await api.get("/v1/updates", notText))).toEqual([400, "BODY_MALFORMED"]);
  });

  test("a payload that comes too slowly is 408, and one that breaks off leaves the update receiving", async () => {
    await open({ bodyIdleMs: 30 });
    const { update, submission, payload } = testUpdate(api.node);
    await api.get("/v1/updates", jsonPost(submission));
    const head = `PUT /v1/updates/${update.digest}/payload HTTP/1.1\r\n${HOST}content-type: application/octet-stream\r\n`;
    const answer = await raw(`${head}content-length: ${payload.length}\r\n\r\nabc`);
    expect(answer).toMatch(/^HTTP\/1.1 408 /u);
    const socket = connect({ host: "127.0.0.1", port: api.server.port });
    const taken = api.node.pieces.length;
    socket.write(`${head}content-length: ${payload.length}\r\n\r\nabc`);
    while (api.node.pieces.length === taken) await new Promise(setImmediate);
    socket.destroy();
    expect(await (await api.get(`/v1/updates/${update.digest}`)).json()).toMatchObject({ state: "receiving" });
    expect((await api.get(`/v1/updates/${update.digest}/payload`, bytesOf("PUT", payload))).status).toBe(200);
  });

  test("a payload is read no faster than the node takes it", async () => {
    const node = new MemoryNode();
    let blocked: (() => void) | undefined;
    const openPayload = node.openPayload.bind(node);
    const slow = Object.assign(Object.create(node), {
      openPayload: async (digest: Parameters<typeof openPayload>[0]) => {
        const stream = await openPayload(digest);
        if (!stream.ok) return stream;
        const write = async (bytes: Uint8Array): ReturnType<typeof stream.value.write> => {
          await new Promise<void>((resolve) => (blocked = resolve));
          return stream.value.write(bytes);
        };
        return { ok: true, value: { ...stream.value, write } };
      },
    }) as MemoryNode;
    api = await openApi({ node: slow });
    const { update, submission } = testUpdate(node);
    await api.get("/v1/updates", jsonPost(submission));
    const socket = connect({ host: "127.0.0.1", port: api.server.port });
    const size = 60 * 1024;
    socket.on("error", () => undefined);
    socket.write(
      `PUT /v1/updates/${update.digest}/payload HTTP/1.1\r\n${HOST}content-type: application/octet-stream\r\ncontent-length: ${size}\r\n\r\n`,
    );
    socket.write("x".repeat(size));
    while (blocked === undefined) await new Promise(setImmediate);
    for (let turn = 0; turn < 50; turn += 1) await new Promise(setImmediate);
    expect(node.pieces).toEqual([]);
    socket.destroy();
    blocked();
  });
});

describe("the connection", () => {
  test("headers beyond 16 KiB are 431, malformed requests 400, without a word of ours lost", async () => {
    await open();
    expect(await raw(`GET /v1/status HTTP/1.1\r\n${HOST}x: ${"a".repeat(17_000)}\r\n\r\n`)).toMatch(
      /^HTTP\/1.1 431 [^]*HEADER_TOO_LARGE/u,
    );
    const many = Array.from({ length: 10_000 }, (_, index) => `x${index}: 1\r\n`).join("");
    expect(await raw(`GET /v1/status HTTP/1.1\r\n${HOST}${many}\r\n`)).toMatch(/^HTTP\/1.1 431 /u);
    for (const text of [
      "nonsense\r\n\r\n",
      `POST /v1/transactions HTTP/1.1\r\n${HOST}content-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`,
      `POST /v1/transactions HTTP/1.1\r\n${HOST}content-length: 3\r\ncontent-length: 4\r\n\r\nabcd`,
    ]) {
      expect(await raw(text)).toMatch(/^HTTP\/1.1 400 /u);
    }
  });

  test("a request without a host, or that expects what nobody knows, is refused as a problem", async () => {
    await open();
    const hostless = await raw("GET /v1/status HTTP/1.1\r\nconnection: close\r\n\r\n");
    expect(hostless).toMatch(/^HTTP\/1.1 400 [^]*application\/problem\+json[^]*"code":"REQUEST_MALFORMED"/u);
    const expecting = await raw(`GET /v1/status HTTP/1.1\r\n${HOST}expect: foo\r\n\r\n`);
    expect(expecting).toMatch(/^HTTP\/1.1 417 [^]*application\/problem\+json[^]*"code":"EXPECTATION_UNKNOWN"/u);
  });

  test("a request whose headers never end is cut off", async () => {
    await open({ headersTimeoutMs: 50, checkEveryMs: 20 });
    expect(await raw(`GET /v1/status HTTP/1.1\r\n${HOST}`)).toMatch(/^HTTP\/1.1 408 /u);
  });

  test("connections beyond the bound are closed", async () => {
    await open({ connectionsMax: 1 });
    const first = connect({ host: "127.0.0.1", port: api.server.port });
    await new Promise((resolve) => first.once("connect", resolve));
    first.write(`GET /healthz HTTP/1.1\r\n${HOST}\r\n`);
    await new Promise((resolve) => first.once("data", resolve));
    expect(await raw(`GET /healthz HTTP/1.1\r\n${HOST}\r\n`)).toBe("");
    first.destroy();
    await new Promise((resolve) => first.once("close", resolve));
  });

  test("requests beyond those that may be under way are 503, of one connection 429", async () => {
    await open({ inFlightMax: 1, inFlightPerConnectionMax: 1 });
    api.node.isHolding = true;
    const waiting = api.get("/v1/transactions", bytesOf("POST", Uint8Array.of(1), { prefer: "wait=30" }));
    while (api.node.waiting.length === 0) await new Promise(setImmediate);
    const refused = await api.get("/v1/status");
    expect(refused.headers.get("retry-after")).toBe("1");
    expect(await codeOf(refused)).toEqual([503, "OVERLOADED"]);
    api.node.release();
    expect((await waiting).status).toBe(200);
  });

  test("pipelined requests beyond the bound of a connection are 429", async () => {
    await open({ inFlightPerConnectionMax: 1 });
    api.node.isHolding = true;
    const post = `POST /v1/transactions HTTP/1.1\r\n${HOST}content-type: application/octet-stream\r\nprefer: wait=1\r\ncontent-length: 1\r\n\r\nx`;
    const answers = await raw(`${post}GET /v1/status HTTP/1.1\r\n${HOST}connection: close\r\n\r\n`);
    expect(answers).toMatch(/^HTTP\/1.1 202 [^]*HTTP\/1.1 429 [^]*TOO_MANY_REQUESTS/u);
  });
});

describe("exposure", () => {
  const options = { metrics: { text: async () => "" }, port: 0, logger: SILENT_LOGGER };

  test("a public address without a token, or with a weak one, is a configuration error; a taken port says so", async () => {
    await open();
    const services = api.node;
    const start = createApiServer({ ...options, services, host: "0.0.0.0", token: null });
    await expect(start).rejects.toMatchObject({ code: "CONFIG_INVALID" });
    await expect(createApiServer({ ...options, services, host: "127.0.0.1", token: "short" })).rejects.toMatchObject({
      code: "CONFIG_INVALID",
    });
    const taken = createApiServer({ ...options, services, host: "127.0.0.1", port: api.server.port, token: null });
    await expect(taken).rejects.toMatchObject({ code: "PORT_IN_USE" });
  });

  test("with a token nothing but health checks answers without it, however the path is spelt", async () => {
    api = await openApi({ token: TOKEN });
    const paths = ["/v1/status", "/metrics", "/nothing", "/healthz/", "/healthz?x=1", "/v1/openapi.json"];
    for (const path of paths) {
      const bare = await api.get(path);
      expect([path, ...(await codeOf(bare))]).toEqual([path, 401, "UNAUTHORISED"]);
      expect(bare.headers.get("www-authenticate")).toBe("Bearer");
    }
    for (const target of [
      "//healthz",
      "/./healthz",
      "/x/../healthz",
      "/%68ealthz",
      "/healthz/../v1/status",
      "/healthz;x",
      "http://localhost/healthz",
    ]) {
      expect(await raw(`GET ${target} HTTP/1.1\r\n${HOST}connection: close\r\n\r\n`)).toMatch(/^HTTP\/1.1 401 /u);
    }
    const authorised = async (authorization: string): Promise<number> =>
      (await api.get("/v1/status", { headers: { authorization } })).status;
    for (const wrong of ["Bearer ", `Bearer ${TOKEN}x`, `Bearer ${TOKEN.toUpperCase()}`, `Basic ${TOKEN}`, TOKEN]) {
      expect([wrong, await authorised(wrong)]).toEqual([wrong, 401]);
    }
    expect(await authorised(`Bearer ${TOKEN}`)).toBe(200);
    for (const method of ["HEAD", "OPTIONS", "DELETE"])
      expect((await api.get("/v1/status", { method })).status).toBe(401);
  });

  test("other names and pages of other sites are not answered", async () => {
    await open();
    const ask = async (headers: string): Promise<string> =>
      raw(`GET /v1/status HTTP/1.1\r\n${headers}connection: close\r\n\r\n`);
    expect(await ask("host: evil.example\r\n")).toMatch(/^HTTP\/1.1 403 [^]*HOST_REFUSED/u);
    expect(await ask("host: local host\r\n")).toMatch(/^HTTP\/1.1 400 /u);
    expect(await ask(`${HOST}origin: http://evil.example\r\n`)).toMatch(/^HTTP\/1.1 403 [^]*ORIGIN_REFUSED/u);
    expect(await ask(`${HOST}origin: http://localhost\r\n`)).toMatch(/^HTTP\/1.1 200 /u);
    expect(await ask("host: [::1]:9751\r\n")).toMatch(/^HTTP\/1.1 200 /u);
  });

  test("what fails inside is 500 without a trace of the cause", async () => {
    await open();
    Object.assign(api.node, {
      models: () => {
        throw new TypeError("secret path /srv/x");
      },
    });
    const response = await api.get("/v1/models");
    const text = await response.clone().text();
    expect(await codeOf(response)).toEqual([500, "INTERNAL_ERROR"]);
    expect(text).not.toMatch(/secret|TypeError|at /u);
    expect(response.headers.get("x-content-type-options")).toBe("nosniff");
  });

  test("a file that breaks off on disk breaks off on the wire, and never looks whole", async () => {
    await open();
    Object.assign(api.node, {
      async *readPayload(): AsyncGenerator<Uint8Array> {
        yield new Uint8Array(1024);
        throw new Error("damaged");
      },
    });
    const whole = api.get(`/v1/models/${MODEL}/versions/0/weights`).then((response) => response.arrayBuffer());
    await expect(whole).rejects.toThrow();
  });
});
