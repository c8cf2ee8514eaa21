// Every wire record: what is encoded comes back equal, and no damage to its bytes goes unseen.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  BLOCK_MAX_BYTES,
  COMMIT_MAX_BYTES,
  SIGNED_UPDATE_MAX_BYTES,
  VERSION_RECORD_MAX_BYTES,
  bodyRoots,
  buildBlock,
  decodeBlock,
  decodeCommit,
  decodeSignedUpdate,
  decodeVersionRecord,
  sealCommit,
  sealVersionRecord,
} from "../../src/index.ts";
import {
  arbitraryBody,
  arbitraryCommit,
  arbitraryDraft,
  arbitraryUpdate,
  arbitraryVersionRecord,
  testSigner,
} from "../../src/testing/index.ts";
import { four, sha256 } from "./block-fixture.ts";
import {
  type Decode,
  expectBitFlipsSeen,
  expectOversizeRefused,
  expectTrailingByteRefused,
  expectTruncationsRefused,
} from "./codec-laws.ts";

const signer = testSigner("validator", 0);

interface Subject {
  readonly name: string;
  readonly arbitrary: fc.Arbitrary<{ readonly bytes: Uint8Array }>;
  readonly decode: Decode;
  readonly sizeBytesMax: number;
}

const subjects: readonly Subject[] = [
  {
    name: "block",
    arbitrary: arbitraryDraft.map((draft) => buildBlock(draft, signer, sha256)),
    decode: (bytes) => decodeBlock(bytes, sha256),
    sizeBytesMax: BLOCK_MAX_BYTES,
  },
  {
    name: "signed update",
    arbitrary: arbitraryUpdate,
    decode: (bytes) => decodeSignedUpdate(bytes, sha256),
    sizeBytesMax: SIGNED_UPDATE_MAX_BYTES,
  },
  {
    name: "commit",
    arbitrary: arbitraryCommit.map((commit) => sealCommit(commit, sha256)),
    decode: (bytes) => decodeCommit(bytes, sha256),
    sizeBytesMax: COMMIT_MAX_BYTES,
  },
  {
    name: "version record",
    arbitrary: arbitraryVersionRecord.map((record) => sealVersionRecord(record, sha256)),
    decode: (bytes) => decodeVersionRecord(bytes, sha256),
    sizeBytesMax: VERSION_RECORD_MAX_BYTES,
  },
];

describe.each(subjects)("a $name", ({ arbitrary, decode, sizeBytesMax }) => {
  test("comes back equal from its bytes", () => {
    fc.assert(
      fc.property(arbitrary, (record) => {
        expect(decode(record.bytes)).toEqual({ ok: true, value: record });
      }),
      { numRuns: 60 },
    );
  });

  test("is refused when cut off anywhere or followed by anything", () => {
    fc.assert(
      fc.property(arbitrary, ({ bytes }) => {
        expectTruncationsRefused(bytes, decode);
        expectTrailingByteRefused(bytes, decode);
      }),
      { numRuns: 3 },
    );
  });

  test("never survives a flipped bit unchanged", () => {
    fc.assert(
      fc.property(arbitrary, ({ bytes }) => {
        expectBitFlipsSeen(bytes, decode);
      }),
      { numRuns: 2 },
    );
  });

  test("is refused beyond its size before it is looked at", () => {
    expectOversizeRefused(sizeBytesMax, decode);
  });

  test("random bytes never throw", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => !decode(bytes).ok));
  });
});

test("a block's roots change with every list of its body", () => {
  fc.assert(
    fc.property(arbitraryBody, (body) => {
      const roots = bodyRoots(body, four.crypto.sha256);
      const more = bodyRoots(
        {
          ...body,
          transactions: [...body.transactions, Uint8Array.of(1)],
          control: [...body.control, { kind: 1, payload: Uint8Array.of() }],
        },
        four.crypto.sha256,
      );
      expect(more.transactionsRoot).not.toBe(roots.transactionsRoot);
      expect(more.controlRoot).not.toBe(roots.controlRoot);
      expect([more.acksRoot, more.updatesRoot]).toEqual([roots.acksRoot, roots.updatesRoot]);
    }),
    { numRuns: 20 },
  );
});
