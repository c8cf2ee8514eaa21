// Puts single flipped bits of a closed database right, in whatever file: the checksum beside them says which bit it was.
// Only where exactly one bit explains the damage and everything that it covers holds afterwards, the seals of the records
// included; the damaged file is kept aside, and each correction is told. Whatever else is damaged is mend-database.ts.

import { readFile, readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { STORE_SPACES, type Sha256, isStoreKey, unsealRecord } from "@selvedge/integrity";
import { writeFileAtomically } from "../files.ts";
import { uint32At } from "./bytes.ts";
import { type DatabaseDamage, liveLogs, readVersion } from "./check-database.ts";
import { maskedCrc32c } from "./crc32c.ts";
import {
  LOG_LENGTH_OFFSET,
  LOG_BLOCK_BYTES,
  LOG_HEADER_BYTES,
  LOG_TYPE_OFFSET,
  nextHeader,
  readLogRecords,
} from "./log-records.ts";
import { keepAside } from "./mend-database.ts";
import { flippedBit, isOneBitApart } from "./one-bit.ts";
import {
  type BlockHandle,
  FOOTER_BYTES,
  KEY_TRAILER_BYTES,
  type TableDamage,
  checkTable,
  isBlockWhole,
  recordsOf,
  userKeyOf,
} from "./table.ts";

const KIND_VALUE = 1;

export interface PutRightOptions {
  readonly folder: string;
  readonly asideFolder: string;
  readonly damages: readonly DatabaseDamage[];
  readonly sha256: Sha256;
}

/** One sentence for each correction; a file may need several turns. */
export async function putRight(options: PutRightOptions): Promise<readonly string[]> {
  const said: string[] = [];
  const files = new Set([...options.damages.map((damage) => damage.file), ...(await cutLogs(options.folder))]);
  // A flipped digit in it names a manifest that never was.
  if (options.damages.some(({ kind }) => kind === "structure")) files.add(join(options.folder, "CURRENT"));
  for (const file of files) {
    const bytes = await readFile(file).catch(() => undefined);
    const damages = options.damages.filter((damage) => damage.file === file);
    const byte = bytes === undefined ? undefined : await correct(new Uint8Array(bytes), { ...options, file, damages });
    if (byte !== undefined) said.push(`${file}: one flipped bit at byte ${byte} was put right`);
  }
  return said;
}

/** A flipped length makes the last record look cut off by a crash. */
async function cutLogs(folder: string): Promise<readonly string[]> {
  const version = await readVersion(folder);
  if ("kind" in version) return [];
  const logs = await liveLogs(folder, version);
  const isCut = await Promise.all(logs.map(async ({ path }) => readLogRecords(await readFile(path)).isCut));
  return logs.filter((_, position) => isCut[position]).map(({ path }) => path);
}

interface Correction extends PutRightOptions {
  readonly file: string;
}

/** Byte of the corrected bit; the file is written then. */
async function correct(bytes: Uint8Array, correction: Correction): Promise<number | undefined> {
  const { file, asideFolder } = correction;
  const byte = await correctedByte(bytes, correction);
  if (byte === undefined) return undefined;
  await keepAside(file, asideFolder);
  await writeFileAtomically(file, bytes, 0o600);
  return byte;
}

async function correctedByte(
  bytes: Uint8Array,
  { file, damages, folder, sha256 }: Correction,
): Promise<number | undefined> {
  const name = basename(file);
  if (name === "CURRENT") return correctCurrent(bytes, await readdir(folder));
  if (name.startsWith("MANIFEST-") || name.endsWith(".log")) return correctLog(bytes);
  for (const damage of damages) {
    const byte = correctTable(bytes, damage, sha256);
    if (byte !== undefined) return byte;
  }
  return undefined;
}

function correctCurrent(bytes: Uint8Array, names: readonly string[]): number | undefined {
  const wanted = new Set(names.filter((name) => name.startsWith("MANIFEST-")).map((name) => `${name}\n`));
  const isNamed = (): boolean => wanted.has(Buffer.from(bytes).toString("latin1"));
  return isNamed() ? undefined : tryBits(bytes, { from: 0, to: bytes.length }, isNamed);
}

/** The first bit whose flip satisfies; it stays flipped. */
function tryBits(
  bytes: Uint8Array,
  { from, to }: { readonly from: number; readonly to: number },
  satisfies: () => boolean,
): number | undefined {
  for (let byte = from; byte < to; byte += 1) {
    for (let bit = 0; bit < 8; bit += 1) {
      flip(bytes, byte, 1 << bit);
      if (satisfies()) return byte;
      flip(bytes, byte, 1 << bit);
    }
  }
  return undefined;
}

function flip(bytes: Uint8Array, byte: number, mask: number): void {
  bytes[byte] = (bytes[byte] ?? 0) ^ mask;
}

type StructureDamage = Extract<TableDamage, { readonly kind: "structure" }>;

function correctTable(table: Uint8Array, damage: DatabaseDamage, sha256: Sha256): number | undefined {
  if (damage.kind === "data") {
    const { handle } = damage.block;
    return correctBlock(table, handle, () => isBlockWhole(table, handle) && areSealsWhole(table, handle, sha256));
  }
  if (damage.kind !== "table" || table.length !== damage.table.sizeBytes) return undefined;
  const structure = (): StructureDamage | undefined =>
    checkTable(table, damage.table.smallestKey).find((one) => one.kind === "structure");
  const found = structure();
  if (found === undefined) return undefined;
  if (found.block !== undefined) return correctBlock(table, found.block, () => structure()?.offset !== found.offset);
  // The footer has no checksum, but what it points to does.
  return tryBits(table, { from: table.length - FOOTER_BYTES, to: table.length }, () => structure() === undefined);
}

function correctBlock(
  table: Uint8Array,
  { offset, sizeBytes }: BlockHandle,
  isWholeNow: () => boolean,
): number | undefined {
  const checksumAt = offset + sizeBytes + 1;
  return correctChecked(table, { from: offset, to: checksumAt, checksumAt }, isWholeNow);
}

interface Checked {
  readonly from: number;
  readonly to: number;
  readonly checksumAt: number;
}

function correctChecked(
  bytes: Uint8Array,
  { from, to, checksumAt }: Checked,
  isWholeNow: () => boolean,
): number | undefined {
  const stored = uint32At(bytes, checksumAt);
  const content = bytes.subarray(from, to);
  const computed = maskedCrc32c(content);
  const before = bytes.slice(from, to);
  if (isOneBitApart(computed, stored)) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    view.setUint32(checksumAt, computed, true);
    if (isWholeNow()) return checksumAt;
    view.setUint32(checksumAt, stored, true);
  }
  const flipped = flippedBit(content, stored);
  if (flipped === undefined) return undefined;
  flip(bytes, from + flipped.byte, flipped.mask);
  if (isWholeNow()) return from + flipped.byte;
  bytes.set(before, from);
  return undefined;
}

