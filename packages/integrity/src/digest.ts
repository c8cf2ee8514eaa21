// Digests: lower-case hex in memory (map keys, readable), 32 bytes on the wire. One domain tag per object kind, so
// that bytes of one kind never pass for another. Merkle trees use RFC 6962's own tags instead (merkle/).

import { assert } from "./assert.ts";
import { type Brand, mint } from "./brand.ts";
import type { Sha256 } from "./crypto/port.ts";

/** 64 lower-case hex characters. */
export type Digest = Brand<string, "Digest">;
export type BlockDigest = Brand<Digest, "BlockDigest">;
export type CommitDigest = Brand<Digest, "CommitDigest">;
export type UpdateDigest = Brand<Digest, "UpdateDigest">;
export type VersionDigest = Brand<Digest, "VersionDigest">;
export type DeviceId = Brand<Digest, "DeviceId">;
export type ChainId = Brand<Digest, "ChainId">;

export type DigestKind =
  | "block"
  | "chain"
  | "checkpoint"
  | "coin"
  | "commit"
  | "consensus-state"
  | "dealing"
  | "device"
  | "end-marker"
  | "epoch-seed"
  | "epoch-start"
  | "genesis-block"
  | "governance"
  | "ledger"
  | "model"
  | "schedule"
  | "transaction"
  | "update"
  | "version"
  | "record";

export const DIGEST_SIZE_BYTES = 32;

const HEX_DIGEST = /^[0-9a-f]{64}$/;
const DOMAIN_VERSION = "selvedge/1/";

/** SHA-256 of the domain tag of `kind` and the parts, as the branded hex digest of the caller's kind. */
export function digestOf<Kind extends Digest = Digest>(
  sha256: Sha256,
  kind: DigestKind,
  ...parts: readonly Uint8Array[]
): Kind {
  const tag = domainTag(kind);
  let sizeBytes = tag.length;
  for (const part of parts) sizeBytes += part.length;
  const preimage = new Uint8Array(sizeBytes);
  preimage.set(tag, 0);
  let offset = tag.length;
  for (const part of parts) {
    preimage.set(part, offset);
    offset += part.length;
  }
  return digestFromBytes<Kind>(sha256(preimage));
}

export function isDigestHex(value: unknown): value is string {
  return typeof value === "string" && HEX_DIGEST.test(value);
}

export function digestFromHex<Kind extends Digest = Digest>(hex: string): Kind {
  assert(isDigestHex(hex), "a digest is 64 lower-case hex characters");
  return mint<Kind>(hex);
}

export function digestFromBytes<Kind extends Digest = Digest>(bytes: Uint8Array): Kind {
  assert(bytes.length === DIGEST_SIZE_BYTES, "a digest is 32 bytes");
  return mint<Kind>(hexFromBytes(bytes));
}

export function digestToBytes(digest: Digest): Uint8Array {
  return bytesFromHex(digest);
}

/** All zero bits: the parent of what has no parent. */
export function zeroDigest<Kind extends Digest = Digest>(): Kind {
  return mint<Kind>("0".repeat(2 * DIGEST_SIZE_BYTES));
}

/** ES2026 has it, and so have newer runtimes: five times as fast as any of ours. */
interface MayHaveHex {
  readonly toHex?: () => string;
}

/** A flat string: one put together by `+=` stays a tree of pieces, ten times as large, and digests are kept for ever. */
export function hexFromBytes(bytes: Uint8Array & MayHaveHex): string {
  return bytes.toHex?.() ?? hexByTable(bytes);
}

const HEX_CHARACTER_CODES = Uint8Array.from("0123456789abcdef", (character) => character.charCodeAt(0));
/** So many arguments a call takes anywhere. */
const PIECE_BYTES = 2048;

export function hexByTable(bytes: Uint8Array): string {
  const pieces: string[] = [];
  for (let from = 0; from < bytes.length; from += PIECE_BYTES) {
    const piece = bytes.subarray(from, from + PIECE_BYTES);
    const codes = new Uint8Array(2 * piece.length);
    for (let index = 0; index < piece.length; index += 1) {
      const byte = piece[index] ?? 0;
      codes[2 * index] = HEX_CHARACTER_CODES[byte >>> 4] ?? 0;
      codes[2 * index + 1] = HEX_CHARACTER_CODES[byte & 0xf] ?? 0;
    }
    pieces.push(String.fromCharCode(...codes));
  }
  return pieces.join("");
}

/** Bytes of an even-length hex string; asserts that it is one. */
export function bytesFromHex(hex: string): Uint8Array {
  const bytes = new Uint8Array(hex.length >>> 1);
  let isWrong = hex.length & 1;
  for (let index = 0; index < bytes.length; index += 1) {
    const high = nibbleOf(hex.charCodeAt(2 * index));
    const low = nibbleOf(hex.charCodeAt(2 * index + 1));
    isWrong |= (high | low) & NO_NIBBLE;
    bytes[index] = (high << 4) | low;
  }
  assert(isWrong === 0, "hex has an even number of hex characters");
  return bytes;
}

/** A bit that no nibble has. */
const NO_NIBBLE = 0x10;

/** By character code. A table and no branch: every digest that is hashed or sent passes here. */
const NIBBLES: Uint8Array = Uint8Array.from({ length: 256 }, (_, code) => {
  const value = "0123456789abcdef".indexOf(String.fromCharCode(code).toLowerCase());
  return value < 0 ? NO_NIBBLE : value;
});

function nibbleOf(code: number): number {
  return NIBBLES[code] ?? NO_NIBBLE;
}

/** Made at the first use of each kind. */
const domainTags = new Map<DigestKind, Uint8Array>();

function domainTag(kind: DigestKind): Uint8Array {
  const known = domainTags.get(kind);
  if (known !== undefined) return known;
  const text = `${DOMAIN_VERSION}${kind}\u0000`;
  const tag = new Uint8Array(text.length);
  for (let index = 0; index < text.length; index += 1) tag[index] = text.charCodeAt(index);
  domainTags.set(kind, tag);
  return tag;
}
