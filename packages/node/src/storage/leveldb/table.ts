// A LevelDB table, block by block: footer, index, filter, data. LevelDB verifies none of their checksums on its own here,
// and a flipped bit in an index, a filter or a key makes it answer "not there". `checkTable` reads what LevelDB would and
// names every block that does not hold; `cutOut` replaces one damaged data block by an empty one of the same size, so
// that the records around it stay.

import { ByteReader, MalformedFile, uint32At, varintBytes } from "./bytes.ts";
import { maskedCrc32c } from "./crc32c.ts";

export const FOOTER_BYTES = 48;
const MAGIC_LOW = 0x8b80fb57;
const MAGIC_HIGH = 0xdb477524;
/** After each block: its compression (none here) and its checksum. */
const TRAILER_BYTES = 5;
/** After each user key: sequence number and kind. */
export const KEY_TRAILER_BYTES = 8;
const FILTER_PREFIX = "filter.";
/** What ends a block with one restart point. */
const RESTART_AT_0: readonly number[] = [0, 0, 0, 0, 1, 0, 0, 0];

export interface BlockHandle {
  readonly offset: number;
  readonly sizeBytes: number;
}

/** Keys from `from` to `to`, both included, as LevelDB orders them. */
export interface KeyRange {
  readonly from: string;
  readonly to: string;
}

/** A data block and the keys that it may hold. */
export interface DataBlock {
  readonly handle: BlockHandle;
  readonly range: KeyRange;
  /** Its key in the index, with the trailer: no key of the block is higher. */
  readonly indexKey: Uint8Array;
}

export type TableDamage =
  /** `block` is absent if it is the footer. */
  | { readonly kind: "structure"; readonly offset: number; readonly detail: string; readonly block?: BlockHandle }
  | { readonly kind: "data"; readonly block: DataBlock };

/** Everything of the table that does not hold; a damaged structure ends the check, since nothing is found without it. */
export function checkTable(table: Uint8Array, smallestKey: string): TableDamage[] {
  let blocks: readonly DataBlock[];
  try {
    blocks = dataBlocks(table, smallestKey);
  } catch (error) {
    if (!(error instanceof StructureDamage)) throw error;
    const damage = { kind: "structure" as const, offset: error.offset, detail: error.message };
    return [error.block === undefined ? damage : { ...damage, block: error.block }];
  }
  return blocks.flatMap((block) => (isBlockWhole(table, block.handle) ? [] : [{ kind: "data", block }]));
}

class StructureDamage extends Error {
  override readonly name = "StructureDamage";
  readonly offset: number;
  /** The block whose checksum does not match, if it is one. */
  readonly block: BlockHandle | undefined;

  constructor(offset: number, message: string, block?: BlockHandle) {
    super(message);
    this.offset = offset;
    this.block = block;
  }
}

function dataBlocks(table: Uint8Array, smallestKey: string): readonly DataBlock[] {
  const footerAt = table.length - FOOTER_BYTES;
  const { metaIndex, index } = footerAt < 0 ? badFooter(0) : readFooter(table, footerAt);
  checkMeta(table, metaIndex);
  const blocks: DataBlock[] = [];
  let from = smallestKey;
  for (const { key, value } of entriesOf(table, index, "index")) {
    const to = userKeyOf(key);
    blocks.push({ handle: handleOf(table, value, index.offset), range: { from, to }, indexKey: key });
    from = to;
  }
  return blocks;
}

function badFooter(offset: number): never {
  throw new StructureDamage(offset, "the footer does not hold");
}

