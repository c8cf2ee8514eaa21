// Version records form one chain: each way to break a link has its code.

import { describe, expect, test } from "vitest";
import {
  type Digest,
  type LineageHead,
  type SealedVersionRecord,
  type VersionRecord,
  commitIndex,
  digestFromHex,
  headOf,
  linkFault,
  modelId,
  portableCrypto,
  sealVersionRecord,
  versionNumber,
  zeroDigest,
} from "../../src/index.ts";

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
  let head: LineageHead | undefined;
  for (const sealed of records) {
    const fault = linkFault(head, sealed.record);
    if (fault !== undefined) return fault.code;
    head = headOf(sealed);
  }
  return "ok";
}

describe("a lineage", () => {
  const records = chainOf(5);
  const [zero, one] = records;
  if (zero === undefined || one === undefined) throw new Error("there are five");

  test("holds link by link, and its head names the last version", () => {
    expect(outcomeOf(records)).toBe("ok");
    const [last] = records.slice(-1);
    expect(last && headOf(last)).toEqual({ modelId: "digits", version: 4, digest: last?.digest, commitIndex: 40 });
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
