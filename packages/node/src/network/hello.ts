// The first words on a connection: which chain, which protocol version, and (for a validator) its validator key with a
// signature by it over both PeerIds of this connection. A key that is no member's in our epoch is an observer's: its owner
// may be in another epoch than we are. Noise already proves the PeerIds, so the signature binds the
// validator key to this very peer: it cannot be shown to a third party, and network keys can change freely.

import {
  type ChainId,
  type Committee,
  type Crypto,
  type Rejection,
  type Result,
  type ValidatorIndex,
  bytesFromHex,
  digestToBytes,
  err,
  hexFromBytes,
  isSameBytes,
  memberOf,
  ok,
  rejection,
} from "@selvedge/integrity";
import { ByteReader, ByteWriter } from "./byte-cursor.ts";
import { NETWORK_PROTOCOL_VERSION } from "./limits.ts";

export interface ValidatorIdentity {
  readonly index: ValidatorIndex;
  /** ed25519 with the validator's key in the committee. */
  readonly sign: (message: Uint8Array) => Uint8Array;
}

/** What both ends must agree on, or refuse one another. */
export interface HelloContext {
  readonly chainId: ChainId;
  readonly committee: Committee;
  readonly crypto: Crypto;
  readonly self: ValidatorIdentity | null;
}

/** The PeerIds of the two ends, as text. */
export interface PeerPair {
  readonly speaker: string;
  readonly listener: string;
}

/** Who the other end proved to be: a validator, or nobody in particular. */
export type ProvenIdentity = ValidatorIndex | null;

const CHAIN_ID_BYTES = 32;
const KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;
const VALIDATOR = 1;
const OBSERVER = 0;

export function encodeHello(context: HelloContext, peers: PeerPair): Uint8Array {
  const writer = new ByteWriter().uint16(NETWORK_PROTOCOL_VERSION).bytes(digestToBytes(context.chainId));
  if (context.self === null) return writer.uint8(OBSERVER).finish();
  const { publicKey } = memberOf(context.committee, context.self.index);
  const signature = context.self.sign(helloPreimage(context.chainId, peers));
  return writer.uint8(VALIDATOR).bytes(publicKey).bytes(signature).finish();
}

/** Decides over the other end's hello. Rejections name what was wrong; the connection is closed on any of them. */
export function verifyHello(
  bytes: Uint8Array,
  context: HelloContext,
  peers: PeerPair,
): Result<ProvenIdentity, Rejection> {
  const reader = new ByteReader(bytes);
  const version = reader.uint16();
  if (version !== NETWORK_PROTOCOL_VERSION) return refused("HELLO_VERSION_UNKNOWN", `protocol version ${version}`);
  const chainId = hexFromBytes(reader.bytes(CHAIN_ID_BYTES));
  const role = reader.uint8();
  if (!reader.isSound) return refused("FRAME_MALFORMED", "a hello that ends early");
  if (chainId !== context.chainId) return refused("HELLO_CHAIN_MISMATCH", `the peer follows chain ${chainId}`);
  if (role === OBSERVER && reader.isComplete) return ok(null);
  const publicKey = reader.bytes(KEY_BYTES);
  const signature = reader.bytes(SIGNATURE_BYTES);
  if (role !== VALIDATOR || !reader.isComplete) return refused("FRAME_MALFORMED", "a hello of unknown shape");
  if (!context.crypto.verify(publicKey, helloPreimage(context.chainId, peers), signature)) {
    return refused("HELLO_PROOF_INVALID", `the peer does not hold the key ${hexFromBytes(publicKey)}`);
  }
  const member = context.committee.validators.find((validator) => isSameBytes(validator.publicKey, publicKey));
  return ok(member?.index ?? null);
}

/** What the validator key signs. The tag keeps it apart from every digest that the same key signs elsewhere. */
function helloPreimage(chainId: ChainId, peers: PeerPair): Uint8Array {
  const writer = new ByteWriter().bytes(asciiBytes("selvedge/1/hello\u0000")).bytes(bytesFromHex(chainId));
  return writer.block(asciiBytes(peers.speaker)).block(asciiBytes(peers.listener)).finish();
}

function asciiBytes(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

function refused(code: string, detail: string): { readonly ok: false; readonly error: Rejection } {
  return err(rejection(code, detail));
}
