// Which payloads a store's own records name: the weights of versions, and what updates carry.

import { type Digest, type Store, decodeSignedUpdate, decodeVersionRecord } from "@selvedge/integrity";
import { sha256 } from "../crypto.ts";

/** Size in bytes by root. */
export async function namedPayloads(store: Store): Promise<ReadonlyMap<Digest, number>> {
  const sizes = new Map<Digest, number>();
  for await (const { value } of store.iterate("versions")) {
    const record = decodeVersionRecord(value, sha256);
    if (record.ok) sizes.set(record.value.record.weightsRoot, record.value.record.weightsBytes);
  }
  for await (const { value } of store.iterate("state", { gte: "update/", lt: "update0" })) {
    const update = decodeSignedUpdate(value, sha256);
    if (update.ok) sizes.set(update.value.header.payloadRoot, update.value.header.payloadBytes);
  }
  return sizes;
}
