// A lineage longer than what is kept decoded: every version is still there, as it was appended.

import {
  type SealedVersionRecord,
  mustExist,
  portableCrypto,
  sealVersionRecord,
  versionNumber,
} from "@selvedge/integrity";
import { expect, test } from "vitest";
import { Lineage } from "../../src/module/lineage.ts";
import { genesisRecord } from "../../src/module/model.ts";
import { LedgerScenario } from "../../src/testing/index.ts";

const { sha256 } = portableCrypto;
const VERSIONS = 200;

function longLineage() {
  const [model] = new LedgerScenario({ policies: [{}] }).options.genesis.models;
  const sealed: SealedVersionRecord[] = [genesisRecord(sha256, mustExist(model, "a genesis has a model"))];
  const lineage = new Lineage(sha256, mustExist(sealed[0], "version 0"));
  for (let version = 1; version < VERSIONS; version += 1) {
    const { record, digest } = lineage.current;
    sealed.push(sealVersionRecord({ ...record, version: versionNumber(version), parent: digest }, sha256));
    lineage.append(mustExist(sealed[version], "the version just sealed"));
  }
  return { lineage, sealed };
}

test("every version is found by number and by digest, the long gone too", () => {
  const { lineage, sealed } = longLineage();
  expect(lineage.length).toBe(VERSIONS);
  expect([...lineage]).toEqual(sealed);
  for (const [version, { digest }] of sealed.entries()) {
    expect(lineage.at(version)?.digest).toBe(digest);
    expect(lineage.versionOf(digest)).toBe(version);
  }
  expect(lineage.at(VERSIONS)).toBeUndefined();
  expect(lineage.at(-1)).toBeUndefined();
  expect(lineage.current).toEqual(sealed.at(-1));
});

test("the sealed bytes from a version on are those of every later one", () => {
  const { lineage, sealed } = longLineage();
  expect(lineage.sealedFrom(1)).toEqual(sealed.slice(1).map(({ bytes }) => bytes));
  expect(lineage.sealedFrom(VERSIONS)).toEqual([]);
});

test("a record that leaves a gap or names another parent is refused", () => {
  const { lineage, sealed } = longLineage();
  expect(() => lineage.append(mustExist(sealed[1], "version 1"))).toThrow("without a gap");
  const { record } = lineage.current;
  const foreign = sealVersionRecord({ ...record, version: versionNumber(VERSIONS) }, sha256);
  expect(() => lineage.append(foreign)).toThrow("names its parent");
});
