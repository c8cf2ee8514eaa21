// The one encoding: MessagePack arrays of nil, integers, text and bytes, written by msgpackr in one fixed configuration.
// Everything that crosses a wire or rests in a store goes through here. Integers are as short as they can be; those
// beyond 32 bits are int64 and stand in memory as bigint here and in the codecs only (fields.ts makes numbers of them).

import { Packr } from "msgpackr";
import { assert } from "../assert.ts";
import { type Rejection, rejection } from "../fault.ts";
import { MSGPACK_ITEMS_MAX } from "../limits.ts";
import { type Result, err, ok } from "../result.ts";
import { prescan } from "./prescan.ts";

export type WireValue = null | number | bigint | string | Uint8Array | readonly WireValue[];

export interface DecodeBounds {
  readonly bytesMax: number;
  /** MSGPACK_ITEMS_MAX unless the record has reason to be larger. */
  readonly itemsMax?: number;
}

/** What we use of msgpackr, typed without Node's Buffer. */
interface Packer {
  readonly pack: (value: unknown) => Uint8Array;
  readonly unpack: (bytes: Uint8Array) => unknown;
  /** From here on it writes into these. */
  readonly useBuffer: (pool: Uint8Array) => void;
}

const packer: Packer = new Packr({ useRecords: false, moreTypes: false, variableMapSize: true, int64AsType: "bigint" });

/** A pool grows to four times the longest record and is kept, ledger snapshots of MiB included; beyond this it is given up. */
const POOL_BYTES_MAX = 1024 * 1024;
/** Of the class that msgpackr allocates pools of, which is Node's where there is one. */
const smallPool = packer.pack(new Uint8Array(64 * 1024));

/** Own values only: asserts that what comes out is what `decode` lets in. The result shares memory with nothing. */
export function encode(value: WireValue): Uint8Array {
  const bytes = packed(value);
  const fault = prescan(bytes, { bytesMax: Number.MAX_SAFE_INTEGER, itemsMax: Number.MAX_SAFE_INTEGER });
  assert(fault === undefined, `what we encode is canonical: ${fault?.detail ?? ""}`);
  return bytes;
}

/** Untrusted bytes to a tree of nil, number, bigint, string, Uint8Array and array; byte strings are views of the input. */
export function decode(bytes: Uint8Array, bounds: DecodeBounds): Result<unknown, Rejection> {
  const fault = prescan(bytes, { bytesMax: bounds.bytesMax, itemsMax: bounds.itemsMax ?? MSGPACK_ITEMS_MAX });
  if (fault !== undefined) return err(fault);
  // A view of its own: msgpackr writes a property on the array that it reads.
  const value = packer.unpack(bytes.subarray());
  // The pre-scan leaves one way to differ: text that is not UTF-8, which msgpackr replaces without a word.
  if (!isSameBytes(packed(value), bytes)) {
    return err(rejection("ENCODING_NON_CANONICAL", "encoding the decoded value gives other bytes"));
  }
  return ok(value);
}

/** An integer as the encoder wants it: msgpackr would write a number beyond 32 bits as a float. */
export function wireInteger(value: number): number | bigint {
  assert(Number.isSafeInteger(value), "an integer on the wire is safe");
  return value > 0xffff_ffff || value < -0x8000_0000 ? BigInt(value) : value;
}

export function isSameBytes(left: Uint8Array, right: Uint8Array): boolean {
  if (left.length !== right.length) return false;
  for (let index = 0; index < left.length; index += 1) {
    if (left[index] !== right[index]) return false;
  }
  return true;
}

/** `pack` answers with a slice of a pool that later calls write on: copied out, and never a Buffer. */
function packed(value: unknown): Uint8Array {
  const slice = packer.pack(value);
  const bytes = new Uint8Array(slice);
  if (slice.buffer.byteLength > POOL_BYTES_MAX) packer.useBuffer(smallPool);
  return bytes;
}
