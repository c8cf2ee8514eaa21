// A name for content that two checkers recognise again when it is proposed a second time: a number, not the bytes.

/** Two polynomials of 26 bits each over the bytes, side by side in one exact number. */
export function contentKey(bytes: Uint8Array): number {
  let low = 17;
  let high = 31;
  for (const byte of bytes) {
    low = (low * 257 + byte) % 67_108_859;
    high = (high * 263 + byte) % 67_108_837;
  }
  return high * 67_108_864 + low;
}
