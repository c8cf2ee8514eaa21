// Strict UTF-8 (RFC 3629): overlong forms, surrogates and code points beyond U+10FFFF are no text. Of our own because the
// language itself has none and platform decoders differ in what they repair.

import { assert } from "./assert.ts";

/** The text of the bytes; undefined unless they are well-formed UTF-8. A byte order mark is kept as the character it is. */
export function textFromUtf8(bytes: Uint8Array): string | undefined {
  let text = "";
  let offset = 0;
  while (offset < bytes.length) {
    const lead = bytes[offset] ?? 0;
    if (lead < 0x80) {
      text += String.fromCharCode(lead);
      offset += 1;
      continue;
    }
    const sizeBytes = sequenceSize(lead);
    const codePoint = sizeBytes === 0 ? undefined : codePointOf(bytes.subarray(offset, offset + sizeBytes), sizeBytes);
    if (codePoint === undefined) return undefined;
    text += String.fromCodePoint(codePoint);
    offset += sizeBytes;
  }
  return text;
}

/** Asserts that the text is well-formed: a lone surrogate has no UTF-8. */
export function utf8FromText(text: string): Uint8Array {
  const ascii = new Uint8Array(text.length);
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code >= 0x80) return utf8FromAnyText(text);
    ascii[index] = code;
  }
  return ascii;
}

function utf8FromAnyText(text: string): Uint8Array {
  assert(text.isWellFormed(), "text has no lone surrogate");
  const bytes = new Uint8Array(3 * text.length);
  let size = 0;
  for (const character of text) {
    const codePoint = character.codePointAt(0) ?? 0;
    if (codePoint < 0x80) {
      bytes[size] = codePoint;
      size += 1;
      continue;
    }
    const tail = codePoint < 0x8_00 ? 1 : codePoint < 0x1_00_00 ? 2 : 3;
    bytes[size] = (LEAD_MARK[tail] ?? 0) | (codePoint >> (6 * tail));
    for (let left = tail - 1; left >= 0; left -= 1)
      bytes[size + tail - left] = 0x80 | ((codePoint >> (6 * left)) & 0x3f);
    size += 1 + tail;
  }
  return bytes.slice(0, size);
}

/** By number of continuation bytes. */
const LEAD_MARK: readonly number[] = [0x00, 0xc0, 0xe0, 0xf0];
/** Least code point that needs as many bytes: below it the form is overlong. */
const CODE_POINT_MIN: readonly number[] = [0, 0, 0x80, 0x8_00, 0x1_00_00];

function sequenceSize(lead: number): number {
  if (lead >= 0xc2 && lead <= 0xdf) return 2;
  if (lead >= 0xe0 && lead <= 0xef) return 3;
  if (lead >= 0xf0 && lead <= 0xf4) return 4;
  return 0;
}

function codePointOf(sequence: Uint8Array, sizeBytes: number): number | undefined {
  if (sequence.length !== sizeBytes) return undefined;
  let codePoint = (sequence[0] ?? 0) & (0xff >> (sizeBytes + 1));
  for (const byte of sequence.subarray(1)) {
    if ((byte & 0xc0) !== 0x80) return undefined;
    codePoint = codePoint * 64 + (byte & 0x3f);
  }
  if (codePoint < (CODE_POINT_MIN[sizeBytes] ?? 0) || codePoint > 0x10_ff_ff) return undefined;
  if (codePoint >= 0xd8_00 && codePoint <= 0xdf_ff) return undefined;
  return codePoint;
}
