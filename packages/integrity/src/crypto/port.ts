// The cryptography that the rest of the house may use. `portable.ts` is the definition (@noble/*); the daemon puts
// OpenSSL in front of it, which may accept faster but never refuse (docs/adr: digest and signature rule).

export type Sha256 = (data: Uint8Array) => Uint8Array;

/** ed25519 with the ZIP-215 acceptance rule. Total: malformed keys or signatures answer false, nothing throws. */
export type VerifySignature = (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array) => boolean;

export interface Crypto {
  readonly sha256: Sha256;
  readonly verify: VerifySignature;
}

/** One ed25519 key. `sign` is deterministic (RFC 8032), so an engine that calls it stays a function of its inputs. */
export interface Signer {
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
  /** 64 bytes. */
  readonly sign: (message: Uint8Array) => Uint8Array;
}
