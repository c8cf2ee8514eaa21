// Signatures that were checked before: of one block of bytes, whoever holds it, the answer is the same. Used where many
// engines of one process get the very same votes; an engine alone asks for each once and finds nothing here.

import { type Crypto, type Digest, digestToBytes } from "@selvedge/integrity";

export interface SignedDigest {
  readonly publicKey: Uint8Array;
  readonly message: Digest;
  readonly signature: Uint8Array;
}

interface Checked {
  readonly publicKey: Uint8Array;
  readonly message: Digest;
  readonly isGood: boolean;
}

export class CheckedSignatures {
  readonly #known = new WeakMap<Uint8Array, Checked>();

  isGood({ publicKey, message, signature }: SignedDigest, { verify }: Pick<Crypto, "verify">): boolean {
    const known = this.#known.get(signature);
    if (known !== undefined && known.message === message && known.publicKey === publicKey) return known.isGood;
    const isGood = verify(publicKey, digestToBytes(message), signature);
    this.#known.set(signature, { publicKey, message, isGood });
    return isGood;
  }
}
