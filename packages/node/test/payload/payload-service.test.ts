// The payload service: what a gateway takes it passes on at once, and nothing is vouched for that was not checked whole.

import {
  MemoryStore,
  type UpdateHeader,
  chainIdOf,
  chunkOf,
  committeeOf,
  mustExist,
  sequenceNumber,
  validatorIndex,
} from "@selvedge/integrity";
import { createLedger } from "@selvedge/ledger";
import { describe, expect, it } from "vitest";
import { createNodeCrypto, sha256 } from "../../src/crypto.ts";
import type { NumberWork } from "../../src/host/worker-pool.ts";
import { NetworkError } from "../../src/network/network-error.ts";
import type { PayloadChunk, PayloadOffer, Transport } from "../../src/network/transport.ts";
import { PayloadService } from "../../src/payload/payload-service.ts";
import { PayloadStore } from "../../src/storage/payload-store.ts";
import { LocalNetwork, directWork } from "../daemon/local-network.ts";
import { tinyUpdate } from "../tiny-update.ts";

function world(work: NumberWork = directWork) {
  const { genesis, network } = new LocalNetwork(4);
  const chainId = chainIdOf(genesis, sha256);
  const store = new PayloadStore(new MemoryStore(sha256), sha256);
  const offers: PayloadOffer[] = [];
  const chunks: PayloadChunk[] = [];
  const transport = {
    pushPayloadOffer: (_: number, offer: PayloadOffer) => offers.push(offer) > 0,
    pushPayloadChunk: (_: number, chunk: PayloadChunk) => chunks.push(chunk) > 0,
    fetchPayload: () => Promise.reject(new NetworkError("PEER_UNREACHABLE", "nobody serves it")),
  };
  const ledger = createLedger({ genesis, chainId, committee: committeeOf(genesis), crypto: createNodeCrypto() });
  const service = new PayloadService({
    sha256,
    chunkBytes: genesis.params.payloadChunkBytes,
    store,
    ledger,
    work,
    transport: transport as unknown as Transport,
    others: [1, 2, 3].map(validatorIndex),
    stopped: new AbortController().signal,
  });
  const model = mustExist(ledger.models()[0], "one model");
  /** A signed update whose delta has this value everywhere, cut into chunks. */
  const chunked = (value: number, claim: Partial<UpdateHeader> = {}) => {
    const secret = mustExist(network.devices[0], "a device").secrets.signing;
    const made = tinyUpdate({ chainId, model, chunkBytes: genesis.params.payloadChunkBytes, secret, value, claim });
    const pieces = made.hashes.map((_, index) => chunkOf(made.payload, made.manifest, index));
    return { ...made, pieces, root: made.manifest.root };
  };
  return { service, store, offers, chunks, chunked };
}

