// Version records form one chain: each way to break a link has its code.

import { describe, expect, test } from "vitest";
import {
  type Digest,
  Lineage,
  type SealedVersionRecord,
  type VersionRecord,
  commitIndex,
  digestFromHex,
  digestToBytes,
  lineagePath,
  modelId,
  portableCrypto,
  sealVersionRecord,
  verifyInclusion,
  verifyLineage,
  versionNumber,
  zeroDigest,
} from "../../src/index.ts";
import { leafHash } from "../../src/merkle/tree-hash.ts";

const { sha256 } = portableCrypto;

function recordAt(version: number, parent: string, overrides: Partial<VersionRecord> = {}): SealedVersionRecord {
  const record: VersionRecord = {
    modelId: modelId("digits"),
    version: versionNumber(version),
    parent: digestFromHex<VersionRecord["parent"]>(parent),
    updates: [],
    aggregator: { name: "weighted-mean", clip: "none" },
    weightsRoot: digestFromHex<Digest>("ab".repeat(32)),
    weightsBytes: 8,
    metrics: [],
    commitIndex: commitIndex(10 * version),
    ...overrides,
  };
  return sealVersionRecord(record, sha256);
}

function chainOf(length: number): SealedVersionRecord[] {
  const records: SealedVersionRecord[] = [];
  for (let version = 0; version < length; version += 1) {
    records.push(recordAt(version, records.at(-1)?.digest ?? zeroDigest()));
  }
  return records;
}

function outcomeOf(records: readonly SealedVersionRecord[]): string {
  const result = verifyLineage(records, sha256);
  return result.ok ? "ok" : result.error.code;
}

describe("a lineage", () => {
  const records = chainOf(5);
  const [zero, one] = records;
  if (zero === undefined || one === undefined) throw new Error("there are five");

  test("holds link by link, and its tree proves each record", () => {
    const verified = verifyLineage(records, sha256);
    if (!verified.ok) throw new Error(verified.error.detail);
    expect(verified.value.size).toBe(5);
    expect(verified.value.head).toEqual({
      modelId: "digits",
      version: 4,
      digest: records[4]?.digest,
      commitIndex: 40,
    });
    for (const [index, { bytes }] of records.entries()) {
      const path = lineagePath(records, index, sha256);
      const root = digestToBytes(verified.value.root());
      expect(verifyInclusion(sha256, { root, treeSize: 5, index, leafHash: leafHash(sha256, bytes), path }).ok).toBe(
        true,
      );
    }
  });
  test("a refused record leaves it as it was", () => {
    const lineage = new Lineage(sha256);
    expect(lineage.append(zero).ok).toBe(true);
    const root = lineage.root();
    expect(lineage.append(recordAt(2, zero.digest)).ok).toBe(false);
    expect([lineage.size, lineage.root()]).toEqual([1, root]);
    expect(lineage.append(one).ok).toBe(true);
  });

  const other = "cd".repeat(32);
  test.each<[string, readonly SealedVersionRecord[], string]>([
    ["a first version that is not 0", [one], "LINEAGE_VERSION"],
    ["a version 0 with a parent", [recordAt(0, other)], "LINEAGE_PARENT"],
    ["a version 0 of a later commit", [recordAt(0, zeroDigest(), { commitIndex: commitIndex(1) })], "LINEAGE_COMMIT"],
    [
      "a version 0 with updates",
      [recordAt(0, zeroDigest(), { updates: [{ update: digestFromHex(other), weight: 1, score: null }] })],
      "LINEAGE_GENESIS",
    ],
    ["another parent", [zero, recordAt(1, other)], "LINEAGE_PARENT"],
    ["a version left out", [zero, recordAt(2, zero.digest)], "LINEAGE_VERSION"],
    ["a version repeated", [zero, zero], "LINEAGE_VERSION"],
    ["another model", [zero, recordAt(1, zero.digest, { modelId: modelId("faces") })], "LINEAGE_MODEL"],
    [
      "a commit that does not advance",
      [zero, one, recordAt(2, one.digest, { commitIndex: commitIndex(10) })],
      "LINEAGE_COMMIT",
    ],
  ])("with %s is refused", (_, broken, code) => {
    expect(outcomeOf(broken)).toBe(code);
  });
});
