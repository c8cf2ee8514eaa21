// A node's disk in virtual time. Records are appended in batches; a batch is durable once synced, and what came before with
// it. The disk outlives the process. Faults act beneath it: what was not synced may be lost or torn, bits may flip, it may
// fill up or slow down. It keeps bytes and nothing else; the host's codecs and seals run above it.

import { CodedError } from "../coded-error.ts";
import type { Choices } from "../kernel/decisions.ts";
import type { Micros } from "../kernel/time.ts";

export interface DiskRecord {
  /** A later record of the same key replaces it. */
  readonly key: string;
  readonly sizeBytes: number;
  /** Called when somebody looks: most records of a run are never read again. Must always give the same bytes. */
  readonly bytes: () => Uint8Array;
}

export interface DiskBatch {
  readonly records: readonly DiskRecord[];
  /** Durable (with everything before it) before the next effect of the process happens. */
  readonly sync: boolean;
}

/** The disk as a process has it. */
export interface SimDisk {
  /** Virtual instant at which the batch is done; the process does nothing before. Throws SimDiskError when full. */
  readonly write: (batch: DiskBatch) => Micros;
  readonly read: (key: string) => Uint8Array | undefined;
  /** Keys with this prefix, in the order in which they were first written. */
  readonly keys: (prefix: string) => readonly string[];
  /** The newest record of every such key, in the same order. */
  readonly all: (prefix: string) => readonly DiskRecord[];
}

export type SimDiskErrorCode = "SIM_DISK_FULL" | "SIM_DISK_CORRUPT";

/** The medium failing beneath a process: it must stop in an orderly way, never go on as if nothing had happened. */
export class SimDiskError extends CodedError<SimDiskErrorCode> {
  override readonly name = "SimDiskError";
}

/** What a power failure leaves of what was not synced: all of it, nothing, or a part whose last record may be torn. */
export type DiskCrash = "clean" | "unsynced" | "torn" | DiskLoss;

/**
 * What an operator's mishap leaves: nothing, a whole older copy, everything but the safety record (and a new one that says
 * so), or that record alone.
 * Nobody who works on a disk does so between a write and its sync: what was written is there when it happens.
 */
export type DiskLoss = "wiped" | "rolledBack" | "safetyLost" | "storeLost";

/** While several are in force, their delays add up and the least limit holds. */
export interface DiskFault {
  /** Each write takes so much longer. */
  readonly slowUs: Micros;
  /** So many bytes more than now may be written. */
  readonly growthBytes: number;
  /** A write took longer, or failed, because of it. */
  readonly onBite: () => void;
}

/** Under it stands what a node has signed last. */
export const SAFETY_KEY = "safety";

/**
 * What stands in place of a lost safety record before a process starts again: no daemon starts without one, and its
 * operator begins a new one that says so (`selvedge safety recover --start-anew`).
 */
const SAFETY_STARTED_ANEW: DiskRecord = { key: SAFETY_KEY, sizeBytes: 0, bytes: () => new Uint8Array(0) };

export class FaultyDisk implements SimDisk {
  readonly #nowUs: () => Micros;
  /** Every record ever written, in order: of two of one key the later one counts. Looked through when somebody reads. */
  #records: DiskRecord[] = [];
  /** So many of them are durable. */
  #syncedCount = 0;
  #sizeBytes = 0;
  /** In force, by name. */
  readonly #faults = new Map<string, DiskFault & { readonly limitBytes: number }>();

  constructor(nowUs: () => Micros) {
    this.#nowUs = nowUs;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  readonly write = ({ records, sync }: DiskBatch): Micros => {
    for (const record of records) this.#sizeBytes += record.sizeBytes;
    let slowUs = 0;
    let isFull = false;
    for (const fault of this.#faults.values()) {
      const isBeyond = this.#sizeBytes > fault.limitBytes;
      if (isBeyond || fault.slowUs > 0) fault.onBite();
      slowUs += fault.slowUs;
      isFull ||= isBeyond;
    }
    if (isFull) throw new SimDiskError("SIM_DISK_FULL", "no space left on the disk");
    for (const record of records) this.#records.push(record);
    if (sync) this.#syncedCount = this.#records.length;
    return this.#nowUs() + slowUs;
  };

