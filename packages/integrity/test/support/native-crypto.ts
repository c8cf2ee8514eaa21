// OpenSSL behind the crypto port, as a daemon would fill it: total, and allowed to accept only.

import { createPublicKey, hash, verify } from "node:crypto";
import type { Sha256, VerifySignature } from "../../src/crypto/port.ts";

const SPKI_PREFIX = Buffer.from("302a300506032b6570032100", "hex");

export const nativeSha256: Sha256 = (data) => new Uint8Array(hash("sha256", data, "buffer"));

export const nativeVerify: VerifySignature = (publicKey, message, signature) => {
  if (publicKey.length !== 32 || signature.length !== 64) return false;
  try {
    const key = createPublicKey({ key: Buffer.concat([SPKI_PREFIX, publicKey]), format: "der", type: "spki" });
    return verify(null, message, key, signature);
  } catch (error) {
    // OpenSSL throws on keys that it does not decode; anything else is a bug of this file.
    if (error instanceof Error && "code" in error) return false;
    throw error;
  }
};
