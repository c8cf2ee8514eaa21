// Every route does what its summary says, over a real socket.

import {
  decodeCheckpoint,
  decodeReceipt,
  digestFromHex,
  genesisFromJson,
  portableCrypto,
  verifyReceipt,
} from "@selvedge/integrity";
import { afterEach, describe, expect, test } from "vitest";
import { joinBatch } from "../../src/api/route/transactions.ts";
import { type ApiFixture, bytesOf, jsonPost, openApi, testUpdate } from "./api-fixture.ts";
import { CHUNK_BYTES, MODEL, SIZE, deviceName } from "./memory-node.ts";

type Json = ReturnType<typeof JSON.parse>;

let api: ApiFixture;
const open = async (...options: Parameters<typeof openApi>): Promise<ApiFixture> => (api = await openApi(...options));
afterEach(async () => api.server.close());

const json = async (response: Response): Promise<Json> => response.json();

async function submit(value = 1, device = 0): Promise<ReturnType<typeof testUpdate>> {
  const made = testUpdate(api.node, { value, device });
  const { digest } = made.update;
  expect((await api.get("/v1/updates", jsonPost(made.submission))).status).toBe(202);
  expect((await api.get(`/v1/updates/${digest}/payload`, bytesOf("PUT", made.payload))).status).toBe(200);
  return made;
}

describe("the node itself", () => {
  test("alive, ready and started are three questions, none of which needs a token", async () => {
    await open();
    for (const path of ["/livez", "/readyz", "/startupz"]) expect((await api.get(path)).status).toBe(200);
    api.node.isStarted = false;
    expect((await api.get("/livez")).status).toBe(200);
    expect((await api.get("/readyz")).status).toBe(503);
    const starting = await api.get("/startupz");
    expect(starting.status).toBe(503);
    expect(await json(starting)).toMatchObject({ state: "starting" });
    api.node.isStarted = true;
    api.node.state = "stalled";
    expect((await api.get("/startupz")).status).toBe(200);
    const stalled = await api.get("/readyz");
    expect(stalled.status).toBe(503);
    expect(await json(stalled)).toMatchObject({ state: "stalled", reason: "no quorum is reachable" });
  });

  test("status, genesis, metrics and health answer", async () => {
    await open();
    expect(await json(await api.get("/v1/status"))).toMatchObject({ chainId: api.node.chainId, state: "healthy" });
    const genesis = genesisFromJson(await (await api.get("/v1/genesis")).text());
    expect(genesis).toEqual({ ok: true, value: api.node.genesis });
    const metrics = await api.get("/metrics");
    expect(metrics.headers.get("content-type")).toContain("text/plain");
    expect(await metrics.text()).toBe("selvedge_up 1\n");
    expect((await api.get("/healthz")).status).toBe(200);
    api.node.state = "stalled";
    const sick = await api.get("/healthz");
    expect(sick.status).toBe(503);
    expect(await json(sick)).toEqual({ state: "stalled", reason: "no quorum is reachable" });
  });

  test("the OpenAPI document lists every route with its parameters", async () => {
    await open();
    const document = await json(await api.get("/v1/openapi.json"));
    expect(document.openapi).toBe("3.1.0");
    expect(Object.keys(document.paths)).toHaveLength(27);
    expect(document.paths["/v1/models/{model}/versions"].get.parameters.map(({ name }: Json) => name)).toEqual([
      "model",
      "limit",
      "cursor",
      "order",
    ]);
  });
});

