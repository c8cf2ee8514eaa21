// The smallest archive that every tar reads: ustar headers, plain files, nothing else.

const BLOCK_BYTES = 512;
const NAME_MAX_BYTES = 100;
const MODE = "0000600";
const OWNER = "0000000";

export interface TarEntry {
  /** Relative, of printable ASCII. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

export function tarOf(entries: readonly TarEntry[], modifiedSeconds: number): Uint8Array {
  const parts = entries.flatMap(({ name, bytes }) => [
    headerOf(name, bytes.length, modifiedSeconds),
    bytes,
    new Uint8Array((BLOCK_BYTES - (bytes.length % BLOCK_BYTES)) % BLOCK_BYTES),
  ]);
  return Buffer.concat([...parts, new Uint8Array(2 * BLOCK_BYTES)]);
}

function headerOf(name: string, sizeBytes: number, modifiedSeconds: number): Uint8Array {
  const header = Buffer.alloc(BLOCK_BYTES);
  header.write(name.slice(0, NAME_MAX_BYTES), 0, "ascii");
  header.write(`${MODE}\0${OWNER}\0${OWNER}\0`, 100, "ascii");
  header.write(`${octal(sizeBytes, 11)}\0${octal(modifiedSeconds, 11)}\0`, 124, "ascii");
  // The checksum counts its own field as spaces.
  header.write(`        0`, 148, "ascii");
  header.write("ustar\0" + "00", 257, "ascii");
  let sum = 0;
  for (const byte of header) sum += byte;
  header.write(`${octal(sum, 6)}\0 `, 148, "ascii");
  return header;
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, "0");
}