/** Handles are followed by zeros: a footer has no checksum, so every byte of it must be the only one possible. */
function readFooter(table: Uint8Array, footerAt: number): { metaIndex: BlockHandle; index: BlockHandle } {
  if (uint32At(table, footerAt + 40) !== MAGIC_LOW || uint32At(table, footerAt + 44) !== MAGIC_HIGH)
    return badFooter(footerAt);
  try {
    const reader = new ByteReader(table.subarray(footerAt, footerAt + 40));
    const metaIndex = { offset: reader.varint(), sizeBytes: reader.varint() };
    const index = { offset: reader.varint(), sizeBytes: reader.varint() };
    const isPadded = table.subarray(footerAt + reader.at, footerAt + 40).every((byte) => byte === 0);
    // The index is the last block of a table, the meta index the one before it.
    const isInPlace = endOf(metaIndex) === index.offset && endOf(index) === footerAt;
    return isPadded && isInPlace ? { metaIndex, index } : badFooter(footerAt);
  } catch (error) {
    if (error instanceof MalformedFile) return badFooter(footerAt);
    throw error;
  }
}

function checkMeta(table: Uint8Array, metaIndex: BlockHandle): void {
  for (const { key, value } of entriesOf(table, metaIndex, "meta index")) {
    if (!Buffer.from(key).toString("latin1").startsWith(FILTER_PREFIX)) continue;
    const filter = handleOf(table, value, metaIndex.offset);
    if (!isBlockWhole(table, filter))
      throw new StructureDamage(filter.offset, "the filter does not match its checksum", filter);
  }
}

function handleOf(table: Uint8Array, value: Uint8Array, from: number): BlockHandle {
  const reader = new ByteReader(value);
  const handle = { offset: reader.varint(), sizeBytes: reader.varint() };
  if (endOf(handle) > table.length) throw new StructureDamage(from, "a block lies beyond the end of the file");
  return handle;
}

function endOf({ offset, sizeBytes }: BlockHandle): number {
  return offset + sizeBytes + TRAILER_BYTES;
}

/** Uncompressed and matching its checksum, which covers the mark of its compression too. */
export function isBlockWhole(table: Uint8Array, handle: BlockHandle): boolean {
  const end = handle.offset + handle.sizeBytes;
  return table[end] === 0 && maskedCrc32c(table.subarray(handle.offset, end + 1)) === uint32At(table, end + 1);
}

