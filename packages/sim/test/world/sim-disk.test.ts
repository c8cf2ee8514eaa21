// What a power failure leaves on a simulated disk.

import { describe, expect, it } from "vitest";
import { RecordedStreams } from "../../src/kernel/random.ts";
import { type DiskRecord, FaultyDisk } from "../../src/process/sim-disk.ts";

const record = (key: string, length: number, fill: number): DiskRecord => {
  const bytes = new Uint8Array(length).fill(fill);
  return { key, sizeBytes: length, bytes: () => bytes };
};

const crashed = (seed: number, records: readonly DiskRecord[]): FaultyDisk => {
  const disk = new FaultyDisk(() => 0);
  disk.write({ records: [record("head", 40, 1)], sync: true });
  for (const unsynced of records) disk.write({ records: [unsynced], sync: false });
  disk.crash("torn", new RecordedStreams(seed).of("crash"));
  return disk;
};

describe("a torn disk", () => {
  it("keeps what was synced, and a record that was being replaced is the old one or the new one, never half of it", () => {
    const seen = new Set<number | undefined>();
    for (let seed = 0; seed < 40; seed += 1) {
      const head = crashed(seed, [record("head", 40, 2)]).read("head");
      expect(head).toHaveLength(40);
      seen.add(head?.[0]);
    }
    expect([...seen].toSorted((left = 0, right = 0) => left - right)).toEqual([1, 2]);
  });

  it("may leave the first part of a new record at its very end, and nothing after it", () => {
    const lengths = new Set<number>();
    for (let seed = 0; seed < 60; seed += 1) {
      const disk = crashed(seed, [record("a", 10, 3), record("b", 10, 4)]);
      const [first, second] = [disk.read("a")?.length, disk.read("b")?.length];
      lengths.add(first ?? -1);
      if (first !== 10) expect(second).toBeUndefined();
    }
    expect(lengths.has(10)).toBe(true);
    expect([...lengths].some((length) => length >= 0 && length < 10)).toBe(true);
  });
});
