// LevelDB's log format, read strictly: the write-ahead logs and the MANIFEST are written in it. LevelDB itself drops
// what does not match its checksum without a word; here the first such place is named. A record cut off by the end of
// the file is what a crash leaves: it is told apart, because only the reader knows whether anything can be missing.

import { maskedCrc32c } from "./crc32c.ts";

export const LOG_BLOCK_BYTES = 32_768;
/** A checksum over type and content, the length of the content, the type. */
export const LOG_HEADER_BYTES = 7;
export const LOG_LENGTH_OFFSET = 4;
export const LOG_TYPE_OFFSET = 6;
const FULL = 1;
const FIRST = 2;
const MIDDLE = 3;
const LAST = 4;

export interface LogRecord {
  /** Where its first fragment begins. */
  readonly offset: number;
  readonly payload: Uint8Array;
}

export interface LogContent {
  readonly records: readonly LogRecord[];
  /** End of the last whole record. */
  readonly wholeBytes: number;
  /** Where the first damaged record begins; undefined if there is none. */
  readonly damagedAt: number | undefined;
  /** The file ends within a record. */
  readonly isCut: boolean;
  /** Where the reading stopped: behind the last fragment that holds. */
  readonly stoppedAt: number;
}

interface Fragment {
  readonly type: number;
  readonly payload: Uint8Array;
  readonly end: number;
}

type Step = Fragment | "damaged" | "cut" | "end";

export function readLogRecords(log: Uint8Array): LogContent {
  const records: LogRecord[] = [];
  let pieces: Uint8Array[] = [];
  let begin = 0;
  let wholeBytes = 0;
  let offset = 0;
  for (;;) {
    const step = fragmentAt(log, offset);
    if (step === "end" || step === "cut") {
      return {
        records,
        wholeBytes,
        damagedAt: undefined,
        isCut: step === "cut" || pieces.length > 0,
        stoppedAt: offset,
      };
    }
    // A fragment out of its order is as lost as one with a broken checksum: LevelDB would skip it.
    if (step === "damaged" || isOutOfOrder(step.type, pieces.length > 0)) {
      return { records, wholeBytes, damagedAt: pieces.length > 0 ? begin : offset, isCut: false, stoppedAt: offset };
    }
    if (pieces.length === 0) begin = offset;
    pieces.push(step.payload);
    offset = step.end;
    if (step.type === FIRST || step.type === MIDDLE) continue;
    records.push({ offset: begin, payload: joined(pieces) });
    pieces = [];
    wholeBytes = offset;
  }
}

/** Where the header is that comes at `from` or behind: the rest of a block into which none fits is filled with zeros. */
export function nextHeader(from: number): number {
  const inBlock = from % LOG_BLOCK_BYTES;
  return LOG_BLOCK_BYTES - inBlock < LOG_HEADER_BYTES ? from - inBlock + LOG_BLOCK_BYTES : from;
}

function isOutOfOrder(type: number, isInside: boolean): boolean {
  return (type === MIDDLE || type === LAST) !== isInside;
}

function fragmentAt(log: Uint8Array, from: number): Step {
  const offset = nextHeader(from);
  if (!isZero(log.subarray(from, Math.min(offset, log.length)))) return "damaged";
  if (offset >= log.length) return "end";
  if (offset + LOG_HEADER_BYTES > log.length) return isZero(log.subarray(offset)) ? "end" : "cut";
  const view = new DataView(log.buffer, log.byteOffset + offset, LOG_HEADER_BYTES);
  const length = view.getUint16(LOG_LENGTH_OFFSET, true);
  const type = view.getUint8(LOG_TYPE_OFFSET);
  if (type < FULL || type > LAST) {
    // Space that the file system gave and nothing was written to, if nothing follows.
    return isZero(log.subarray(offset)) ? "end" : "damaged";
  }
  const end = offset + LOG_HEADER_BYTES + length;
  if ((offset % LOG_BLOCK_BYTES) + LOG_HEADER_BYTES + length > LOG_BLOCK_BYTES) return "damaged";
  if (end > log.length) return "cut";
  const isWhole = maskedCrc32c(log.subarray(offset + LOG_TYPE_OFFSET, end)) === view.getUint32(0, true);
  return isWhole ? { type, payload: log.subarray(offset + LOG_HEADER_BYTES, end), end } : "damaged";
}

function isZero(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0);
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const [only] = pieces;
  return pieces.length === 1 && only !== undefined ? only : new Uint8Array(Buffer.concat(pieces));
}
