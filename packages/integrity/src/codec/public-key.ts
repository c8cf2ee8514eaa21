// Which ed25519 keys may be registered, for validators and devices alike.

import { ed25519 } from "@noble/curves/ed25519.js";

/** Under a key of small order signatures hold that nobody made: ZIP-215 accepts them, so registration must not. */
export function isSoundPublicKey(publicKey: Uint8Array): boolean {
  try {
    return !ed25519.Point.fromBytes(publicKey, true).isSmallOrder();
  } catch {
    // The library throws on whatever does not decode; there is nothing else here that could throw.
    return false;
  }
}
