// Transactions of the workload: their first bytes say which one it is; one may stand for many (a token), to carry loads
// that no simulation could carry byte by byte. What they stand for counts on the wire and in every figure.

const MAGIC = 0x5e17ed6e;
/** What a token takes in a block, whatever it stands for; no transaction of a workload is shorter. */
export const TOKEN_BYTES = 24;

/** `sizeBytes` long, at least 24. */
export function makeToken(id: number, sizeBytes: number): Uint8Array {
  const bytes = new Uint8Array(Math.max(TOKEN_BYTES, sizeBytes));
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC);
  view.setFloat64(8, id);
  return bytes;
}

/** The number of a transaction of the workload; undefined for anything else. */
export function tokenId(bytes: Uint8Array): number | undefined {
  if (bytes.length < TOKEN_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return view.getUint32(0) === MAGIC ? view.getFloat64(8) : undefined;
}
