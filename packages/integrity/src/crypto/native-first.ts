// The one ed25519 rule made fast: a native verifier may accept, never refuse. OpenSSL is stricter than ZIP-215 and what
// it refuses differs between versions, so a refusal of its own would let two honest nodes disagree about a block.
// Pure: the process that has a native verifier hands it in.

import type { VerifySignature } from "./port.ts";
import { portableCrypto } from "./portable.ts";

/** One signature that the native verifier did not accept; the portable one decided, at about nine times the cost. */
export interface SlowPathUse {
  readonly publicKey: Uint8Array;
  /** What ZIP-215 says. A peer whose signatures end here with `false` is paying us to work: score it down. */
  readonly accepted: boolean;
}

export type OnSlowPath = (use: SlowPathUse) => void;

/** `native` must be total and must accept nothing that ZIP-215 refuses (its adapter's vector test shows it). */
export function nativeFirstVerify(native: VerifySignature, onSlowPath: OnSlowPath = ignore): VerifySignature {
  return (publicKey, message, signature) => {
    if (native(publicKey, message, signature)) return true;
    const accepted = portableCrypto.verify(publicKey, message, signature);
    onSlowPath({ publicKey, accepted });
    return accepted;
  };
}

function ignore(): void {
  // Nobody counts: tests and tools that trust their input.
}
