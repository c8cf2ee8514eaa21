// Sets of small integers as words of 32 bits: the places of vertices in their round (vertex-pool.ts). A set may be shorter
// than another; what lies beyond its end is not in it. Plain functions, so that the loops stay flat.

export type Bits = Int32Array<ArrayBuffer>;

export const NO_BITS: Bits = new Int32Array(0);

const WORD_BITS = 32;

export function hasBit(bits: Bits, place: number): boolean {
  return (((bits[place >>> 5] ?? 0) >>> (place & 31)) & 1) === 1;
}

/** Sets the bit in `bits`, or in a longer copy if it lies beyond the end: keep what is answered. */
export function withBit(bits: Bits, place: number): Bits {
  const word = place >>> 5;
  const roomy = word < bits.length ? bits : lengthened(bits, Math.max(word + 1, 2 * bits.length));
  roomy[word] = (roomy[word] ?? 0) | (1 << (place & 31));
  return roomy;
}

export function clearBit(bits: Bits, place: number): void {
  const word = place >>> 5;
  if (word < bits.length) bits[word] = (bits[word] ?? 0) & ~(1 << (place & 31));
}

/** Adds all of `added` to `bits`, or to a longer copy: keep what is answered. */
export function withAll(bits: Bits, added: Bits): Bits {
  const roomy = added.length <= bits.length ? bits : lengthened(bits, added.length);
  for (let word = 0; word < added.length; word += 1) roomy[word] = (roomy[word] ?? 0) | (added[word] ?? 0);
  return roomy;
}

export function isSubset(part: Bits, whole: Bits): boolean {
  for (let word = 0; word < part.length; word += 1) {
    if (((part[word] ?? 0) & ~(whole[word] ?? 0)) !== 0) return false;
  }
  return true;
}

export function isEmpty(bits: Bits): boolean {
  for (let word = 0; word < bits.length; word += 1) if (bits[word] !== 0) return false;
  return true;
}

export function intersects(left: Bits, right: Bits): boolean {
  const end = Math.min(left.length, right.length);
  for (let word = 0; word < end; word += 1) {
    if (((left[word] ?? 0) & (right[word] ?? 0)) !== 0) return true;
  }
  return false;
}

export function intersection(left: Bits, right: Bits): Bits {
  const common = new Int32Array(Math.min(left.length, right.length));
  for (let word = 0; word < common.length; word += 1) common[word] = (left[word] ?? 0) & (right[word] ?? 0);
  return common;
}

export function difference(left: Bits, right: Bits): Bits {
  const rest = new Int32Array(left.length);
  for (let word = 0; word < left.length; word += 1) rest[word] = (left[word] ?? 0) & ~(right[word] ?? 0);
  return rest;
}

/** How many are in both. */
export function countCommon(left: Bits, right: Bits): number {
  const end = Math.min(left.length, right.length);
  let count = 0;
  for (let word = 0; word < end; word += 1) count += bitCount((left[word] ?? 0) & (right[word] ?? 0));
  return count;
}

export function countOf(bits: Bits): number {
  let count = 0;
  for (let word = 0; word < bits.length; word += 1) count += bitCount(bits[word] ?? 0);
  return count;
}

/** Ascending. */
export function placesIn(bits: Bits): readonly number[] {
  const places: number[] = [];
  for (let word = 0; word < bits.length; word += 1) {
    for (let rest = bits[word] ?? 0; rest !== 0; rest &= rest - 1) {
      places.push(WORD_BITS * word + (WORD_BITS - 1 - Math.clz32(rest & -rest)));
    }
  }
  return places;
}

/** The first member from `place` on; -1 if there is none. */
export function nextPlace(bits: Bits, place: number): number {
  let word = place >>> 5;
  if (word >= bits.length) return -1;
  let rest = (bits[word] ?? 0) & (-1 << (place & 31));
  while (rest === 0) {
    word += 1;
    if (word >= bits.length) return -1;
    rest = bits[word] ?? 0;
  }
  return WORD_BITS * word + (WORD_BITS - 1 - Math.clz32(rest & -rest));
}

function bitCount(word: number): number {
  const pairs = word - ((word >>> 1) & 0x5555_5555);
  const nibbles = (pairs & 0x3333_3333) + ((pairs >>> 2) & 0x3333_3333);
  return Math.imul((nibbles + (nibbles >>> 4)) & 0x0f0f_0f0f, 0x0101_0101) >>> 24;
}

function lengthened(bits: Bits, words: number): Bits {
  const longer = new Int32Array(words);
  longer.set(bits);
  return longer;
}
