// The proof desk answers under a certificate whether it comes before or after its commit is executed.

import {
  type CheckpointCertificate,
  type Digest,
  type ModelId,
  commitIndex,
  versionNumber,
  zeroDigest,
} from "@selvedge/integrity";
import type { Ledger } from "@selvedge/ledger";
import { describe, expect, it } from "vitest";
import { ProofDesk } from "../../src/daemon/proofs.ts";

const MODEL = "tiny" as unknown as ModelId;
const stateRoot = zeroDigest<Digest>();

function world() {
  let last = 0;
  const ledger = {
    lastCommitIndex: () => last,
    models: () => [{ id: MODEL, current: { record: { version: 1 } } }],
    proveVersion: () => ({ ok: true, value: { version: 1 } }),
  };
  const desk = new ProofDesk(ledger as unknown as Ledger);
  return {
    desk,
    execute: (index: number) => {
      last = index;
      desk.onExecuted(commitIndex(index), stateRoot);
    },
    isProven: () => desk.prove(MODEL, versionNumber(1)).ok,
  };
}

function certificate(index: number): CheckpointCertificate {
  return { statement: { index: commitIndex(index), stateRoot }, signatures: [] } as unknown as CheckpointCertificate;
}

describe("proof desk", () => {
  it("proves once a certificate follows the execution", () => {
    const { desk, execute, isProven } = world();
    execute(1);
    expect(isProven()).toBe(false);
    desk.onCheckpoint(certificate(1));
    expect(isProven()).toBe(true);
  });

  it("proves in a node that executes later than the others certify", () => {
    const { desk, execute, isProven } = world();
    for (const index of [1, 2, 3]) desk.onCheckpoint(certificate(index));
    expect(isProven()).toBe(false);
    execute(1);
    expect(isProven()).toBe(true);
    desk.onCheckpoint(certificate(4));
    for (const index of [2, 3, 4]) execute(index);
    expect(isProven()).toBe(true);
  });
});
