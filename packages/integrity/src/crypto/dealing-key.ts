// The key to which a validator is dealt its part of the coin's next key (docs/protocol.md §6). It follows from the signing
// key's seed, so that a member has one secret to keep; its public half stands in the genesis or in the proposal that
// brought the member in.

import { ristrettoGroup } from "./group.ts";
import type { Scalar } from "./scalar.ts";

const DEALING_KEY_DOMAIN = "selvedge/1/dealing-key";

/** As secret as the seed of the signing key that it is made from. */
export function dealingSecretOf(signingSeed: Uint8Array): Scalar {
  return ristrettoGroup.hashToScalar(DEALING_KEY_DOMAIN, signingSeed);
}

/** The public half, 32 bytes. */
export function encryptionKeyOf(secret: Scalar): Uint8Array {
  return ristrettoGroup.encode(ristrettoGroup.multiplyBase(secret));
}

/** True for the canonical encoding of a group element other than the identity. */
export function isGroupKey(bytes: Uint8Array): boolean {
  return ristrettoGroup.decode(bytes) !== undefined;
}
