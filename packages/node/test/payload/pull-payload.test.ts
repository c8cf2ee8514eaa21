// Pulling a payload from validators that lie, stall or have nothing: it comes from whoever has it, checked chunk by chunk.

import { bytesFromHex, payloadManifest, validatorIndex } from "@selvedge/integrity";
import { describe, expect, it } from "vitest";
import { sha256 } from "../../src/crypto.ts";
import { NetworkError } from "../../src/network/network-error.ts";
import { RequestSlots } from "../../src/network/request-slots.ts";
import type { PayloadPortion, PayloadRequest, Remote, Transport } from "../../src/network/transport.ts";
import { pullPayload } from "../../src/payload/pull-payload.ts";

const CHUNK = 1024;
const payload = new Uint8Array(CHUNK * 20 + 7).map((_, index) => (index * 31) % 251);
const manifest = payloadManifest(sha256, payload, CHUNK);
const hashes = manifest.chunkHashes.map((hash) => bytesFromHex(hash));
const target = { payloadRoot: manifest.root, payloadBytes: payload.length };

type Source = (request: PayloadRequest) => PayloadPortion | Promise<PayloadPortion>;

const honest = ({ root, fromChunk, count }: PayloadRequest): PayloadPortion => ({
  chunkHashes: hashes,
  chunks: Array.from({ length: Math.max(0, Math.min(count, hashes.length - fromChunk)) }, (_, offset) => {
    const index = fromChunk + offset;
    return { root, index, bytes: payload.slice(index * CHUNK, (index + 1) * CHUNK) };
  }),
});
const unreachable: Source = () => {
  throw new NetworkError("PEER_UNREACHABLE", "away");
};
const wrongHashes: Source = (request) => ({ ...honest(request), chunkHashes: hashes.toReversed() });
const wrongBytes: Source = (request) => ({
  chunkHashes: hashes,
  chunks: honest(request).chunks.map((chunk) => ({ ...chunk, bytes: chunk.bytes.map((byte) => byte ^ 1) })),
});
const onlyFirstHalf: Source = (request) =>
  request.fromChunk >= 8 ? { chunkHashes: hashes, chunks: [] } : honest(request);

function pull(
  sources: readonly Source[],
  asked: number[] = [],
  slowMs = 1_000,
  blamed: number[] = [],
): Promise<Uint8Array> {
  const transport = {
    fetchPayload: async (from: number | null, request: PayloadRequest) => {
      asked.push(from ?? -1);
      const source = sources[from ?? 0];
      if (source === undefined) throw new NetworkError("PEER_UNREACHABLE", "nobody");
      return source(request);
    },
    penalise: (remote: Remote) => blamed.push(remote.kind === "validator" ? remote.index : -1),
  } as unknown as Transport;
  return pullPayload(
    {
      slowMs,
      sha256,
      transport,
      sources: sources.map((_, index) => validatorIndex(index)),
      chunkBytes: CHUNK,
      stopped: AbortSignal.timeout(10_000),
    },
    target,
  );
}

describe("U2: a payload that a validator lacks is pulled", () => {
  it("takes it whole from an honest source", async () => {
    expect(await pull([honest])).toEqual(payload);
  });

  it.each([
    ["is away", unreachable],
    ["lies about the hashes", wrongHashes],
    ["lies about the bytes", wrongBytes],
    ["has only half", onlyFirstHalf],
  ])("goes on to the next source where one %s", async (_, bad) => {
    expect(await pull([bad, honest])).toEqual(payload);
  });

  it("keeps what was verified when it changes the source", async () => {
    const asked: number[] = [];
    await pull([onlyFirstHalf, honest], asked);
    const portions = Math.ceil(hashes.length / 8);
    expect(asked.filter((from) => from === 1)).toHaveLength(portions - 1);
  });

  it("F71: a source that gives a chunk just in time is left for the next one", async () => {
    const asked: number[] = [];
    const trickle =
      (tookMs: number): Source =>
      async (request) => {
        await new Promise((resolve) => setTimeout(resolve, tookMs));
        return honest({ ...request, count: 1 });
      };
    expect(await pull([trickle(600), honest], asked, 500)).toEqual(payload);
    expect(asked.filter((from) => from === 0)).toHaveLength(1);
    asked.length = 0;
    expect(await pull([trickle(1), trickle(1)], asked, 0)).toEqual(payload);
    expect(asked.slice(0, 4)).toEqual([0, 1, 0, 1]);
    expect(asked).toHaveLength(hashes.length);
  });

  it("F89: who gives other bytes than the root names pays for it", async () => {
    const blamed: number[] = [];
    await pull([wrongBytes, honest], [], undefined, blamed);
    expect(blamed).toEqual([0]);
  });

  it("ends when the node stops", async () => {
    const stopped = AbortSignal.abort(new Error("stopping"));
    const transport = { fetchPayload: unreachable, penalise: () => undefined } as unknown as Transport;
    await expect(pullPayload({ sha256, transport, sources: [], chunkBytes: CHUNK, stopped }, target)).rejects.toThrow(
      "stopping",
    );
  });

  it("a stop between two rounds rejects with the signal's own reason", async () => {
    const stop = new AbortController();
    const transport = {
      fetchPayload: async () => {
        setImmediate(() => setImmediate(() => stop.abort()));
        throw new NetworkError("PEER_UNREACHABLE", "away");
      },
    } as unknown as Transport;
    const context = { sha256, transport, sources: [validatorIndex(0)], chunkBytes: CHUNK, stopped: stop.signal };
    const outcome = await pullPayload(context, target).catch((error: unknown) => error);
    expect(outcome).toBe(stop.signal.reason);
  });

  it("a stop ends it while it waits for its turn, too", async () => {
    const stop = new AbortController();
    const turns = new RequestSlots(1, 1);
    void turns.run(() => new Promise<never>(() => undefined));
    const transport = { fetchPayload: unreachable, penalise: () => undefined } as unknown as Transport;
    const pulling = pullPayload(
      { sha256, transport, sources: [], chunkBytes: CHUNK, stopped: stop.signal, turns },
      target,
    ).catch((error: unknown) => error);
    stop.abort(new Error("it came another way"));
    expect(await pulling).toBe(stop.signal.reason);
  });

  it("a source is not blamed for the size that a header claims", async () => {
    const blamed: string[] = [];
    const stop = new AbortController();
    const transport = {
      fetchPayload: async (_: number, request: PayloadRequest) => {
        setImmediate(() => setImmediate(() => stop.abort()));
        return honest(request);
      },
      penalise: (_: unknown, __: number, reason: string) => blamed.push(reason),
    } as unknown as Transport;
    const context = { sha256, transport, sources: [validatorIndex(0)], chunkBytes: CHUNK, stopped: stop.signal };
    await pullPayload(context, { ...target, payloadBytes: 1 }).catch(() => undefined);
    expect(blamed).toEqual([]);
  });
});
