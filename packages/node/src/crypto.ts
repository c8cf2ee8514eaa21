// The daemon's cryptography: OpenSSL in front of the portable definition. What OpenSSL accepts is accepted; what it
// refuses is decided by the portable ZIP-215 rule, so nodes on different Node versions never disagree.

import {
  type KeyObject,
  createPrivateKey,
  createPublicKey,
  hash,
  sign as signNatively,
  verify as verifyNatively,
} from "node:crypto";
import { type Crypto, type Signer, type VerifySignature, hexFromBytes, nativeFirstVerify } from "@selvedge/integrity";

/** DER headers of RFC 8410: what stands before the 32 raw bytes of an ed25519 key. */
const SPKI_HEADER = Buffer.from("302a300506032b6570032100", "hex");
const PKCS8_HEADER = Buffer.from("302e020100300506032b657004220420", "hex");
/** Imported public keys kept; a committee and its devices fit many times over. */
const KEY_CACHE_MAX = 4096;

const SHA256_SIZE_BYTES = 32;

/** By way of latin-1 text, one character a byte: OpenSSL's answer as a Buffer costs twice as much as the hash itself. */
export function sha256(data: Uint8Array): Uint8Array {
  const text = hash("sha256", data, "latin1");
  const digest = new Uint8Array(SHA256_SIZE_BYTES);
  for (let index = 0; index < SHA256_SIZE_BYTES; index += 1) digest[index] = text.charCodeAt(index);
  return digest;
}

/** Called with the public key whenever OpenSSL refused and the slow rule had to decide. */
export type OnSlowVerify = () => void;

export function createNodeCrypto(onSlowVerify: OnSlowVerify = () => undefined): Crypto {
  return { sha256, verify: nativeFirstVerify(createNativeVerify(), onSlowVerify) };
}

/** ed25519 by OpenSSL, keys imported once. */
function createNativeVerify(): VerifySignature {
  const cache = new Map<string, KeyObject>();
  return (publicKey, message, signature) => {
    try {
      return verifyNatively(null, message, importPublicKey(cache, publicKey), signature);
    } catch {
      // A key or signature that OpenSSL cannot even read: the portable rule decides.
      return false;
    }
  };
}

function importPublicKey(cache: Map<string, KeyObject>, publicKey: Uint8Array): KeyObject {
  const name = hexFromBytes(publicKey);
  const known = cache.get(name);
  if (known !== undefined) return known;
  const key = createPublicKey({ key: Buffer.concat([SPKI_HEADER, publicKey]), format: "der", type: "spki" });
  if (cache.size >= KEY_CACHE_MAX) cache.clear();
  cache.set(name, key);
  return key;
}

/** Signer for a 32-byte ed25519 seed (RFC 8032). */
export function createNodeSigner(seed: Uint8Array): Signer {
  const privateKey = createPrivateKey({ key: Buffer.concat([PKCS8_HEADER, seed]), format: "der", type: "pkcs8" });
  const spki = createPublicKey(privateKey).export({ format: "der", type: "spki" });
  const publicKey = new Uint8Array(spki.subarray(SPKI_HEADER.length));
  return { publicKey, sign: (message) => new Uint8Array(signNatively(null, message, privateKey)) };
}
