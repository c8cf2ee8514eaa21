// The little that LevelDB's files are made of: variable-length integers, counted byte strings, fixed 64-bit numbers.
// Reading past the end or an impossible number throws; callers turn that into a finding about their file.

export class MalformedFile extends Error {
  override readonly name = "MalformedFile";
}

export class ByteReader {
  readonly #bytes: Uint8Array;
  #at: number;

  constructor(bytes: Uint8Array, at = 0) {
    this.#bytes = bytes;
    this.#at = at;
  }

  get at(): number {
    return this.#at;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  varint(): number {
    let value = 0;
    for (let shift = 1; ; shift *= 128) {
      const byte = this.#bytes[this.#at];
      if (byte === undefined) throw new MalformedFile("a number is cut off");
      this.#at += 1;
      value += (byte & 0x7f) * shift;
      if (!Number.isSafeInteger(value)) throw new MalformedFile("a number is out of range");
      if (byte < 0x80) return value;
    }
  }

  bytes(count: number): Uint8Array {
    const end = this.#at + count;
    if (end > this.#bytes.length) throw new MalformedFile("a field is cut off");
    const piece = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return piece;
  }

  counted(): Uint8Array {
    return this.bytes(this.varint());
  }
}

export function uint32At(bytes: Uint8Array, offset: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(offset, true);
}

/** A 64-bit number that our own counters never let grow beyond the safe integers. */
export function uint64At(bytes: Uint8Array, offset: number): number {
  const value = uint32At(bytes, offset) + uint32At(bytes, offset + 4) * 2 ** 32;
  if (!Number.isSafeInteger(value)) throw new MalformedFile("a number is out of range");
  return value;
}

export function varintBytes(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80);
  bytes.push(rest);
  return bytes;
}