/** Every record of a data block is what was stored under its key. */
function areSealsWhole(table: Uint8Array, handle: BlockHandle, sha256: Sha256): boolean {
  const records = recordsOf(table, handle);
  return (
    records?.every(({ key, value }) => {
      if (key[key.length - KEY_TRAILER_BYTES] !== KIND_VALUE) return true;
      const rawKey = userKeyOf(key);
      const space = STORE_SPACES.find((name) => rawKey.startsWith(`${name[0] ?? ""}/`));
      const storeKey = rawKey.slice(2);
      // Outside of the spaces there is the number of the newest batch, which is checked when it is read.
      return space === undefined || (isStoreKey(storeKey) && unsealRecord(sha256, { space, key: storeKey }, value).ok);
    }) ?? false
  );
}

/** The fragment that the reading stopped at: its content, its checksum, or its length. */
function correctLog(log: Uint8Array): number | undefined {
  const { stoppedAt } = readLogRecords(log);
  const at = nextHeader(stoppedAt);
  if (at + LOG_HEADER_BYTES > log.length) return undefined;
  const goesOn = (): boolean => readLogRecords(log).stoppedAt > stoppedAt;
  const lengthAt = at + LOG_LENGTH_OFFSET;
  const length = (log[lengthAt] ?? 0) + 256 * (log[lengthAt + 1] ?? 0);
  const end = at + LOG_HEADER_BYTES + length;
  const blockEnd = at - (at % LOG_BLOCK_BYTES) + LOG_BLOCK_BYTES;
  if (end <= Math.min(log.length, blockEnd)) {
    const byte = correctChecked(log, { from: at + LOG_TYPE_OFFSET, to: end, checksumAt: at }, goesOn);
    if (byte !== undefined) return byte;
  }
  return tryBits(log, { from: lengthAt, to: at + LOG_TYPE_OFFSET }, goesOn);
}
