// The genesis as a JSON file for people and as canonical bytes for the chain id. Both ways in end in the same reader and
// the same soundness checks.

import { type Committee, createCommittee } from "../committee.ts";
import type { Sha256 } from "../crypto/port.ts";
import { type ChainId, digestOf } from "../digest.ts";
import { type Rejection, rejection } from "../fault.ts";
import type { Genesis } from "../genesis.ts";
import { epoch } from "../ids.ts";
import { GENESIS_MAX_BYTES } from "../limits.ts";
import { type Result, err } from "../result.ts";
import { FieldReader } from "./fields.ts";
import { GENESIS_FIELD_COUNT, GENESIS_LAYOUT, readGenesis } from "./genesis-layout.ts";
import { genesisFault } from "./genesis-soundness.ts";
import { jsonFromRecord, wireFromJson, wireFromRecord } from "./layout.ts";
import { decode, encode } from "./msgpack.ts";

export function encodeGenesis(genesis: Genesis): Uint8Array {
  return encode(wireFromRecord(genesis, GENESIS_LAYOUT));
}

export function chainIdOf(genesis: Genesis, sha256: Sha256): ChainId {
  return digestOf<ChainId>(sha256, "chain", encodeGenesis(genesis));
}

export function decodeGenesis(bytes: Uint8Array): Result<Genesis, Rejection> {
  const wire = decode(bytes, { bytesMax: GENESIS_MAX_BYTES });
  return wire.ok ? genesisFromWire(wire.value) : wire;
}

/** The text of a genesis file, indented, bytes in hex, fields in the order of the canonical bytes. */
export function genesisToJson(genesis: Genesis): string {
  return `${JSON.stringify(jsonFromRecord(genesis, GENESIS_LAYOUT), null, 2)}\n`;
}

/** Strict: an unknown or missing key is an error, and nothing has a default. */
export function genesisFromJson(text: string): Result<Genesis, Rejection> {
  if (text.length > 2 * GENESIS_MAX_BYTES) return err(rejection("GENESIS_JSON", "the file is too large"));
  const json = parseJson(text);
  if (!json.ok) return json;
  const wire = wireFromJson(json.value, GENESIS_LAYOUT, "genesis");
  return wire.ok ? genesisFromWire(wire.value) : wire;
}

/** The committee of epoch 0. */
export function committeeOf(genesis: Genesis): Committee {
  return createCommittee(epoch(0), genesis.validators);
}

function genesisFromWire(value: unknown): Result<Genesis, Rejection> {
  const fields = FieldReader.open(value, { name: "genesis", fieldCount: GENESIS_FIELD_COUNT });
  const read = readGenesis(fields);
  const genesis = fields.finish(() => read);
  if (!genesis.ok) return genesis;
  const fault = genesisFault(genesis.value);
  return fault === undefined ? genesis : err(fault);
}

function parseJson(text: string): Result<unknown, Rejection> {
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch (cause) {
    if (cause instanceof SyntaxError) return err(rejection("GENESIS_JSON", `not JSON: ${cause.message}`));
    throw cause;
  }
}
