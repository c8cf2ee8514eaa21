// What a validator's store knows of its acks in an epoch (docs/protocol.md U3, U5, §11): what was acked, kept as long as the
// epoch; what garbage collection passed by, until a block has it again; headers that an end marker may have to list.

import type { AckRecord, PersistEffect } from "@selvedge/consensus";
import {
  type Ack,
  type Sha256,
  type SignedUpdate,
  type Store,
  type StoreOp,
  type UpdateDigest,
  type UpdateKey,
  decodeSignedUpdate,
  digestFromBytes,
  digestFromHex,
  digestToBytes,
  updateKeyOf,
  wireInteger,
} from "@selvedge/integrity";
import { NodeError } from "../errors.ts";
import { prefixRange } from "./stored-chain.ts";
import { decodeTuple, encodeTuple, scoreField } from "./stored-tuple.ts";

/** By update key, the update. */
const ACKED_PREFIX = "ack/";
/** By update, the score. */
const DUE_PREFIX = "ack-due/";
/** By update, its signed header. */
const UNSEEN_PREFIX = "unseen/";

export class OwnAcks {
  readonly #store: Store;
  readonly #sha256: Sha256;
  /** Begins every key. */
  readonly #prefix: string;

  constructor(store: Store, sha256: Sha256, prefix: string) {
    this.#store = store;
    this.#sha256 = sha256;
    this.#prefix = prefix;
  }

  /** For the batch of that effect. */
  opsFor({ acked, acksDue = [], unseen }: PersistEffect): readonly StoreOp[] {
    return [
      ...acked.map(({ key, update }) => this.#put(ACKED_PREFIX, key, digestToBytes(update))),
      // What stands in a block of ours again is due no longer; what this very batch passes by comes after it.
      ...acked.map(({ update }): StoreOp => ({ type: "delete", space: "meta", key: this.#key(DUE_PREFIX, update) })),
      ...acksDue.map(({ update, score }) =>
        this.#put(DUE_PREFIX, update, encodeTuple([score === null ? null : wireInteger(score)])),
      ),
      ...unseen.map(({ digest, bytes }) => this.#put(UNSEEN_PREFIX, digest, bytes)),
    ];
  }

  /**
   * The updates that this validator acked.
   *
   * @param isWanted asked of each: of a long epoch there are more than memory should hold
   */
  async acked(isWanted: (key: UpdateKey) => boolean = () => true): Promise<readonly AckRecord[]> {
    const records: AckRecord[] = [];
    for await (const [key, value] of this.#all(ACKED_PREFIX))
      if (isWanted(key)) records.push({ key, update: digestFromBytes<UpdateDigest>(value) });
    return records;
  }

  /** Those that are due again, by update. */
  async due(): Promise<readonly Ack[]> {
    const acks: Ack[] = [];
    for await (const [update, value] of this.#all(DUE_PREFIX)) {
      const [score] = decodeTuple(value, "due ack", 1);
      acks.push({ update: digestFromHex<UpdateDigest>(update), score: scoreField(score, "due ack") });
    }
    return acks;
  }

  /** Headers that were left behind, by digest. */
  async unseen(isWanted: (key: UpdateKey) => boolean = () => true): Promise<readonly SignedUpdate[]> {
    const updates: SignedUpdate[] = [];
    for await (const [, value] of this.#all(UNSEEN_PREFIX)) {
      const update = decodeSignedUpdate(value, this.#sha256);
      if (!update.ok) throw new NodeError("DATA_CORRUPT", `a stored update does not decode: ${update.error.detail}`);
      if (isWanted(updateKeyOf(update.value.header))) updates.push(update.value);
    }
    return updates;
  }

  async *#all(kind: string): AsyncGenerator<readonly [string, Uint8Array], void, undefined> {
    const prefix = this.#key(kind, "");
    for await (const { key, value } of this.#store.iterate("meta", prefixRange(prefix)))
      yield [key.slice(prefix.length), value];
  }

  #put(kind: string, name: string, value: Uint8Array): StoreOp {
    return { type: "put", space: "meta", key: this.#key(kind, name), value };
  }

  #key(kind: string, name: string): string {
    return `${this.#prefix}${kind}${name}`;
  }
}
