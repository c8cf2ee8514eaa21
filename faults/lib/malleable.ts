// The same block under another signature that a lax verifier accepts: S + L, where L is the order of the group.

import type { VerifiedBlock } from "@selvedge/integrity";

const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;
const HALF = 32;

export function malleable({ bytes, signature }: VerifiedBlock): Uint8Array {
  const changed = new Uint8Array(signature);
  let scalar = 0n;
  for (let index = HALF - 1; index >= 0; index -= 1) scalar = scalar * 256n + BigInt(signature[HALF + index] ?? 0);
  let rest = scalar + ORDER;
  for (let index = 0; index < HALF; index += 1) {
    changed[HALF + index] = Number(rest & 255n);
    rest >>= 8n;
  }
  const copy = Buffer.from(bytes);
  const position = copy.indexOf(signature);
  if (position < 0) throw new Error("a block holds its signature");
  copy.set(changed, position);
  return new Uint8Array(copy);
}