describe("updates", () => {
  test("a header and a payload become a received, then a certified update with a receipt that verifies", async () => {
    await open();
    api.node.isHolding = true;
    const { update, submission, payload } = testUpdate(api.node);
    const posted = await api.get("/v1/updates", jsonPost(submission));
    expect(posted.status).toBe(202);
    expect(posted.headers.get("location")).toBe(`/v1/updates/${update.digest}`);
    expect(await json(posted)).toEqual({ digest: update.digest, state: "receiving", missingChunks: [0, 1, 2] });
    const sent = await api.get(`/v1/updates/${update.digest}/payload`, bytesOf("PUT", payload));
    expect(await json(sent)).toEqual({ digest: update.digest, state: "received" });
    expect((await api.get(`/v1/updates/${update.digest}/receipt`)).status).toBe(404);
    api.node.release();
    expect(await json(await api.get(`/v1/updates/${update.digest}`))).toMatchObject({
      state: "certified",
      score: null,
    });
    const bytes = new Uint8Array(await (await api.get(`/v1/updates/${update.digest}/receipt`)).arrayBuffer());
    const receipt = decodeReceipt(bytes);
    if (!receipt.ok) throw new Error(receipt.error.detail);
    const { chainId, committee } = api.node;
    expect(verifyReceipt(receipt.value, { chainId, committee, crypto: portableCrypto }).ok).toBe(true);
    const summary = await api.get(`/v1/updates/${update.digest}/receipt`, { headers: { accept: "application/json" } });
    expect((await json(summary)).acks.map(({ validator }: Json) => validator)).toEqual([0, 1, 2]);
  });

  test("the same header and payload again are harmless", async () => {
    await open();
    const { update, submission, payload } = await submit();
    const again = await api.get("/v1/updates", jsonPost(submission));
    expect(await json(again)).toMatchObject({ state: "certified" });
    const resent = await api.get(`/v1/updates/${update.digest}/payload`, bytesOf("PUT", payload));
    expect(resent.status).toBe(200);
    expect(await json(resent)).toMatchObject({ state: "certified" });
  });

  test("a payload before its header, a wrong one, a short and a long one are refused by name", async () => {
    await open();
    const { update, submission, payload } = testUpdate(api.node);
    const put = async (bytes: Uint8Array): Promise<unknown> =>
      (await json(await api.get(`/v1/updates/${update.digest}/payload`, bytesOf("PUT", bytes)))).code;
    expect(await put(payload)).toBe("UPDATE_NOT_SUBMITTED");
    await api.get("/v1/updates", jsonPost(submission));
    expect(await put(payload.slice(0, CHUNK_BYTES))).toBe("PAYLOAD_INCOMPLETE");
    expect(await put(new Uint8Array([...payload, 0]))).toBe("PAYLOAD_TOO_LONG");
    expect(await put(payload.toReversed())).toBe("PAYLOAD_CHUNK_MISMATCH");
  });

  test("a header with a broken signature, of an unknown device or with foreign hashes is refused by name", async () => {
    await open();
    const { submission } = testUpdate(api.node);
    const post = async (body: unknown): Promise<unknown> => {
      const { status, code } = await json(await api.get("/v1/updates", jsonPost(body)));
      return { status, code };
    };
    const broken = `${submission.update.slice(0, -2)}${submission.update.endsWith("00") ? "01" : "00"}`;
    expect(await post({ ...submission, update: broken })).toEqual({ status: 422, code: "UPDATE_SIGNATURE" });
    const stranger = testUpdate(api.node, { device: 9 });
    expect(await post(stranger.submission)).toEqual({ status: 422, code: "UPDATE_DEVICE_UNKNOWN" });
    expect(await post({ ...submission, chunkHashes: submission.chunkHashes.toReversed() })).toEqual({
      status: 422,
      code: "PAYLOAD_ROOT_MISMATCH",
    });
    expect(await post({ ...submission, update: "c0ffee" })).toMatchObject({ status: 400 });
  });

  test("an unknown update is 404", async () => {
    await open();
    const response = await api.get(`/v1/updates/${"0".repeat(64)}`);
    expect(response.status).toBe(404);
    expect(response.headers.get("content-type")).toBe("application/problem+json");
    expect(await json(response)).toMatchObject({ code: "UPDATE_UNKNOWN", status: 404, retryable: false });
  });
});

