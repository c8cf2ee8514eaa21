// The portable cryptography (@noble/*), and with it the definition: a signature is good if and only if `verify` here
// says so (ZIP-215), whatever faster code stands in front of it (native-first.ts). Holds no keys and no state.

import { ed25519 } from "@noble/curves/ed25519.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { assert } from "../assert.ts";
import type { Crypto, Sha256, Signer, VerifySignature } from "./port.ts";

export const PUBLIC_KEY_SIZE_BYTES = 32;
export const SECRET_KEY_SIZE_BYTES = 32;
export const SIGNATURE_SIZE_BYTES = 64;

const ZIP_215: { readonly zip215: true } = { zip215: true };

const portableSha256: Sha256 = (data) => sha256(data);

const portableVerify: VerifySignature = (publicKey, message, signature) => {
  // The library throws on wrong sizes and on nothing else; a peer chooses the sizes.
  if (publicKey.length !== PUBLIC_KEY_SIZE_BYTES) return false;
  if (signature.length !== SIGNATURE_SIZE_BYTES) return false;
  return ed25519.verify(signature, message, publicKey, ZIP_215);
};

export const portableCrypto: Crypto = { sha256: portableSha256, verify: portableVerify };

/** Signs with an ed25519 seed (RFC 8032 §5.1.5). The seed is copied: wiping the caller's bytes does not break it. */
export function portableSigner(secretKey: Uint8Array): Signer {
  assert(secretKey.length === SECRET_KEY_SIZE_BYTES, "an ed25519 secret key is a seed of 32 bytes");
  const seed = secretKey.slice();
  const publicKey = ed25519.getPublicKey(seed);
  return { publicKey, sign: (message) => ed25519.sign(message, seed) };
}
