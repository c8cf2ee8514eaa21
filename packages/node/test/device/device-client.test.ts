// A device against real API servers over nodes in memory: what it believes, what it sends, and what it does when a
// gateway lies, is down or is behind.

import { mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodeCheckpoint, hexFromBytes, portableCrypto, versionNumber, zeroDigest } from "@selvedge/integrity";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ApiServer } from "../../src/api/server.ts";
import {
  type DeviceClient,
  type DeviceClientOptions,
  type DeltaSubmission,
  openDeviceClient,
} from "../../src/device/device-client.ts";
import type { Fetch } from "../../src/device/gateway-client.ts";
import { openApi, testUpdate } from "../api/api-fixture.ts";
import { MODEL, MemoryNode, deviceSigner, testGenesis, weightsAt } from "../api/memory-node.ts";

/** Whatever a gateway's JSON holds: tests change it at will. */
type Json = ReturnType<typeof JSON.parse>;

const signal = new AbortController().signal;
const DOWN = "http://127.0.0.1:1";

let home: string;
let node: MemoryNode;
let servers: ApiServer[];
let pauses: number[];

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "selvedge-device-"));
  node = new MemoryNode();
  servers = [];
  pauses = [];
});
afterEach(async () => {
  await Promise.all(servers.map(async (server) => server.close()));
  await rm(home, { recursive: true });
});

async function serve(of: MemoryNode = node, token?: string): Promise<string> {
  const { server } = await openApi({ node: of, ...(token !== undefined && { token }) });
  servers.push(server);
  return server.url;
}

async function device(gateways: readonly string[], more: Partial<DeviceClientOptions> = {}): Promise<DeviceClient> {
  return openDeviceClient({
    genesis: testGenesis(),
    gateways,
    signer: deviceSigner(0),
    outboxFolder: join(home, "outbox"),
    checkpointFile: join(home, "checkpoint"),
    crypto: portableCrypto,
    pause: async (ms) => {
      pauses.push(ms);
    },
    random: () => 0,
    ...more,
    limits: { receiptPollsMax: 3, ...more.limits },
  });
}

/** A fetch that changes what one path answers. */
function tampering(pattern: RegExp, change: (body: Json) => unknown): Fetch {
  return async (input, init) => {
    const response = await fetch(input, init);
    if (!pattern.test(input.href) || !response.ok) return response;
    const bytes = new Uint8Array(await response.arrayBuffer());
    const isJson = response.headers.get("content-type") === "application/json";
    const body = isJson
      ? JSON.stringify(change(JSON.parse(Buffer.from(bytes).toString())))
      : (change(bytes) as Uint8Array<ArrayBuffer>);
    return new Response(body, { status: response.status });
  };
}

const flipped = (hex: string, position = hex.length - 1): string =>
  `${hex.slice(0, position)}${hex[position] === "0" ? "1" : "0"}${hex.slice(position + 1)}`;

const delta = (value: number, more: Partial<DeltaSubmission> = {}): DeltaSubmission => ({
  model: MODEL,
  base: node.versions(MODEL).at(0)?.digest ?? zeroDigest(),
  delta: weightsAt(value),
  codec: "f32",
  sampleCount: 10,
  ...more,
});

