// Version and lineage proofs under a state root; each sound proof comes with siblings that are damaged in one place and
// must fail with their own code.

import { versionNumber } from "@selvedge/integrity";
import { describe, expect, it } from "vitest";
import {
  type ModelLeaf,
  type VersionProof,
  createLedger,
  decodeModelLeaf,
  verifyLineageProof,
  verifyVersionProof,
} from "../src/index.ts";
import { LedgerScenario, ackBlocks } from "../src/testing/index.ts";

const VERSIONS = 6;

function grown() {
  const scenario = new LedgerScenario({ policies: [{ bufferSize: 1 }, {}, {}] });
  const ledger = createLedger(scenario.options);
  const leaves: ModelLeaf[] = [];
  const id = scenario.model().id;
  for (let sequence = 1; sequence <= VERSIONS; sequence += 1) {
    const base = ledger.model(id)?.current.digest;
    const update = scenario.update({ sequence, ...(base && { base }), values: [sequence, 0, 0, 0, 1] });
    const acks = [{ update: update.digest, score: null }];
    scenario.execute(ledger, scenario.commit([{ author: 0, updates: [update] }, ...ackBlocks([0, 1, 2], acks)]));
    leaves.push(leafOf(proofOf(ledger, id, sequence)));
  }
  return { scenario, ledger, id, leaves };
}

type Grown = ReturnType<typeof grown>;

function proofOf(ledger: Grown["ledger"], id: Grown["id"], version: number): VersionProof {
  const proof = ledger.proveVersion(id, versionNumber(version));
  if (!proof.ok) throw new Error(proof.error.detail);
  return proof.value;
}

function leafOf(proof: VersionProof): ModelLeaf {
  const leaf = decodeModelLeaf(proof.modelLeafBytes);
  if (!leaf.ok) throw new Error(leaf.error.detail);
  return leaf.value;
}

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  return bytes.map((byte, index) => (index === at ? byte ^ 1 : byte));
}

