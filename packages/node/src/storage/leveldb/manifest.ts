// LevelDB's MANIFEST: which tables make the database, and from which log on their content is still in the logs alone.

import { ByteReader, MalformedFile } from "./bytes.ts";
import type { LogRecord } from "./log-records.ts";
import { userKeyOf } from "./table.ts";

const COMPARATOR = "leveldb.BytewiseComparator";

export interface TableFile {
  readonly number: number;
  readonly sizeBytes: number;
  readonly smallestKey: string;
  readonly largestKey: string;
  /** The largest key with its trailer. */
  readonly largest: Uint8Array;
}

export interface DatabaseVersion {
  readonly tables: readonly TableFile[];
  /** Logs with lower numbers are obsolete; 0 in a database that was never opened. */
  readonly logNumber: number;
  readonly previousLogNumber: number;
  /** Every batch up to it is in the tables. */
  readonly lastSequence: number;
}

interface Draft {
  readonly tables: Map<string, TableFile>;
  logNumber: number;
  previousLogNumber: number;
  lastSequence: number;
}

/** Throws MalformedFile for what LevelDB did not write. */
export function readManifest(records: readonly LogRecord[]): DatabaseVersion {
  const draft: Draft = { tables: new Map(), logNumber: 0, previousLogNumber: 0, lastSequence: 0 };
  for (const { payload } of records) {
    const reader = new ByteReader(payload);
    while (!reader.isAtEnd) applyField(draft, reader);
  }
  return { ...draft, tables: [...draft.tables.values()] };
}

function applyField(draft: Draft, reader: ByteReader): void {
  const tag = reader.varint();
  switch (tag) {
    case 1:
      if (Buffer.from(reader.counted()).toString("latin1") !== COMPARATOR)
        throw new MalformedFile("the keys are ordered by another rule");
      return;
    case 2:
      draft.logNumber = reader.varint();
      return;
    case 3:
      reader.varint();
      return;
    case 4:
      draft.lastSequence = reader.varint();
      return;
    case 5:
      reader.varint();
      reader.counted();
      return;
    case 6:
      draft.tables.delete(`${reader.varint()}/${reader.varint()}`);
      return;
    case 7:
      return addTable(draft, reader);
    case 9:
      draft.previousLogNumber = reader.varint();
      return;
    default:
      throw new MalformedFile(`a field has the unknown kind ${tag}`);
  }
}

function addTable({ tables }: Draft, reader: ByteReader): void {
  const level = reader.varint();
  const number = reader.varint();
  const sizeBytes = reader.varint();
  const smallestKey = userKeyOf(reader.counted());
  const largest = reader.counted();
  tables.set(`${level}/${number}`, { number, sizeBytes, smallestKey, largestKey: userKeyOf(largest), largest });
}