describe("what a device believes", () => {
  test("weights follow from the genesis alone: certificate, proof, record, bytes", async () => {
    const client = await device([await serve()]);
    const pulled = await client.pullWeights({ model: MODEL, version: "latest" }, signal);
    if (!pulled.ok) throw new Error(pulled.error.detail);
    expect(pulled.value.weights).toEqual(weightsAt(0));
    expect(pulled.value.version.record.digest).toBe(node.versions(MODEL).at(0)?.digest);
    expect(client.lastCheckpoint?.index).toBe(1);
    const again = await device([]);
    expect(again.lastCheckpoint).toEqual(client.lastCheckpoint);
  });

  const lies: readonly (readonly [string, RegExp, (body: Json) => unknown, string])[] = [
    ["no proof at all", /proof/u, () => ({}), "PROOF_MALFORMED"],
    ["a certificate that is none", /proof/u, (body) => ({ ...body, certificate: "00" }), "CHECKPOINT_MALFORMED"],
    [
      "a broken signature",
      /proof/u,
      (body) => ({ ...body, certificate: flipped(body.certificate) }),
      "CHECKPOINT_SIGNATURE",
    ],
    ["too few signatures", /proof/u, (body) => ({ ...body, certificate: fewSigners() }), "CHECKPOINT_STAKE"],
    ["a foreign chain", /proof/u, (body) => ({ ...body, certificate: foreignCertificate() }), "CHECKPOINT_CHAIN"],
    [
      "another model leaf",
      /proof/u,
      (body) => ({ ...body, modelLeafBytes: flipped(body.modelLeafBytes) }),
      "PROOF_MODEL_LEAF",
    ],
    [
      "a path that leads elsewhere",
      /proof/u,
      (body) => ({
        ...body,
        modelLeaf: { ...body.modelLeaf, path: body.modelLeaf.path.map((hash: string) => flipped(hash)) },
      }),
      "PROOF_MODEL_LEAF",
    ],
    ["another record", /proof/u, (body) => ({ ...body, recordBytes: flipped(body.recordBytes) }), "PROOF_RECORD"],
    ["another version's place", /proof/u, (body) => ({ ...body, version: 5 }), "PROOF_VERSION_POSITION"],
    [
      "damaged weights",
      /weights/u,
      (body: Uint8Array) => body.with(1000, (body[1000] ?? 0) ^ 1),
      "WEIGHTS_ROOT_MISMATCH",
    ],
    ["truncated weights", /weights/u, (body: Uint8Array) => body.slice(0, -1), "WEIGHTS_ROOT_MISMATCH"],
    ["endless weights", /weights/u, (body: Uint8Array) => new Uint8Array([...body, 0]), "GATEWAY_ANSWER_INVALID"],
  ];
  const certified = (): MemoryNode["certificates"][number] => {
    const [certificate] = node.certificates;
    if (certificate === undefined) throw new Error("no certificate");
    return certificate;
  };
  const fewSigners = (): string => {
    const { statement } = certified();
    return encoded(node.certify(statement.index, statement.stateRoot, [0, 1]));
  };
  const foreignCertificate = (): string => {
    const { statement, signatures } = certified();
    return encoded({ statement: { ...statement, chainId: zeroDigest() }, signatures });
  };

  test.each(lies)(
    "%s is refused by its own code, and an honest gateway makes up for it",
    async (_, pattern, change, code) => {
      const url = await serve();
      const honest = await serve();
      const lying = tampering(pattern, change);
      const alone = await device([url], { fetch: lying });
      expect(await alone.pullWeights({ model: MODEL, version: "latest" }, signal)).toMatchObject({
        ok: false,
        error: { code },
      });
      const both = await device([url, honest], {
        fetch: async (input, init) => (input.href.startsWith(url) ? lying(input, init) : fetch(input, init)),
      });
      expect((await both.pullWeights({ model: MODEL, version: "latest" }, signal)).ok).toBe(true);
    },
  );

  test("a gateway that is behind what was verified before is passed over, also after a restart", async () => {
    const behind = new MemoryNode();
    node.commit([]);
    const ahead = await serve();
    const late = await serve(behind);
    const client = await device([ahead]);
    expect((await client.latestVersion(MODEL, signal)).ok).toBe(true);
    const restarted = await device([late]);
    expect(await restarted.latestVersion(MODEL, signal)).toMatchObject({
      ok: false,
      error: { code: "CHECKPOINT_ROLLED_BACK" },
    });
    expect((await (await device([late, ahead])).latestVersion(MODEL, signal)).ok).toBe(true);
    behind.commit([]);
    expect((await restarted.latestVersion(MODEL, signal)).ok).toBe(true);
  });

  test("two certified states of one commit are a conflict, never an update of what is known", async () => {
    const url = await serve();
    const client = await device([url]);
    await client.latestVersion(MODEL, signal);
    // The same commit index with another state: a chain whose first commit already carried an update.
    const forked = new MemoryNode();
    const { update, submission, payload } = testUpdate(forked);
    forked.isHolding = true;
    await forked.submitUpdate(
      update,
      submission.chunkHashes.map((hash) => new Uint8Array(Buffer.from(hash, "hex"))),
    );
    const stream = await forked.openPayload(update.digest);
    if (stream.ok) await stream.value.write(payload);
    if (stream.ok) await stream.value.finish();
    forked.release();
    forked.certificates.splice(0, 2, forked.certify(1, forked.ledger.stateRoot()));
    const result = await (await device([await serve(forked)])).latestVersion(MODEL, signal);
    expect(result).toMatchObject({ ok: false, error: { code: "CHECKPOINT_CONFLICT" } });
  });

  test("a version that is not the newest of its state is not the latest, and another than asked for is refused", async () => {
    const url = await serve();
    const clients = await device([url]);
    for (const value of [1, 2]) {
      const other = await device([url], { signer: deviceSigner(value), outboxFolder: join(home, `outbox-${value}`) });
      await other.submitDelta(delta(value), signal);
    }
    expect((await clients.latestVersion(MODEL, signal)).ok).toBe(true);
    const swapped: Fetch = async (input, init) =>
      fetch(input.href.replace(/versions\/[a-z0-9]+\/proof/u, "versions/0/proof"), init);
    const misled = await device([url], { fetch: swapped });
    expect(await misled.latestVersion(MODEL, signal)).toMatchObject({
      ok: false,
      error: { code: "VERSION_NOT_LATEST" },
    });
    const asked = await misled.version({ model: MODEL, version: versionNumber(1) }, signal);
    expect(asked).toMatchObject({ ok: false, error: { code: "VERSION_NOT_ASKED" } });
  });

  test("a damaged memory of checkpoints is an error and is not forgotten", async () => {
    await (await device([await serve()])).latestVersion(MODEL, signal);
    const path = join(home, "checkpoint");
    const text = await readFile(path, "utf8");
    await writeFile(path, flipped(text, 300));
    await expect(device([])).rejects.toMatchObject({ code: "FILE_MALFORMED" });
  });
});

