// Stand-in signatures, a hundred times as fast as ed25519: a keyed hash that anybody can make. Good for honest code and for
// drawn attacks, safe against nobody.

import { type Crypto, type Sha256, type Signer, isSameBytes } from "@selvedge/integrity";

export function createStandInCrypto(sha256: Sha256): Crypto {
  return {
    sha256,
    verify: (publicKey, message, signature) => isSameBytes(signature, keyedHash(sha256, publicKey, message)),
  };
}

/** The same seed, the same key. */
export function standInSigner(sha256: Sha256, seed: Uint8Array): Signer {
  const publicKey = sha256(seed);
  return { publicKey, sign: (message) => keyedHash(sha256, publicKey, message) };
}

/** 64 bytes: the hash twice. */
function keyedHash(sha256: Sha256, key: Uint8Array, message: Uint8Array): Uint8Array {
  const once = sha256(joined(key, message));
  return joined(once, once);
}

function joined(left: Uint8Array, right: Uint8Array): Uint8Array {
  const whole = new Uint8Array(left.length + right.length);
  whole.set(left, 0);
  whole.set(right, left.length);
  return whole;
}
