// The check of LevelDB's log against logs that LevelDB itself wrote: each is sound, no flipped bit in its records gets
// past it, and what a crash cuts off is no damage.

import { mkdtemp, readFile, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Level } from "level";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readLogRecords } from "../../../src/storage/leveldb/log-records.ts";

const RECORD_COUNT = 40;
const RECORD_BYTES = 3000;
const HEADER_BYTES = 7;
const BLOCK_BYTES = 32_768;

let folder = "";
let path = "";
let log: Uint8Array = new Uint8Array();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "selvedge-log-"));
  const database = new Level<string, Uint8Array>(folder, { valueEncoding: "view" });
  for (let index = 0; index < RECORD_COUNT; index += 1)
    await database.put(`record ${index}`, new Uint8Array(RECORD_BYTES).fill(index + 1));
  await database.close();
  const name = (await readdir(folder)).find((file) => file.endsWith(".log"));
  path = join(folder, name ?? "");
  log = await readFile(path);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

function flipped(at: number): Uint8Array {
  return log.map((byte, index) => (index === at ? byte ^ 4 : byte));
}

describe("the log that LevelDB wrote", () => {
  it("is sound, over several blocks", () => {
    expect(log.length).toBeGreaterThan(3 * BLOCK_BYTES);
    const { records, damagedAt, isCut, wholeBytes } = readLogRecords(log);
    expect({ damagedAt, isCut, wholeBytes }).toEqual({ damagedAt: undefined, isCut: false, wholeBytes: log.length });
    expect(records).toHaveLength(RECORD_COUNT);
  });

  it("is damaged by one bit anywhere, its last record included", () => {
    const places = [
      0,
      HEADER_BYTES,
      5000,
      BLOCK_BYTES - 1,
      BLOCK_BYTES + 20,
      log.length - 1,
      log.length - RECORD_BYTES,
    ];
    expect(places.filter((at) => readLogRecords(flipped(at)).damagedAt === undefined)).toEqual([]);
  });

  it("is not damaged by a crash: cut off anywhere, or with unwritten space behind", () => {
    for (const size of [0, 3, 5000, BLOCK_BYTES, log.length - 1, log.length - RECORD_BYTES])
      expect(readLogRecords(log.subarray(0, size)).damagedAt).toBeUndefined();
    const longer = new Uint8Array(log.length + 2 * BLOCK_BYTES);
    longer.set(log);
    expect(readLogRecords(longer).damagedAt).toBeUndefined();
  });

  it("is damaged by a zeroed sector with records behind it, though zeros at its end are none", () => {
    for (const at of [0, 4096, 40_960]) {
      const zeroed = log.map((byte, index) => (index >= at && index < at + 4096 ? 0 : byte));
      expect(readLogRecords(zeroed).damagedAt, `sector at ${at}`).toBeDefined();
    }
  });
});
