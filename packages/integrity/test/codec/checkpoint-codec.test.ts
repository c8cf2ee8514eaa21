// Checkpoint certificates: one good one, and every damaged sibling with a code of its own.

import { describe, expect, test } from "vitest";
import {
  CHECKPOINT_MAX_BYTES,
  type ChainId,
  type CheckpointCertificate,
  type CheckpointSignature,
  type CheckpointStatement,
  commitIndex,
  decodeCheckpoint,
  encodeCheckpoint,
  epoch,
  isCheckpointSigned,
  signCheckpoint,
  validatorIndex,
  verifyCheckpoint,
} from "../../src/index.ts";
import { testCommittee } from "../../src/testing/index.ts";
import { digestNamed, four, sha256 } from "./block-fixture.ts";
import {
  expectBitFlipsSeen,
  expectOversizeRefused,
  expectTrailingByteRefused,
  expectTruncationsRefused,
} from "./codec-laws.ts";

const context = { chainId: four.chainId, committee: four.committee, crypto: four.crypto };

const statement: CheckpointStatement = {
  chainId: four.chainId,
  epoch: epoch(0),
  index: commitIndex(42),
  commitDigest: digestNamed("commit") as CheckpointStatement["commitDigest"],
  stateRoot: digestNamed("state"),
};

function signedBy(validator: number, what: CheckpointStatement = statement): CheckpointSignature {
  const index = validatorIndex(validator);
  return signCheckpoint(what, { validator: index, signer: four.signerOf(index) }, sha256);
}

function certificate(...validators: readonly number[]): CheckpointCertificate {
  return { statement, signatures: validators.map((validator) => signedBy(validator)) };
}

function outcomeOf(what: CheckpointCertificate): string {
  const result = verifyCheckpoint(what, context);
  return result.ok ? "ok" : result.error.code;
}

describe("a checkpoint certificate", () => {
  test("holds with signatures of stake Q, whoever they are", () => {
    expect(verifyCheckpoint(certificate(0, 1, 2), context)).toEqual({ ok: true, value: statement });
    expect(outcomeOf(certificate(0, 2, 3))).toBe("ok");
    expect(outcomeOf(certificate(0, 1, 2, 3))).toBe("ok");
  });
  test("comes back equal from its bytes, and damage to them is seen", () => {
    const good = certificate(0, 1, 3);
    const bytes = encodeCheckpoint(good);
    expect(decodeCheckpoint(bytes)).toEqual({ ok: true, value: good });
    expectTruncationsRefused(bytes, decodeCheckpoint);
    expectTrailingByteRefused(bytes, decodeCheckpoint);
    expectBitFlipsSeen(bytes, decodeCheckpoint);
    expectOversizeRefused(CHECKPOINT_MAX_BYTES, decodeCheckpoint);
  });

  const good = certificate(0, 1, 2);
  test.each<[string, CheckpointCertificate, string]>([
    [
      "another chain",
      { ...good, statement: { ...statement, chainId: digestNamed("x") as ChainId } },
      "CHECKPOINT_CHAIN",
    ],
    ["another epoch", { ...good, statement: { ...statement, epoch: epoch(1) } }, "CHECKPOINT_EPOCH"],
    ["another commit index", { ...good, statement: { ...statement, index: commitIndex(43) } }, "CHECKPOINT_SIGNATURE"],
    [
      "another state root",
      { ...good, statement: { ...statement, stateRoot: digestNamed("x") } },
      "CHECKPOINT_SIGNATURE",
    ],
    ["too little stake", certificate(0, 1), "CHECKPOINT_STAKE"],
    ["no signatures", certificate(), "CHECKPOINT_STAKE"],
    ["one signer twice", certificate(0, 1, 1), "CHECKPOINT_ORDER"],
    ["signers out of order", certificate(1, 0, 2), "CHECKPOINT_ORDER"],
    [
      "a stranger",
      { statement, signatures: [...good.signatures, { ...signedBy(0), validator: validatorIndex(4) }] },
      "CHECKPOINT_SIGNER",
    ],
    [
      "a signature by another key",
      { statement, signatures: [signedBy(0), signedBy(1), { ...signedBy(3), validator: validatorIndex(2) }] },
      "CHECKPOINT_SIGNATURE",
    ],
  ])("with %s is refused", (_, damaged, code) => {
    expect(outcomeOf(damaged)).toBe(code);
  });

  test("counts stake, not heads", () => {
    const weighted = testCommittee(4, [5, 1, 1, 1]);
    const where = { ...context, committee: weighted.committee };
    expect(verifyCheckpoint(certificate(0, 1), where).ok).toBe(true);
    expect(verifyCheckpoint(certificate(1, 2, 3), where).ok).toBe(false);
  });

  test("a single vote holds or does not", () => {
    expect(isCheckpointSigned(statement, signedBy(1), context)).toBe(true);
    expect(isCheckpointSigned({ ...statement, stateRoot: digestNamed("x") }, signedBy(1), context)).toBe(false);
    expect(isCheckpointSigned(statement, { ...signedBy(1), validator: validatorIndex(9) }, context)).toBe(false);
  });
});
