// LevelDB's write-ahead log, checked before the database is opened: opening it replays the log and drops without a word
// what does not match its checksum, so that a chain whose last records are damaged would pass as a shorter one. A record
// cut off by the end of the file is what a crash leaves, and no finding. `verify` calls it on a stopped node's home.

import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { FindingError } from "./finding.ts";

/** LevelDB's log format: blocks of 32 KiB, and before each record 4 bytes checksum, 2 bytes length, 1 byte type. */
const BLOCK_BYTES = 32_768;
const HEADER_BYTES = 7;
const LENGTH_OFFSET = 4;
const TYPE_OFFSET = 6;
const CRC32C_POLYNOMIAL = 0x82f63b78;
const MASK_DELTA = 0xa282ead8;
const CRC_TABLE: Uint32Array = Uint32Array.from({ length: 256 }, (_, byte) => crcOfByte(byte));

/** FindingError that names the file and the offset of the first damaged record. */
export async function checkLogs(folder: string): Promise<void> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith(".log"));
  for (const name of names.toSorted((a, b) => (a < b ? -1 : 1))) {
    const path = join(folder, name);
    const offset = firstDamage(await readFile(path));
    if (offset !== undefined)
      throw new FindingError(`file ${path}`, {
        code: "RECORD_DAMAGED",
        detail: `the record at byte ${offset} does not match its checksum`,
      });
  }
}

/** Where the first damaged record of a log begins; undefined if there is none. */
export function firstDamage(log: Uint8Array): number | undefined {
  for (let start = 0; start < log.length; start += BLOCK_BYTES) {
    const offset = damageInBlock(log.subarray(start, start + BLOCK_BYTES));
    if (offset !== undefined) return start + offset;
  }
  return undefined;
}

function damageInBlock(block: Uint8Array): number | undefined {
  const view = new DataView(block.buffer, block.byteOffset, block.byteLength);
  let offset = 0;
  while (offset + HEADER_BYTES <= block.length) {
    const length = view.getUint16(offset + LENGTH_OFFSET, true);
    const end = offset + HEADER_BYTES + length;
    const isZero = length === 0 && block[offset + TYPE_OFFSET] === 0;
    // Space that the file system gave and nothing was written to.
    if (isZero && view.getUint32(offset, true) === 0) return undefined;
    if (end > block.length) return block.length === BLOCK_BYTES ? offset : undefined;
    if (masked(crc32c(block.subarray(offset + TYPE_OFFSET, end))) !== view.getUint32(offset, true)) return offset;
    offset = end;
  }
  return undefined;
}

function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (crc >>> 8) ^ (CRC_TABLE[(crc ^ byte) & 0xff] ?? 0);
  return (crc ^ 0xffffffff) >>> 0;
}

/** LevelDB stores checksums rotated and shifted, so that a checksum over checksums stays one. */
function masked(crc: number): number {
  return (((crc >>> 15) | (crc << 17)) + MASK_DELTA) >>> 0;
}

function crcOfByte(byte: number): number {
  let crc = byte;
  for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ ((crc & 1) * CRC32C_POLYNOMIAL);
  return crc >>> 0;
}
