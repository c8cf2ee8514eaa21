// CRC-32C as LevelDB uses it in its logs and tables. Eight bytes a turn: a start reads a database's whole index with it.

const POLYNOMIAL = 0x82f63b78;
const MASK_DELTA = 0xa282ead8;
const SLICES = 8;
/** Slice k, entry b: what byte b contributes when k more bytes follow it within a turn. */
const TABLE: Uint32Array = makeTable();

export function crc32c(bytes: Uint8Array): number {
  const wholeTurns = bytes.length - (bytes.length % SLICES);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let crc = 0xffffffff;
  let at = 0;
  for (; at < wholeTurns; at += SLICES) {
    const low = crc ^ view.getUint32(at, true);
    const high = view.getUint32(at + 4, true);
    crc =
      entry(7, low) ^
      entry(6, low >>> 8) ^
      entry(5, low >>> 16) ^
      entry(4, low >>> 24) ^
      entry(3, high) ^
      entry(2, high >>> 8) ^
      entry(1, high >>> 16) ^
      entry(0, high >>> 24);
  }
  for (; at < bytes.length; at += 1) crc = (crc >>> 8) ^ entry(0, crc ^ view.getUint8(at));
  return (crc ^ 0xffffffff) >>> 0;
}

/** LevelDB stores checksums rotated and shifted, so that a checksum over checksums stays one. */
export function maskedCrc32c(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + MASK_DELTA) >>> 0;
}

export function unmasked(stored: number): number {
  const rotated = (stored - MASK_DELTA) >>> 0;
  return ((rotated >>> 17) | (rotated << 15)) >>> 0;
}

/** The state of the register after one byte, from zero: what that byte alone contributes. */
export function crc32cState(byte: number): number {
  return entry(0, byte) | 0;
}

function entry(slice: number, byte: number): number {
  return TABLE[slice * 256 + (byte & 0xff)] ?? 0;
}

function makeTable(): Uint32Array {
  const table = new Uint32Array(SLICES * 256);
  for (let byte = 0; byte < 256; byte += 1) table[byte] = crcOfByte(byte);
  for (let at = 256; at < table.length; at += 1) {
    const before = table[at - 256] ?? 0;
    table[at] = (before >>> 8) ^ (table[before & 0xff] ?? 0);
  }
  return table;
}

function crcOfByte(byte: number): number {
  let crc = byte;
  for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ ((crc & 1) * POLYNOMIAL);
  return crc >>> 0;
}
