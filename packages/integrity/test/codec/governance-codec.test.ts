// Governance transactions: bytes both ways, what each signature covers, and what is refused.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type CommitteeChange,
  DEALING_PART_BYTES,
  GOVERNANCE_MAX_BYTES,
  dealingPartCount,
  decodeGovernance,
  encode,
  epoch,
  isGovernanceSigned,
  isGovernanceTransaction,
  portableCrypto,
  signApproval,
  signDealing,
  signProposal,
  validatorIndex,
} from "../../src/index.ts";
import { testEncryptionKey, testSigner } from "../../src/testing/index.ts";
import { digestNamed, four, sha256 } from "./block-fixture.ts";
import { expectTrailingByteRefused, expectTruncationsRefused } from "./codec-laws.ts";

const member = { validator: validatorIndex(2), signer: testSigner("validator", 2) };
const keys = { publicKey: testSigner("validator", 7).publicKey, encryptionKey: testEncryptionKey(7) };
const changes: readonly CommitteeChange[] = [
  { type: "add", name: "new", stake: 3, ...keys },
  { type: "remove", name: "old" },
  { type: "reweigh", name: "other", stake: 2 ** 40 },
  { type: "rotateKey", name: "third", ...keys },
];
const draft = { chainId: four.chainId, epoch: epoch(4), nonce: 2 ** 33, changes };
const proposed = signProposal(draft, member, sha256);
const approval = signApproval(proposed.digest, member, sha256);
const parts = signDealing(
  { proposal: proposed.digest, bytes: new Uint8Array(2 * DEALING_PART_BYTES + 5).fill(6) },
  member,
  sha256,
);
const decodeIt = (bytes: Uint8Array) => decodeGovernance(bytes, sha256);
const TAG_BYTES = 22;

function codeOf(transaction: Uint8Array): string {
  const decoded = decodeIt(transaction);
  return decoded.ok ? decoded.value.type : decoded.error.code;
}

/** [body, signature] after the tag. */
function tagged(body: Parameters<typeof encode>[0]): Uint8Array {
  const record = encode([encode(body), new Uint8Array(64)]);
  return Uint8Array.from([...approval.slice(0, TAG_BYTES), ...record]);
}

describe("a governance transaction", () => {
  it("comes back as it was signed", () => {
    expect(decodeIt(proposed.transaction)).toMatchObject({
      ok: true,
      value: { type: "proposal", digest: proposed.digest, proposal: { ...draft, proposer: 2 } },
    });
    expect(decodeIt(approval)).toMatchObject({
      ok: true,
      value: { type: "approval", proposal: proposed.digest, validator: 2 },
    });
    const sizes = parts.map((part, index) => {
      const decoded = decodeIt(part);
      if (!decoded.ok || decoded.value.type !== "dealingPart") throw new Error("a part of a dealing");
      expect(decoded.value).toMatchObject({ proposal: proposed.digest, dealer: 2, part: index });
      return decoded.value.bytes.length;
    });
    expect(sizes).toEqual([DEALING_PART_BYTES, DEALING_PART_BYTES, 5]);
    expect(dealingPartCount(2 * DEALING_PART_BYTES)).toBe(2);
  });

  it("is known by its tag alone", () => {
    for (const transaction of [proposed.transaction, approval, ...parts])
      expect(isGovernanceTransaction(transaction)).toBe(true);
    expect(isGovernanceTransaction(approval.slice(1))).toBe(false);
    expect(isGovernanceTransaction(approval.slice(0, TAG_BYTES - 1))).toBe(false);
    expect(codeOf(approval.with(3, 0))).toBe("GOVERNANCE_UNTAGGED");
  });

  it("holds under the member's key and no other, and any other content has another digest", () => {
    const decoded = [proposed.transaction, approval, ...parts].map((transaction) => {
      const result = decodeIt(transaction);
      if (!result.ok) throw new Error(result.error.code);
      return result.value;
    });
    for (const signed of decoded) {
      expect(isGovernanceSigned(signed, member.signer.publicKey, portableCrypto)).toBe(true);
      expect(isGovernanceSigned(signed, testSigner("validator", 1).publicKey, portableCrypto)).toBe(false);
    }
    const others = [
      signProposal({ ...draft, nonce: 1 }, member, sha256).digest,
      signProposal({ ...draft, epoch: epoch(5) }, member, sha256).digest,
      signProposal({ ...draft, chainId: digestNamed("x") as typeof draft.chainId }, member, sha256).digest,
      signProposal({ ...draft, changes: changes.slice(1) }, member, sha256).digest,
      signProposal(draft, { ...member, validator: validatorIndex(1) }, sha256).digest,
    ];
    expect(new Set([...decoded.map(({ digest }) => digest), ...others]).size).toBe(decoded.length + others.length);
  });

  it("is refused when cut off or followed by anything", () => {
    for (const transaction of [approval, proposed.transaction]) {
      expectTruncationsRefused(transaction, decodeIt);
      expectTrailingByteRefused(transaction, decodeIt);
    }
  });

  it("never makes a decoder throw, whatever follows the tag", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (rest) => {
        decodeIt(Uint8Array.from([...approval.slice(0, TAG_BYTES), ...rest]));
      }),
    );
  });
});

