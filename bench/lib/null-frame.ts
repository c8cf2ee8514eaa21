// What null nodes push to one another in place of blocks: a batch of opaque transactions, or the news that a batch is on
// disk. Plain fixed-width fields; between processes of one benchmark, so a frame that does not fit is a bug and throws.

const BATCH = 1;
const STORED = 2;
const HEADER_BYTES = 5;
const LENGTH_BYTES = 4;

export type NullFrame =
  | { readonly type: "batch"; readonly sequence: number }
  | { readonly type: "stored"; readonly sequence: number };

export function encodeBatchFrame(sequence: number, transactions: readonly Uint8Array[]): Uint8Array {
  const sizeBytes = transactions.reduce((sum, { length }) => sum + LENGTH_BYTES + length, HEADER_BYTES);
  const bytes = new Uint8Array(sizeBytes);
  const view = new DataView(bytes.buffer);
  writeHeader(view, BATCH, sequence);
  let offset = HEADER_BYTES;
  for (const transaction of transactions) {
    view.setUint32(offset, transaction.length);
    bytes.set(transaction, offset + LENGTH_BYTES);
    offset += LENGTH_BYTES + transaction.length;
  }
  return bytes;
}

export function encodeStoredFrame(sequence: number): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES);
  writeHeader(new DataView(bytes.buffer), STORED, sequence);
  return bytes;
}

export function decodeNullFrame(bytes: Uint8Array): NullFrame {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const kind = view.getUint8(0);
  if (kind !== BATCH && kind !== STORED) throw new Error(`a null frame of kind ${kind}`);
  return { type: kind === BATCH ? "batch" : "stored", sequence: view.getUint32(1) };
}

function writeHeader(view: DataView, kind: number, sequence: number): void {
  view.setUint8(0, kind);
  view.setUint32(1, sequence);
}