describe("payload service", () => {
  it("U2: a gateway pushes every verified chunk on before the payload is whole", async () => {
    const { chunked, service, offers, chunks } = world();
    const { update, hashes, pieces, root } = chunked(1);
    expect(pieces.length).toBeGreaterThan(2);
    expect(service.begin(update, hashes).ok).toBe(true);
    service.announce(update, hashes);
    expect(offers).toHaveLength(3);
    const [first] = pieces;
    if (first === undefined) throw new Error("a payload has chunks");
    expect((await service.accept(root, first, true)).ok).toBe(true);
    expect(chunks.map(({ index }) => index)).toEqual([0, 0, 0]);
    expect(service.verdictOf(update)).toBeUndefined();
    await service.accept(root, first, true);
    expect(chunks).toHaveLength(3);
  });

  it("a wrong chunk is neither kept nor passed on", async () => {
    const { chunked, service, chunks } = world();
    const { update, hashes, pieces, root } = chunked(1);
    service.begin(update, hashes);
    const wrong = { index: 0, bytes: (pieces[0]?.bytes ?? new Uint8Array(0)).map((byte) => byte ^ 1) };
    expect(await service.accept(root, wrong, true)).toMatchObject({
      ok: false,
      error: { code: "PAYLOAD_CHUNK_MISMATCH" },
    });
    expect(chunks).toEqual([]);
    expect(service.missingChunks(root)).toContain(0);
  });

  it("U3: it has a verdict only once the whole payload is checked and stored", async () => {
    const { chunked, service, store } = world();
    const { update, hashes, pieces, root, payload } = chunked(1);
    expect(service.verdictOf(update)).toBeUndefined();
    service.begin(update, hashes);
    for (const piece of pieces.slice(1)) await service.accept(root, piece, false);
    expect(await service.finish(update)).toMatchObject({ ok: false, error: { code: "PAYLOAD_INCOMPLETE" } });
    expect(await store.whole(root)).toBeUndefined();
    for (const piece of pieces.slice(0, 1)) await service.accept(root, piece, false);
    expect(service.verdictOf(update)?.ok).toBe(true);
    expect(await store.whole(root)).toEqual(payload);
  });

  it("U3: a delta beyond the norm bound is refused and not stored", async () => {
    const { chunked, service, store } = world();
    const { update, hashes, pieces, root } = chunked(1e6);
    service.begin(update, hashes);
    for (const piece of pieces) await service.accept(root, piece, false);
    expect(service.verdictOf(update)).toMatchObject({ ok: false, error: { code: "DELTA_NORM" } });
    expect(await store.whole(root)).toBeUndefined();
  });

  it("a chunk that nobody announced is refused", async () => {
    const { chunked, service } = world();
    const { pieces, root } = chunked(1);
    const [first] = pieces;
    if (first === undefined) throw new Error("a payload has chunks");
    expect(await service.accept(root, first, false)).toMatchObject({
      ok: false,
      error: { code: "PAYLOAD_NOT_EXPECTED" },
    });
  });

  it("U3: a payload that is pushed here ends the search for it, also while nobody serves it", async () => {
    const { chunked, service } = world();
    const { update, hashes, pieces, root } = chunked(1);
    const checking = service.check(update, validatorIndex(1));
    service.begin(update, hashes);
    for (const piece of pieces) await service.accept(root, piece, true);
    expect(await service.finish(update)).toMatchObject({ ok: true });
    expect(await checking).toMatchObject({ ok: true });
  });

  it("U3: a header that announces another's payload gets a verdict of its own, and takes nothing from the other", async () => {
    const { chunked, service } = world();
    const mine = chunked(1);
    const rival = chunked(1, { codec: "bf16", sequence: sequenceNumber(2) });
    expect(rival.root).toBe(mine.root);
    service.begin(mine.update, mine.hashes);
    service.begin(rival.update, mine.hashes);
    for (const piece of mine.pieces) await service.accept(mine.root, piece, true);
    expect(await service.finish(mine.update)).toMatchObject({ ok: true });
    expect(await service.check(rival.update, validatorIndex(1))).toMatchObject({ ok: false });
    expect(service.verdictOf(mine.update)?.ok).toBe(true);
  });

  it("U3: nothing is vouched for that has another size than its header says", async () => {
    const { chunked, service } = world();
    const { update, hashes, pieces, root, payload } = chunked(1);
    const lie = chunked(1, { payloadBytes: payload.length - 1 });
    service.begin(update, hashes);
    for (const piece of pieces) await service.accept(root, piece, false);
    expect(service.verdictOf(update)?.ok).toBe(true);
    expect(await service.check(lie.update, validatorIndex(1))).toMatchObject({
      ok: false,
      error: { code: "PAYLOAD_SIZE_MISMATCH" },
    });
  });

  it("inspects two payloads at a time, however many arrive", async () => {
    let running = 0;
    let runningMax = 0;
    const { chunked, service } = world({
      ...directWork,
      inspect: async (task) => {
        running += 1;
        runningMax = Math.max(runningMax, running);
        await new Promise((resolve) => setImmediate(resolve));
        running -= 1;
        return directWork.inspect(task);
      },
    });
    const all = [0.5, 1, 1.5, 2, 2.5, 3].map((value) => chunked(value));
    for (const { update, hashes } of all) service.begin(update, hashes);
    const taken = all.map(async ({ pieces, root }) => {
      for (const piece of pieces) await service.accept(root, piece, false);
    });
    await Promise.all(taken);
    expect(all.every(({ update }) => service.verdictOf(update)?.ok === true)).toBe(true);
    expect(runningMax).toBe(2);
  });
});

describe("removal of a payload", () => {
  it("is refused while it is on its way here, and when somebody asked for it since the given commit", async () => {
    const { chunked, service } = world();
    const { update, hashes, root } = chunked(1);
    let removals = 0;
    const removal = async (): Promise<void> => void (removals += 1);
    expect(await service.remove(root, removal, 0)).toBe(true);
    service.begin(update, hashes);
    expect(await service.remove(root, removal, 1)).toBe(false);
    const other = chunked(2);
    service.verdictOf(other.update);
    expect(await service.remove(other.root, removal, 0)).toBe(false);
    expect(await service.remove(other.root, removal, 1)).toBe(true);
    expect(removals).toBe(2);
  });

  it("takes the verdict with it: whoever vouches again must have it again", async () => {
    const { chunked, service, store } = world();
    const { update, hashes, pieces, root } = chunked(1);
    service.begin(update, hashes);
    for (const piece of pieces) await service.accept(root, piece, false);
    expect((await service.finish(update)).ok).toBe(true);
    expect(service.verdictOf(update)?.ok).toBe(true);
    expect(await store.whole(root)).toBeDefined();
    expect(await service.remove(root, async () => undefined, 1)).toBe(true);
    expect(service.verdictOf(update)).toBeUndefined();
  });
});