export interface BlockEntry {
  /** With the trailer of sequence number and kind, except in the meta index. */
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

function entriesOf(table: Uint8Array, handle: BlockHandle, what: string): readonly BlockEntry[] {
  if (!isBlockWhole(table, handle))
    throw new StructureDamage(handle.offset, `the ${what} does not match its checksum`, handle);
  try {
    return blockEntries(table.subarray(handle.offset, handle.offset + handle.sizeBytes));
  } catch (error) {
    if (error instanceof MalformedFile) throw new StructureDamage(handle.offset, `the ${what}: ${error.message}`);
    throw error;
  }
}

/** Key with its trailer, and value, of every record of a data block; undefined if its form does not hold. */
export function recordsOf(table: Uint8Array, { offset, sizeBytes }: BlockHandle): readonly BlockEntry[] | undefined {
  try {
    return blockEntries(table.subarray(offset, offset + sizeBytes));
  } catch (error) {
    if (error instanceof MalformedFile) return undefined;
    throw error;
  }
}

function blockEntries(block: Uint8Array): readonly BlockEntry[] {
  if (block.length < 4) throw new MalformedFile("a block is too short");
  const end = block.length - 4 * (1 + uint32At(block, block.length - 4));
  if (end < 0) throw new MalformedFile("a block has more restarts than bytes");
  const reader = new ByteReader(block.subarray(0, end));
  const entries: BlockEntry[] = [];
  let before = new Uint8Array(0);
  while (!reader.isAtEnd) {
    const shared = reader.varint();
    const ownBytes = reader.varint();
    const valueBytes = reader.varint();
    if (shared > before.length) throw new MalformedFile("a key shares more than there is");
    const key = new Uint8Array(Buffer.concat([before.subarray(0, shared), reader.bytes(ownBytes)]));
    entries.push({ key, value: reader.bytes(valueBytes) });
    before = key;
  }
  return entries;
}

/** Without the trailer of sequence number and kind. */
export function userKeyOf(key: Uint8Array): string {
  return Buffer.from(key.subarray(0, Math.max(0, key.length - KEY_TRAILER_BYTES))).toString("latin1");
}

/**
 * Writes an empty block of the same size over a damaged one: a single mark of deletion at its highest possible key, its
 * value filling the rest. False if the block is too small for that.
 */
export function cutOut(table: Uint8Array, { handle, indexKey }: DataBlock): boolean {
  const block = markOfDeletion(indexKey, handle.sizeBytes);
  if (block === undefined) return false;
  putBlock(table, handle.offset, block);
  return true;
}

/** A table of a given size that holds nothing, in place of one of which nothing can be read. Undefined if too small. */
export function emptyTable(sizeBytes: number, largest: Uint8Array): Uint8Array | undefined {
  const table = new Uint8Array(sizeBytes);
  const metaBlock = Uint8Array.of(...RESTART_AT_0);
  // The index names the data block, whose size is what the index leaves over: a second pass settles the lengths.
  let index = indexBlock(largest, { offset: 0, sizeBytes });
  let dataBytes = 0;
  for (let pass = 0; pass < 3; pass += 1) {
    dataBytes = sizeBytes - FOOTER_BYTES - metaBlock.length - index.length - 3 * TRAILER_BYTES;
    if (dataBytes < 0) return undefined;
    index = indexBlock(largest, { offset: 0, sizeBytes: dataBytes });
  }
  const data = markOfDeletion(largest, dataBytes);
  if (data === undefined) return undefined;
  const metaAt = dataBytes + TRAILER_BYTES;
  const indexAt = metaAt + metaBlock.length + TRAILER_BYTES;
  if (indexAt + index.length + TRAILER_BYTES + FOOTER_BYTES !== sizeBytes) return undefined;
  putBlock(table, 0, data);
  putBlock(table, metaAt, metaBlock);
  putBlock(table, indexAt, index);
  const footer = [metaAt, metaBlock.length, indexAt, index.length].flatMap(varintBytes);
  table.set(footer, sizeBytes - FOOTER_BYTES);
  const view = new DataView(table.buffer);
  view.setUint32(sizeBytes - 8, MAGIC_LOW, true);
  view.setUint32(sizeBytes - 4, MAGIC_HIGH, true);
  return table;
}

function indexBlock(key: Uint8Array, { offset, sizeBytes }: BlockHandle): Uint8Array {
  const value = [...varintBytes(offset), ...varintBytes(sizeBytes)];
  const head = [...varintBytes(0), ...varintBytes(key.length), ...varintBytes(value.length)];
  return Uint8Array.of(...head, ...key, ...value, ...RESTART_AT_0);
}

function putBlock(table: Uint8Array, offset: number, block: Uint8Array): void {
  const end = offset + block.length;
  table.set(block, offset);
  // Not compressed.
  table[end] = 0;
  const checksum = maskedCrc32c(table.subarray(offset, end + 1));
  new DataView(table.buffer, table.byteOffset, table.byteLength).setUint32(end + 1, checksum, true);
}

/** A block of a given size with one record: the deletion of the last key that may stand in it. */
function markOfDeletion(indexKey: Uint8Array, sizeBytes: number): Uint8Array | undefined {
  const key = indexKey.slice();
  // The lowest byte of the trailer is the kind of the record; 0 is a deletion.
  key[key.length - KEY_TRAILER_BYTES] = 0;
  const entry = fillingEntry(key, sizeBytes - RESTART_AT_0.length);
  return entry === undefined ? undefined : new Uint8Array(Buffer.concat([entry, Uint8Array.from(RESTART_AT_0)]));
}

function fillingEntry(key: Uint8Array, sizeBytes: number): Uint8Array | undefined {
  const prefix = [...varintBytes(0), ...varintBytes(key.length)];
  for (let lengthBytes = 1; lengthBytes <= 5; lengthBytes += 1) {
    const valueBytes = sizeBytes - prefix.length - lengthBytes - key.length;
    if (valueBytes < 0) return undefined;
    const length = varintBytes(valueBytes);
    if (length.length === lengthBytes)
      return new Uint8Array(Buffer.concat([Buffer.from([...prefix, ...length]), key, new Uint8Array(valueBytes)]));
  }
  return undefined;
}