describe("which gateway", () => {
  test("a gateway that is down is passed over; a call without any ends by itself with growing pauses", async () => {
    const client = await device([DOWN, await serve()]);
    expect((await client.sequence(MODEL, signal)).ok).toBe(true);
    expect(pauses).toEqual([]);
    const offline = await device([DOWN]);
    expect(await offline.sequence(MODEL, signal)).toMatchObject({ ok: false, error: { code: "GATEWAY_UNREACHABLE" } });
    expect(pauses).toEqual([125, 250]);
    expect(await (await device([])).sequence(MODEL, signal)).toMatchObject({
      ok: false,
      error: { code: "GATEWAY_UNREACHABLE" },
    });
  });

  test("Retry-After is respected up to the bound, and a signal ends the call", async () => {
    node.isCertifying = false;
    node.commit([]);
    const client = await device([await serve()]);
    expect(await client.latestVersion(MODEL, signal)).toMatchObject({ ok: false, error: { code: "PROOF_NOT_READY" } });
    expect(pauses).toEqual([1000, 1000]);
    const ended = AbortSignal.abort();
    expect(await client.latestVersion(MODEL, ended)).toMatchObject({ ok: false, error: { code: "DEADLINE_PASSED" } });
  });

  test("a token is shown to a gateway that asks for one", async () => {
    const token = "0123456789abcdef";
    const url = await serve(node, token);
    expect(await (await device([url])).sequence(MODEL, signal)).toMatchObject({
      ok: false,
      error: { code: "UNAUTHORISED" },
    });
    expect((await (await device([url], { token })).sequence(MODEL, signal)).ok).toBe(true);
  });
});