  readonly read = (key: string): Uint8Array | undefined =>
    this.#records.findLast((record) => record.key === key)?.bytes();

  readonly keys = (prefix: string): readonly string[] =>
    [...this.#newest().keys()].filter((key) => key.startsWith(prefix));

  readonly all = (prefix: string): readonly DiskRecord[] =>
    [...this.#newest().values()].filter(({ key }) => key.startsWith(prefix));

  /** The power fails. Returns how many records were lost or torn. */
  crash(mode: DiskCrash, choices: Choices): number {
    if (isLoss(mode)) return this.#lose(mode, choices);
    if (mode === "clean") this.#syncedCount = this.#records.length;
    const unsynced = this.#records.slice(this.#syncedCount);
    const keptCount = mode === "torn" ? choices.below(unsynced.length + 1) : 0;
    const torn = mode === "torn" ? unsynced[keptCount] : undefined;
    this.#records.length = this.#syncedCount + Math.min(keptCount, unsynced.length);
    // What replaces an older record leaves that one behind: the end of a log that was cut off is not read.
    const isFirstOfKey = torn !== undefined && this.#records.every(({ key }) => key !== torn.key);
    if (torn !== undefined && isFirstOfKey) this.#records.push(tornRecord(torn, choices));
    this.#syncedCount = this.#records.length;
    return unsynced.length - keptCount;
  }

  #lose(loss: DiskLoss, choices: Choices): number {
    const before = this.#records.length;
    switch (loss) {
      case "wiped":
        this.#records = [];
        break;
      case "rolledBack":
        this.#records.length = choices.below(before + 1);
        break;
      case "safetyLost":
        this.#records = [...this.#records.filter(({ key }) => key !== SAFETY_KEY), SAFETY_STARTED_ANEW];
        break;
      case "storeLost":
        this.#records = this.#records.filter(({ key }) => key === SAFETY_KEY);
    }
    this.#syncedCount = this.#records.length;
    return before - this.#records.length;
  }

  begin(name: string, fault: DiskFault): void {
    this.#faults.set(name, { ...fault, limitBytes: this.#sizeBytes + fault.growthBytes });
  }

  end(name: string): void {
    this.#faults.delete(name);
  }

  /** Flips bits of records chosen at random; returns the keys that are damaged now. */
  flipBits(count: number, choices: Choices): readonly string[] {
    const records = [...this.#newest().values()];
    const damaged: string[] = [];
    for (let turn = 0; turn < count && records.length > 0; turn += 1) {
      const record = records[choices.below(records.length)];
      if (record === undefined || record.sizeBytes === 0) continue;
      const position = this.#records.lastIndexOf(record);
      // Two flips may hit one record: the second is one of the damaged record's.
      const present = position === -1 ? this.#records.findLast(({ key }) => key === record.key) : record;
      if (present === undefined) continue;
      this.#records[this.#records.lastIndexOf(present)] = flipped(present, choices);
      damaged.push(record.key);
    }
    return damaged;
  }

  /** By key, in the order in which the keys were first written. */
  #newest(): ReadonlyMap<string, DiskRecord> {
    return new Map(this.#records.map((record) => [record.key, record]));
  }
}

function isLoss(mode: DiskCrash): mode is DiskLoss {
  return mode !== "clean" && mode !== "unsynced" && mode !== "torn";
}

/** The first part of a record, as a write that was cut off leaves it. */
function tornRecord(record: DiskRecord, choices: Choices): DiskRecord {
  const bytes = record.bytes().slice(0, choices.below(Math.max(record.sizeBytes, 1)));
  return { key: record.key, sizeBytes: bytes.length, bytes: () => bytes };
}

function flipped(record: DiskRecord, choices: Choices): DiskRecord {
  const bytes = record.bytes().slice();
  const bit = choices.below(bytes.length * 8);
  const position = bit >> 3;
  bytes[position] = (bytes[position] ?? 0) ^ (1 << (bit & 7));
  return { key: record.key, sizeBytes: record.sizeBytes, bytes: () => bytes };
}
