// What a mended database lacks, in a file beside it: key ranges whose records were in blocks that did not hold. Written
// before the mending and removed after the healing, so that a crash between them forgets nothing.

import { rm } from "node:fs/promises";
import { Type } from "typebox";
import { Value } from "typebox/value";
import { NodeError } from "../errors.ts";
import { readCheckedFile, writeCheckedFile } from "./checked-file.ts";
import type { KeyRange } from "./leveldb/table.ts";

const FILE_MAX_BYTES: number = 16 * 1024 * 1024;

const LOST = Type.Object({
  format: Type.Literal("selvedge-lost/1"),
  ranges: Type.Array(Type.Object({ from: Type.String(), to: Type.String() })),
});

export async function readLostRanges(path: string): Promise<readonly KeyRange[]> {
  const text = await readCheckedFile(path, FILE_MAX_BYTES);
  if (text === undefined) return [];
  const parsed: unknown = JSON.parse(text);
  if (!Value.Check(LOST, parsed)) throw new NodeError("DATA_CORRUPT", `${path} has an unknown form`);
  return parsed.ranges;
}

/** A range that is there already is not added again. */
export async function addLostRanges(path: string, ranges: readonly KeyRange[]): Promise<void> {
  const before = await readLostRanges(path);
  const isNew = (range: KeyRange): boolean => before.every(({ from, to }) => from !== range.from || to !== range.to);
  await writeLostRanges(path, [...before, ...ranges.filter(isNew)]);
}

export async function writeLostRanges(path: string, ranges: readonly KeyRange[]): Promise<void> {
  if (ranges.length === 0) {
    await rm(path, { force: true });
    return;
  }
  await writeCheckedFile(path, `${JSON.stringify({ format: "selvedge-lost/1", ranges })}\n`, 0o600);
}