describe("what a device sends", () => {
  test("a delta is delivered with a verified receipt and leaves the outbox", async () => {
    const client = await device([await serve()]);
    const submitted = await client.submitDelta(delta(1), signal);
    expect(submitted).toMatchObject({
      ok: true,
      value: { entry: { header: { sequence: 1 } }, report: [{ delivery: { state: "delivered" } }] },
    });
    expect(client.waiting).toEqual([]);
    expect(await readdir(join(home, "outbox"))).toEqual([`next-${MODEL}.counter`]);
    const second = await client.submitDelta(delta(2), signal);
    expect(second).toMatchObject({ ok: true, value: { entry: { header: { sequence: 2 } } } });
  });

  test("offline, updates wait through restarts and are delivered oldest first, signed just once each", async () => {
    const offline = await device([DOWN]);
    for (const value of [1, 2]) {
      expect(await offline.submitDelta(delta(value), signal)).toMatchObject({
        ok: true,
        value: { report: [{ delivery: { state: "waiting", cause: { code: "GATEWAY_UNREACHABLE" } } }] },
      });
    }
    const before = offline.waiting.map(({ digest }) => digest);
    const online = await device([await serve()]);
    expect(online.waiting.map(({ digest }) => digest)).toEqual(before);
    const report = await online.flush(signal);
    expect(report.map(({ digest, sequence, delivery }) => [digest, sequence, delivery.state])).toEqual([
      [before[0], 1, "delivered"],
      [before[1], 2, "delivered"],
    ]);
    expect(await online.flush(signal)).toEqual([]);
  });

  test("without a receipt an update stays, and the next flush finds its receipt", async () => {
    node.isHolding = true;
    const client = await device([await serve()]);
    expect(await client.submitDelta(delta(1), signal)).toMatchObject({
      ok: true,
      value: { report: [{ delivery: { state: "waiting", cause: { code: "RECEIPT_UNKNOWN" } } }] },
    });
    expect(pauses).toEqual([50, 75]);
    node.release();
    expect(await client.flush(signal)).toMatchObject([{ delivery: { state: "delivered" } }]);
  });

  test("a receipt that does not verify ends nothing", async () => {
    const url = await serve();
    const damaged = await device([url], {
      fetch: tampering(/receipt/u, (body: Uint8Array) => body.with(body.length - 1, 255)),
    });
    await damaged.submitDelta(delta(1), signal);
    expect(damaged.waiting).toHaveLength(1);
    const empty = await device([url], { fetch: tampering(/receipt/u, () => Uint8Array.of(0x92)) });
    expect(await empty.flush(signal)).toMatchObject([
      { delivery: { state: "waiting", cause: { code: "RECEIPT_MALFORMED" } } },
    ]);
    expect(await (await device([url])).flush(signal)).toMatchObject([{ delivery: { state: "delivered" } }]);
  });

  test("an update that a proven version holds is done, though no gateway has its receipt", async () => {
    const url = await serve();
    const first = await device([url]);
    node.isHolding = true;
    await first.submitDelta(delta(1), signal);
    const second = await device([url], { signer: deviceSigner(1), outboxFolder: join(home, "other") });
    await second.submitDelta(delta(2), signal);
    node.release();
    node.receipts.clear();
    expect(await first.flush(signal)).toMatchObject([{ delivery: { state: "applied", version: 1 } }]);
    expect(first.waiting).toEqual([]);
  });

  test("a stale update is dropped with its reason, but not while any gateway takes it", async () => {
    const url = await serve();
    const client = await device([url]);
    const other = async (index: number): Promise<DeviceClient> =>
      device([url], { signer: deviceSigner(index), outboxFolder: join(home, `outbox-${index}`) });
    for (let version = 0; version < 2; version += 1) {
      const base = [...node.versions(MODEL)].at(-1)?.digest ?? zeroDigest();
      for (const index of [1, 2]) await (await other(index)).submitDelta(delta(1, { base }), signal);
    }
    expect([...node.versions(MODEL)]).toHaveLength(3);
    const submitted = await client.submitDelta(delta(1), signal);
    expect(submitted).toMatchObject({
      ok: true,
      value: { report: [{ sequence: 1, delivery: { state: "dropped", cause: { code: "UPDATE_TOO_STALE" } } }] },
    });
    expect(client.waiting).toEqual([]);
    const next = await client.submitDelta(
      delta(1, { base: node.versions(MODEL).at(2)?.digest ?? zeroDigest() }),
      signal,
    );
    expect(next).toMatchObject({
      ok: true,
      value: { entry: { header: { sequence: 2 } }, report: [{ delivery: { state: "delivered" } }] },
    });
  });

  test("a delta that no gateway need see is refused at once", async () => {
    const client = await device([await serve()]);
    expect(await client.submitDelta(delta(Number.NaN), signal)).toMatchObject({ ok: false });
    // Unchanged weights, and changes of which the codec leaves nothing.
    for (const [value, codec] of [
      [0, "f32"],
      [-0, "int8"],
      [0, "topk"],
      [1e-12, "f16"],
    ] as const) {
      expect(await client.submitDelta(delta(value, { codec }), signal)).toMatchObject({
        ok: false,
        error: { code: "DELTA_ZERO" },
      });
    }
    expect(client.waiting).toEqual([]);
    expect(await client.sequence(MODEL, signal)).toMatchObject({ ok: true, value: { next: 1 } });
  });
});

function encoded(certificate: Parameters<typeof encodeCheckpoint>[0]): string {
  return hexFromBytes(encodeCheckpoint(certificate));
}