describe("transactions", () => {
  test("pending is 202, committed is 200, and a duplicate answers with the same digest", async () => {
    await open();
    api.node.isHolding = true;
    const body = new TextEncoder().encode("hello");
    const first = await api.get("/v1/transactions", bytesOf("POST", body));
    expect(first.status).toBe(202);
    const { digest, state } = await json(first);
    expect(state).toBe("pending");
    expect(first.headers.get("location")).toBe(`/v1/transactions/${digest}`);
    api.node.release();
    const second = await api.get("/v1/transactions", bytesOf("POST", body));
    expect(second.status).toBe(200);
    expect(await json(second)).toEqual({ digest, state: "committed", commitIndex: 1 });
    expect(await json(await api.get(`/v1/transactions/${digest}`))).toMatchObject({ state: "committed" });
    expect((await api.get(`/v1/transactions/${"1".repeat(64)}`)).status).toBe(404);
  });

  test("Prefer: wait answers once the transaction is committed, and pending when the time is over", async () => {
    await open();
    api.node.isHolding = true;
    const waiting = api.get(
      "/v1/transactions",
      bytesOf("POST", Uint8Array.of(1), { prefer: "respond-async, wait=30" }),
    );
    while (api.node.waiting.length === 0) await new Promise(setImmediate);
    api.node.release();
    const response = await waiting;
    expect(response.status).toBe(200);
    expect(response.headers.get("preference-applied")).toBe("wait=30");
    api.node.isHolding = true;
    const late = await api.get("/v1/transactions", bytesOf("POST", Uint8Array.of(2), { prefer: "wait=1" }));
    expect(late.status).toBe(202);
  });

  test("a batch answers for each of its transactions, in order", async () => {
    await open();
    const framed = (...bodies: number[][]): Uint8Array =>
      Uint8Array.from(bodies.flatMap((body) => [0, 0, 0, body.length, ...body]));
    expect(joinBatch([Uint8Array.of(1, 7), Uint8Array.of(), Uint8Array.of(2)])).toEqual(framed([1, 7], [], [2]));
    const type = { "content-type": "application/vnd.selvedge.batch" };
    const response = await api.get("/v1/transactions/batch", bytesOf("POST", framed([1], [255], [2], [1]), type));
    expect(response.status).toBe(200);
    const { transactions } = await json(response);
    expect(transactions.map(({ state }: Json) => state)).toEqual(["committed", "refused", "committed", "committed"]);
    expect(transactions[1]).toMatchObject({ code: "TRANSACTIONS_FULL", retryable: true });
    expect(transactions[3].digest).toBe(transactions[0].digest);
    for (const bad of [Uint8Array.of(0, 0, 0), Uint8Array.of(0, 0, 0, 9, 1), Uint8Array.of()]) {
      const refused = await api.get("/v1/transactions/batch", bytesOf("POST", bad, type));
      expect((await json(refused)).code).toBe("BATCH_MALFORMED");
    }
    api.node.isHolding = true;
    const waiting = api.get(
      "/v1/transactions/batch",
      bytesOf("POST", framed([7], [8]), { ...type, prefer: "wait=20" }),
    );
    while (api.node.waiting.length < 2) await new Promise(setImmediate);
    api.node.release();
    expect((await waiting).status).toBe(200);
  });

  test("a full queue is 503 with Retry-After, an empty body 400", async () => {
    await open();
    const full = await api.get("/v1/transactions", bytesOf("POST", Uint8Array.of(255)));
    expect(full.status).toBe(503);
    expect(full.headers.get("retry-after")).toBe("1");
    expect(await json(full)).toMatchObject({ code: "TRANSACTIONS_FULL", retryable: true });
    expect((await api.get("/v1/transactions", bytesOf("POST", Uint8Array.of()))).status).toBe(400);
  });
});