describe("version proofs", () => {
  const { scenario, ledger, id } = grown();
  const root = ledger.stateRoot();
  const verify = (proof: VersionProof, stateRoot = root) => verifyVersionProof(scenario.sha256, proof, stateRoot);
  const codeOf = (proof: VersionProof) => {
    const verdict = verify(proof);
    return verdict.ok ? "ACCEPTED" : verdict.error.code;
  };

  it("every version is proven under the state root, and the proof tells which one is current", () => {
    for (let version = 0; version <= VERSIONS; version += 1) {
      const verdict = verify(proofOf(ledger, id, version));
      if (!verdict.ok) throw new Error(verdict.error.detail);
      expect(verdict.value.record.digest).toBe(ledger.versions(id).at(version)?.digest);
      expect(verdict.value.model).toMatchObject({ modelId: id, recordCount: VERSIONS + 1, currentVersion: VERSIONS });
    }
  });

  it("a version or a model that is not there has no proof", () => {
    expect(ledger.proveVersion(id, versionNumber(99))).toMatchObject({ error: { code: "VERSION_UNKNOWN" } });
  });

  it("another state root refuses it", () => {
    const other = createLedger(scenario.options).stateRoot();
    expect(verify(proofOf(ledger, id, 2), other)).toMatchObject({ error: { code: "PROOF_MODEL_LEAF" } });
  });

  it("damaged siblings: every bit of the record, the leaf and both paths is covered", () => {
    const proof = proofOf(ledger, id, 3);
    for (let at = 0; at < proof.recordBytes.length; at += 1) {
      expect(codeOf({ ...proof, recordBytes: flipped(proof.recordBytes, at) })).toBe("PROOF_RECORD");
    }
    for (let at = 0; at < proof.modelLeafBytes.length; at += 1) {
      expect(codeOf({ ...proof, modelLeafBytes: flipped(proof.modelLeafBytes, at) })).toBe("PROOF_MODEL_LEAF");
    }
    const damage = (path: readonly Uint8Array[], step: number) =>
      path.map((hash, index) => (index === step ? flipped(hash, 31) : hash));
    for (const [step] of proof.record.path.entries()) {
      const record = { ...proof.record, path: damage(proof.record.path, step) };
      expect(codeOf({ ...proof, record })).toBe("PROOF_RECORD");
    }
    for (const [step] of proof.modelLeaf.path.entries()) {
      const modelLeaf = { ...proof.modelLeaf, path: damage(proof.modelLeaf.path, step) };
      expect(codeOf({ ...proof, modelLeaf })).toBe("PROOF_MODEL_LEAF");
    }
  });

  it("damaged siblings: positions, counts, names and lengths", () => {
    const proof = proofOf(ledger, id, 3);
    const other = proofOf(ledger, scenario.model(1).id, 0);
    const cases: readonly (readonly [string, VersionProof])[] = [
      ["PROOF_VERSION_POSITION", { ...proof, version: versionNumber(4) }],
      ["PROOF_VERSION_POSITION", { ...proof, record: { ...proof.record, leafIndex: 2 } }],
      ["PROOF_VERSION_POSITION", { ...proof, record: { ...proof.record, leafCount: VERSIONS } }],
      ["PROOF_RECORD", { ...proof, version: versionNumber(4), record: { ...proof.record, leafIndex: 4 } }],
      ["PROOF_RECORD", { ...proof, record: { ...proof.record, path: proof.record.path.slice(1) } }],
      ["PROOF_RECORD", { ...proof, record: { ...proof.record, path: [...proof.record.path, new Uint8Array(32)] } }],
      ["PROOF_RECORD", { ...proof, recordBytes: other.recordBytes }],
      ["PROOF_MODEL_ID", { ...proof, modelId: other.modelId }],
      ["PROOF_MODEL_ID", { ...proof, modelLeafBytes: other.modelLeafBytes, modelLeaf: other.modelLeaf }],
      ["PROOF_MODEL_LEAF", { ...proof, modelLeaf: other.modelLeaf }],
      ["PROOF_MODEL_LEAF", { ...proof, modelLeaf: { ...proof.modelLeaf, leafIndex: -1 } }],
      ["PROOF_MODEL_LEAF", { ...proof, modelLeaf: { ...proof.modelLeaf, leafCount: 2 ** 60 } }],
      ["PROOF_MODEL_LEAF", { ...proof, modelLeaf: { ...proof.modelLeaf, path: [] } }],
    ];
    for (const [code, damaged] of cases) expect(codeOf(damaged)).toBe(code);
  });
});

describe("lineage proofs", () => {
  const { scenario, ledger, id, leaves } = grown();

  it("history between any two states of a model is shown to be continued", () => {
    for (let from = 1; from <= VERSIONS; from += 1) {
      for (let to = from; to <= VERSIONS; to += 1) {
        const proof = ledger.proveLineage(id, from + 1, to + 1);
        const [older, newer] = [leaves[from - 1], leaves[to - 1]];
        if (!proof.ok || older === undefined || newer === undefined) throw new Error("both states were seen");
        expect(verifyLineageProof(scenario.sha256, proof.value, { from: older, to: newer })).toEqual({
          ok: true,
          value: true,
        });
        const rewritten = { ...older, recordsRoot: flipped(older.recordsRoot, 0) };
        expect(verifyLineageProof(scenario.sha256, proof.value, { from: rewritten, to: newer })).toMatchObject({
          error: { code: "PROOF_LINEAGE" },
        });
        expect(
          verifyLineageProof(scenario.sha256, { ...proof.value, toCount: to + 2 }, { from: older, to: newer }),
        ).toMatchObject({ error: { code: "PROOF_LINEAGE_SUBJECT" } });
      }
    }
  });

  it("versions that are not there have no lineage proof", () => {
    expect(ledger.proveLineage(id, 0, 2).ok).toBe(false);
    expect(ledger.proveLineage(id, 3, 2).ok).toBe(false);
    expect(ledger.proveLineage(id, 1, 99).ok).toBe(false);
  });
});