const digest = new Uint8Array(32);
const NONE = new Uint8Array(0);
const KEY = new Uint8Array(32);

describe("refused is", () => {
  it.each<[string, Parameters<typeof encode>[0], string]>([
    ["what is no record", 5, "FIELD_TYPE"],
    ["an unknown kind", [7, digest, 1], "FIELD_COUNT"],
    ["an approval with a field too many", [1, digest, 1, 1], "FIELD_COUNT"],
    ["a member beyond any committee", [1, digest, 1024], "FIELD_OUT_OF_RANGE"],
    ["a part beyond the last", [2, digest, 1, 128, NONE], "FIELD_OUT_OF_RANGE"],
    ["a part that is too large", [2, digest, 1, 0, new Uint8Array(DEALING_PART_BYTES + 1)], "FIELD_LENGTH"],
    ["a change of an unknown kind", [0, digest, 1, 1, 1, [[9, "a", NONE, NONE, null]]], "FIELD_OUT_OF_RANGE"],
    ["a change without a name", [0, digest, 1, 1, 1, [[1, "", NONE, NONE, null]]], "FIELD_LENGTH"],
    ["a change with a long name", [0, digest, 1, 1, 1, [[1, "n".repeat(65), NONE, NONE, null]]], "FIELD_LENGTH"],
    ["a removal with a key", [0, digest, 1, 1, 1, [[1, "a", KEY, NONE, null]]], "FIELD_LENGTH"],
    ["a removal with a stake", [0, digest, 1, 1, 1, [[1, "a", NONE, NONE, 1]]], "FIELD_TYPE"],
    ["a weight that is none", [0, digest, 1, 1, 1, [[2, "a", NONE, NONE, null]]], "FIELD_TYPE"],
    ["no stake at all", [0, digest, 1, 1, 1, [[2, "a", NONE, NONE, 0]]], "FIELD_OUT_OF_RANGE"],
    ["a joiner without a dealing key", [0, digest, 1, 1, 1, [[0, "a", KEY, NONE, 1]]], "FIELD_LENGTH"],
    ["a new key with a stake", [0, digest, 1, 1, 1, [[3, "a", KEY, KEY, 1]]], "FIELD_TYPE"],
    [
      "more changes than the bound",
      [0, digest, 1, 1, 1, Array.from({ length: 257 }, () => [1, "a", NONE, NONE, null] as const)],
      "FIELD_OUT_OF_RANGE",
    ],
  ])("%s", (_, body, code) => {
    expect(codeOf(tagged(body))).toBe(code);
  });

  it("what is larger than any governance transaction", () => {
    const large = tagged([1, new Uint8Array(GOVERNANCE_MAX_BYTES), 1]);
    expect(codeOf(large)).toBe("ENCODING_TOO_LARGE");
  });
});
