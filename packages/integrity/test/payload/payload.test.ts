// Payload chunks: what a root vouches for, checked chunk by chunk, in any order, from anybody.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { InvariantError } from "../../src/assert.ts";
import { type Digest, digestFromBytes, zeroDigest } from "../../src/digest.ts";
import { PAYLOAD_CHUNK_MAX_BYTES, PAYLOAD_MAX_BYTES } from "../../src/limits.ts";
import { rootOfLeaves } from "../../src/merkle/tree.ts";
import { PayloadAssembler } from "../../src/payload/payload-assembler.ts";
import {
  PAYLOAD_CHUNK_BYTES,
  type PayloadManifest,
  chunkCount,
  isChunkSize,
  payloadManifest,
  payloadRoot,
  verifyManifest,
} from "../../src/payload/payload-manifest.ts";
import { chunkOf, verifyChunk } from "../../src/payload/payload-tree.ts";
import type { Result } from "../../src/result.ts";
import { nativeSha256 as sha256 } from "../support/native-crypto.ts";

const CHUNK = 1024;

const payloads: fc.Arbitrary<Uint8Array> = fc
  .record({ size: fc.nat(9 * CHUNK), salt: fc.nat(250) })
  .map(({ size, salt }) => Uint8Array.from({ length: size }, (_, index) => (index * 7 + (index >> 8) + salt) & 0xff));

const PAYLOAD = Uint8Array.from({ length: 4 * CHUNK + 100 }, (_, index) => (index * 13 + (index >> 10)) & 0xff);
const MANIFEST = payloadManifest(sha256, PAYLOAD, CHUNK);

function codeOf(result: Result<unknown, { readonly code: string }>): string {
  return result.ok ? "OK" : result.error.code;
}

describe("payload manifest", () => {
  it("the root is that of RFC 6962 over the chunks", () => {
    fc.assert(
      fc.property(payloads, (payload) => {
        const chunks: Uint8Array[] = [];
        for (let at = 0; at < payload.length; at += CHUNK) chunks.push(payload.slice(at, at + CHUNK));
        const manifest = payloadManifest(sha256, payload, CHUNK);
        expect(manifest.root).toBe(digestFromBytes(rootOfLeaves(sha256, chunks)));
        expect(manifest.chunkHashes.length).toBe(chunkCount(manifest));
        expect(verifyManifest(sha256, manifest)).toEqual({ ok: true, value: manifest });
      }),
    );
  });

  it("chunks are 64 KiB where nothing else is said", () => {
    const payload = new Uint8Array(PAYLOAD_CHUNK_BYTES + 1);
    expect(payloadManifest(sha256, payload).chunkHashes.length).toBe(2);
    expect(payloadRoot(sha256, payload)).toBe(payloadManifest(sha256, payload, 65_536).root);
  });

  it("a chunk size is a power of two within its bounds", () => {
    expect([1024, 65_536, PAYLOAD_CHUNK_MAX_BYTES].every(isChunkSize)).toBe(true);
    expect(
      [0, 512, 1025, 3072, 2 * PAYLOAD_CHUNK_MAX_BYTES, 2 ** 40, -1024, 1024.5, Number.NaN].some(isChunkSize),
    ).toBe(false);
    expect(() => payloadManifest(sha256, PAYLOAD, 1000)).toThrow(InvariantError);
  });

  it("every damaged sibling of a good manifest is refused with its own code", () => {
    const damaged = (change: Partial<PayloadManifest>): string =>
      codeOf(verifyManifest(sha256, { ...MANIFEST, ...change }));
    const { chunkHashes } = MANIFEST;
    expect(damaged({})).toBe("OK");
    expect(damaged({ root: zeroDigest() })).toBe("PAYLOAD_ROOT_MISMATCH");
    expect(damaged({ chunkHashes: [...chunkHashes.slice(1), zeroDigest()] })).toBe("PAYLOAD_ROOT_MISMATCH");
    expect(damaged({ chunkHashes: chunkHashes.toReversed() })).toBe("PAYLOAD_ROOT_MISMATCH");
    expect(damaged({ chunkHashes: chunkHashes.slice(1) })).toBe("PAYLOAD_CHUNK_COUNT");
    expect(damaged({ sizeBytes: 6 * CHUNK })).toBe("PAYLOAD_CHUNK_COUNT");
    const short: Digest = JSON.parse('"00"');
    expect(damaged({ root: short })).toBe("MERKLE_HASH_SIZE");
    expect(damaged({ chunkHashes: [short, ...chunkHashes.slice(1)] })).toBe("MERKLE_HASH_SIZE");
    expect(damaged({ chunkBytes: 3000 })).toBe("PAYLOAD_CHUNK_SIZE");
    expect(damaged({ sizeBytes: PAYLOAD_MAX_BYTES + 1 })).toBe("PAYLOAD_TOO_LARGE");
    expect(damaged({ sizeBytes: -1 })).toBe("PAYLOAD_TOO_LARGE");
    expect(damaged({ sizeBytes: 0.5 })).toBe("PAYLOAD_TOO_LARGE");
  });
});

