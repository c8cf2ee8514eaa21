// Records as they travel from a node to a backup: length-prefixed tuples, and one at the end that says how many there
// were, so that a stream which broke off is never taken for a whole one.

import { STORE_SPACES, type StoreEntry, type StoreSpace, wireInteger } from "@selvedge/integrity";
import { NodeError } from "../errors.ts";
import { bytesField, countField, decodeTuple, encodeTuple } from "../storage/stored-tuple.ts";

/** A record is at most a chunk, a commit, a snapshot: far below. */
const FRAME_MAX_BYTES: number = 1024 * 1024 * 1024;
const LENGTH_BYTES = 4;
const END = "end";

export interface BackupRecord extends StoreEntry {
  readonly space: StoreSpace;
}

export function recordFrame({ space, key, value }: BackupRecord): Uint8Array {
  return framed(encodeTuple([space, key, value]));
}

export function endFrame(records: number): Uint8Array {
  return framed(encodeTuple([END, wireInteger(records), new Uint8Array(0)]));
}

function framed(payload: Uint8Array): Uint8Array {
  const frame = new Uint8Array(LENGTH_BYTES + payload.length);
  new DataView(frame.buffer).setUint32(0, payload.length);
  frame.set(payload, LENGTH_BYTES);
  return frame;
}

/** The records of a stream; DATA_CORRUPT unless it ends with the frame that counts them. */
export async function* readFrames(parts: AsyncIterable<Uint8Array>): AsyncGenerator<BackupRecord, void, undefined> {
  let records = 0;
  let isEnded = false;
  for await (const payload of payloadsOf(parts)) {
    if (isEnded) throw broken("something follows its end");
    const [name, key, value] = decodeTuple(payload, "record of the backup", 3);
    if (name === END) {
      if (countField(key, "end of the backup") !== records) throw broken("it ends after another number of records");
      isEnded = true;
      continue;
    }
    const space = STORE_SPACES.find((known) => known === name);
    if (space === undefined || typeof key !== "string") throw broken("a record has no known place");
    records += 1;
    yield { space, key, value: bytesField(value, "record of the backup") };
  }
  if (!isEnded) throw broken("it breaks off");
}

async function* payloadsOf(parts: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  let rest: Uint8Array = new Uint8Array(0);
  for await (const part of parts) {
    rest = rest.length === 0 ? part : Buffer.concat([rest, part]);
    let at = 0;
    while (rest.length - at >= LENGTH_BYTES) {
      const length = new DataView(rest.buffer, rest.byteOffset + at).getUint32(0);
      if (length > FRAME_MAX_BYTES) throw broken(`a record claims ${length} bytes`);
      if (rest.length - at - LENGTH_BYTES < length) break;
      yield rest.slice(at + LENGTH_BYTES, at + LENGTH_BYTES + length);
      at += LENGTH_BYTES + length;
    }
    rest = rest.subarray(at);
  }
  if (rest.length > 0) throw broken("it breaks off within a record");
}

function broken(why: string): NodeError {
  return new NodeError("DATA_CORRUPT", `the backup's records do not hold: ${why}`);
}
