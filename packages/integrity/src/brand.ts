// Nominal types. A brand is minted only by its constructor (ids.ts, digest.ts, block.ts): the cast lives here alone.

declare const brand: unique symbol;

/** The name is a key, not a value: a brand upon a brand (BlockDigest upon Digest) then has both instead of being never. */
export type Brand<Base, Name extends string> = Base & { readonly [brand]: { readonly [Key in Name]: true } };

/** Mints a branded value. Call it only from the one constructor that checks the value's range. */
export function mint<Branded>(value: unknown): Branded {
  return value as Branded;
}