describe("models", () => {
  test("models, versions and records answer; lists are paged by sealed cursors in both orders", async () => {
    await open();
    for (const device of [0, 1]) await submit(device + 1, device);
    expect((await json(await api.get("/v1/models"))).models.map(({ id }: Json) => id)).toEqual([MODEL]);
    expect(await json(await api.get(`/v1/models/${MODEL}`))).toMatchObject({
      id: MODEL,
      current: { version: 1, updateCount: 2 },
    });
    expect((await api.get("/v1/models/nothing")).status).toBe(404);
    const newest = await json(await api.get(`/v1/models/${MODEL}/versions?limit=1`));
    expect(newest.versions.map(({ version }: Json) => version)).toEqual([1]);
    const second = await json(await api.get(newest.next));
    expect(second).toMatchObject({ versions: [{ version: 0 }], next: null });
    const oldest = await json(await api.get(`/v1/models/${MODEL}/versions?limit=1&order=oldest`));
    expect(oldest.versions.map(({ version }: Json) => version)).toEqual([0]);
    expect(await json(await api.get(oldest.next))).toMatchObject({ versions: [{ version: 1 }], next: null });
    const record = await json(await api.get(`/v1/models/${MODEL}/versions/1`));
    expect(record).toEqual(await json(await api.get(`/v1/models/${MODEL}/versions/latest`)));
    expect(record.updates).toHaveLength(2);
    expect(record.digest).toBe(api.node.versions(MODEL).at(1)?.digest);
    expect((await api.get(`/v1/models/${MODEL}/versions/2`)).status).toBe(404);
  });

  test("weights come whole, as one range, from a suffix, conditionally, and not at all beyond the end", async () => {
    await open();
    const path = `/v1/models/${MODEL}/versions/0/weights`;
    const whole = await api.get(path);
    const root = api.node.genesis.models[0]?.weightsRoot ?? "";
    const bytes = new Uint8Array(await whole.arrayBuffer());
    expect(bytes).toEqual(api.node.blobs.get(digestFromHex(root)));
    expect(whole.headers.get("etag")).toBe(`"${root}"`);
    expect(whole.headers.get("cache-control")).toContain("immutable");
    expect((await api.get(`/v1/models/${MODEL}/versions/latest/weights`)).headers.get("cache-control")).toBe(
      "no-cache",
    );
    const size = bytes.length;
    const range = async (
      value: string,
      more: Record<string, string> = {},
    ): Promise<[number, string | null, Uint8Array]> => {
      const response = await api.get(path, { headers: { range: value, ...more } });
      return [response.status, response.headers.get("content-range"), new Uint8Array(await response.arrayBuffer())];
    };
    expect(await range("bytes=10-1500")).toEqual([206, `bytes 10-1500/${size}`, bytes.slice(10, 1501)]);
    expect(await range("bytes=10-")).toEqual([206, `bytes 10-${size - 1}/${size}`, bytes.slice(10)]);
    expect(await range("bytes=-5")).toEqual([206, `bytes ${size - 5}-${size - 1}/${size}`, bytes.slice(-5)]);
    expect((await range(`bytes=0-${10 * size}`))[0]).toBe(206);
    for (const bad of [
      `bytes=${size}-`,
      "bytes=5-4",
      "bytes=0-1,3-4",
      "bytes=-0",
      "bytes=x-",
      "bytes=-",
      "bytes=99999999999999999999-",
    ]) {
      const [status, contentRange] = await range(bad);
      expect([bad, status, contentRange]).toEqual([bad, 416, `bytes */${size}`]);
    }
    expect((await range("lines=1-2"))[0]).toBe(200);
    expect((await range("bytes=0-1", { "if-range": '"other"' }))[0]).toBe(200);
    expect((await range("bytes=0-1", { "if-range": `"${root}"` }))[0]).toBe(206);
    expect((await api.get(path, { headers: { "if-none-match": `"${root}"` } })).status).toBe(304);
    const head = await api.get(path, { method: "HEAD" });
    expect([head.status, head.headers.get("content-length")]).toEqual([200, String(size)]);
    expect(new Uint8Array(await (await api.get(`/v1/payloads/${root}`)).arrayBuffer())).toEqual(bytes);
    expect((await api.get(`/v1/payloads/${"0".repeat(64)}`)).status).toBe(404);
    expect(size).toBeGreaterThan(4 * SIZE);
  });

  test("a proof comes with its certificate, and 503 with Retry-After while there is none", async () => {
    await open();
    const proof = await json(await api.get(`/v1/models/${MODEL}/versions/latest/proof`));
    expect(proof).toMatchObject({ modelId: MODEL, version: 0, record: { leafIndex: 0, leafCount: 1 } });
    api.node.isCertifying = false;
    api.node.commit([]);
    const early = await api.get(`/v1/models/${MODEL}/versions/0/proof`);
    expect(early.status).toBe(503);
    expect(early.headers.get("retry-after")).toBe("1");
    expect(await json(early)).toMatchObject({ code: "PROOF_NOT_READY", retryable: true });
  });

  test("a device learns which sequence it signs next", async () => {
    await open();
    await submit();
    const path = (device: string): string => `/v1/devices/${device}/models/${MODEL}/sequence`;
    expect(await json(await api.get(path(deviceName(0))))).toMatchObject({ lastClosed: 1, next: 2 });
    expect((await api.get(path("0".repeat(64)))).status).toBe(404);
  });
});

describe("checkpoints", () => {
  test("the latest and a named checkpoint come with their canonical bytes", async () => {
    await open();
    const latest = await json(await api.get("/v1/checkpoints/latest"));
    expect(latest).toMatchObject({ index: 1, signers: [0, 1, 2], stateRoot: api.node.ledger.stateRoot() });
    expect(decodeCheckpoint(Uint8Array.from(Buffer.from(latest.bytes, "hex")))).toEqual({
      ok: true,
      value: api.node.certificates[0],
    });
    expect(await json(await api.get("/v1/checkpoints/1"))).toEqual(latest);
    expect((await api.get("/v1/checkpoints/2")).status).toBe(404);
    api.node.certificates.length = 0;
    expect(await json(await api.get("/v1/checkpoints/latest"))).toMatchObject({ status: 404, retryable: true });
  });
});