describe("chunks", () => {
  it("are verified by the manifest", () => {
    fc.assert(
      fc.property(payloads, (payload) => {
        const manifest = payloadManifest(sha256, payload, CHUNK);
        for (let index = 0; index < chunkCount(manifest); index += 1) {
          const chunk = chunkOf(payload, manifest, index);
          expect(verifyChunk(sha256, manifest, chunk).ok).toBe(true);
        }
      }),
      { numRuns: 30 },
    );
  });

  it("every damaged sibling of a good chunk is refused with its own code", () => {
    const chunk = chunkOf(PAYLOAD, MANIFEST, 1);
    const flipped = chunk.bytes.slice();
    flipped[17] = (flipped[17] ?? 0) ^ 1;
    const byManifest = (index: number, bytes: Uint8Array): string =>
      codeOf(verifyChunk(sha256, MANIFEST, { index, bytes }));
    expect(byManifest(1, flipped)).toBe("PAYLOAD_CHUNK_MISMATCH");
    expect(byManifest(2, chunk.bytes)).toBe("PAYLOAD_CHUNK_MISMATCH");
    expect(byManifest(1, chunk.bytes)).toBe("OK");
    expect(byManifest(1, chunk.bytes.subarray(1))).toBe("PAYLOAD_CHUNK_SIZE");
    expect(byManifest(4, chunk.bytes)).toBe("PAYLOAD_CHUNK_SIZE");
    expect(byManifest(5, chunk.bytes)).toBe("PAYLOAD_CHUNK_INDEX");
    expect(byManifest(-1, chunk.bytes)).toBe("PAYLOAD_CHUNK_INDEX");
    expect(byManifest(0.5, chunk.bytes)).toBe("PAYLOAD_CHUNK_INDEX");
  });
});

describe("payload assembler", () => {
  it("gives the payload back, in whatever order its chunks come and however often", () => {
    const cases = payloads.chain((payload) => {
      const count = Math.ceil(payload.length / CHUNK);
      const indices = Array.from({ length: count }, (_, index) => index);
      const all = fc.shuffledSubarray(indices, { minLength: count, maxLength: count });
      return fc.record({
        payload: fc.constant(payload),
        order: all,
        repeats: fc.array(fc.nat(Math.max(0, count - 1)), { maxLength: 3 }),
      });
    });
    fc.assert(
      fc.property(cases, ({ payload, order, repeats }) => {
        const manifest = payloadManifest(sha256, payload, CHUNK);
        const assembler = new PayloadAssembler(sha256, manifest);
        const left = new Set(order);
        for (const index of [...(order.length > 0 ? repeats : []), ...order]) {
          const isNew = left.delete(index);
          const outcome = assembler.accept(chunkOf(payload, manifest, index));
          expect(outcome).toEqual({ ok: true, value: isNew ? "new" : "duplicate" });
          expect(assembler.missing()).toEqual([...left].toSorted((one, other) => one - other));
          expect(assembler.isComplete).toBe(left.size === 0);
          expect(assembler.has(index)).toBe(true);
        }
        expect(assembler.receivedCount).toBe(order.length);
        expect(Buffer.compare(assembler.assemble(), payload)).toBe(0);
      }),
      { numRuns: 50 },
    );
  });

  it("a wrong chunk changes nothing", () => {
    const assembler = new PayloadAssembler(sha256, MANIFEST);
    const wrong = { index: 2, bytes: chunkOf(PAYLOAD, MANIFEST, 3).bytes };
    expect(codeOf(assembler.accept(wrong))).toBe("PAYLOAD_CHUNK_MISMATCH");
    expect(codeOf(assembler.accept({ index: 9, bytes: wrong.bytes }))).toBe("PAYLOAD_CHUNK_INDEX");
    expect(assembler.missing()).toEqual([0, 1, 2, 3, 4]);
    expect(assembler.missing(2)).toEqual([0, 1]);
    expect(() => assembler.assemble()).toThrow(InvariantError);
  });

  it("keeps copies: a peer's buffer may be reused", () => {
    const payload = PAYLOAD.slice(0, CHUNK);
    const manifest = payloadManifest(sha256, payload, CHUNK);
    const assembler = new PayloadAssembler(sha256, manifest);
    const buffer = payload.slice();
    assembler.accept({ index: 0, bytes: buffer });
    buffer.fill(0);
    expect(assembler.assemble()).toEqual(payload);
    expect(assembler.manifest).toBe(manifest);
  });

  it("an empty payload is complete from the start", () => {
    const assembler = new PayloadAssembler(sha256, payloadManifest(sha256, new Uint8Array(0)));
    expect(assembler.isComplete).toBe(true);
    expect(assembler.assemble().length).toBe(0);
  });
});
