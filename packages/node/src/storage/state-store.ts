// What executing commits leaves on disk besides blocks and payloads: state roots, certificates, receipts, version records,
// where each transaction and update stands, and the ledger's newest snapshot. All of it can be made again by executing
// from the snapshot, so none of it needs a sync of its own.

import {
  type AvailabilityReceipt,
  type CheckpointCertificate,
  type CommitIndex,
  type Digest,
  type ModelId,
  type SealedVersionRecord,
  type SignedUpdate,
  type Store,
  type StoreOp,
  type UpdateDigest,
  type VersionNumber,
  commitIndex,
  decodeCheckpoint,
  decodeReceipt,
  decodeSignedUpdate,
  decodeVersionRecord,
  digestFromBytes,
  digestToBytes,
  encodeCheckpoint,
  encodeReceipt,
  modelId,
  versionNumber,
  wireInteger,
} from "@selvedge/integrity";
import type { Sha256 } from "@selvedge/integrity";
import type { LedgerEvent } from "@selvedge/ledger";
import { NodeError } from "../errors.ts";
import { orderedNumber, stateKey, versionKey } from "./keys.ts";
import { SnapshotShelf } from "./snapshot-shelf.ts";
import { bytesField, countField, decodeTuple, encodeTuple, textField } from "./stored-tuple.ts";

const SNAPSHOT_KEY = "ledger-snapshot";

export interface ExecutedCommit {
  readonly index: CommitIndex;
  readonly stateRoot: Digest;
  readonly events: readonly LedgerEvent[];
  /** Set when a snapshot is due. */
  readonly snapshot: Uint8Array | undefined;
}

export interface AppliedIn {
  readonly modelId: ModelId;
  readonly version: VersionNumber;
}

/** Transactions that are about to be looked up together. */
interface TransactionLookup {
  readonly digests: Digest[];
  /** One answer for each, in the same order. */
  readonly found: Promise<readonly (Uint8Array | undefined)[]>;
}

export class StateStore {
  readonly #store: Store;
  readonly #sha256: Sha256;
  #lookup: TransactionLookup | undefined;
  readonly shelf: SnapshotShelf;

  constructor(store: Store, sha256: Sha256) {
    this.#store = store;
    this.shelf = new SnapshotShelf(store);
    this.#sha256 = sha256;
  }

  async putExecuted(executed: ExecutedCommit): Promise<void> {
    const rootKey = stateKey("root", orderedNumber(executed.index));
    const ops: StoreOp[] = [{ type: "put", space: "state", key: rootKey, value: digestToBytes(executed.stateRoot) }];
    // Not spread: a commit may log more transactions than a call takes arguments.
    for (const event of executed.events) for (const op of opsOfEvent(event)) ops.push(op);
    if (executed.snapshot !== undefined) {
      const value = encodeTuple([wireInteger(executed.index), executed.snapshot]);
      ops.push({ type: "put", space: "meta", key: SNAPSHOT_KEY, value });
      ops.push(...(await this.shelf.opsFor(executed.index, executed.snapshot)));
    }
    await this.#store.batch(ops, { sync: false });
  }

  async stateRoot(index: CommitIndex): Promise<Digest | undefined> {
    const stored = await this.#store.get("state", stateKey("root", orderedNumber(index)));
    return stored === undefined ? undefined : digestFromBytes(stored);
  }

  /** All that are asked for in one turn are read at once: whoever submits a batch asks for each of its transactions. */
  async transactionCommit(digest: Digest): Promise<CommitIndex | undefined> {
    const lookup = (this.#lookup ??= this.#openLookup());
    const position = lookup.digests.push(digest) - 1;
    const stored = (await lookup.found)[position];
    return stored === undefined ? undefined : loggedIn(stored);
  }

  /** All of them, with the commit that logged each last. */
  async *transactions(): AsyncGenerator<{ readonly commitIndex: CommitIndex }, void, undefined> {
    for await (const { value } of this.#store.iterate("state", { gte: "transaction/", lt: "transaction0" }))
      yield { commitIndex: loggedIn(value) };
  }

  #openLookup(): TransactionLookup {
    const digests: Digest[] = [];
    const found = Promise.resolve().then(() => {
      this.#lookup = undefined;
      return this.#store.getMany(
        "state",
        digests.map((digest) => stateKey("transaction", digest)),
      );
    });
    return { digests, found };
  }

  async update(digest: UpdateDigest): Promise<SignedUpdate | undefined> {
    const stored = await this.#store.get("state", stateKey("update", digest));
    return stored === undefined ? undefined : mustDecode(decodeSignedUpdate(stored, this.#sha256), "update");
  }

  async putCheckpoint(certificate: CheckpointCertificate): Promise<void> {
    const key = stateKey("checkpoint", orderedNumber(certificate.statement.index));
    await this.#store.batch([{ type: "put", space: "state", key, value: encodeCheckpoint(certificate) }], {
      sync: false,
    });
  }

  async checkpoint(index: CommitIndex): Promise<CheckpointCertificate | undefined> {
    const stored = await this.#store.get("state", stateKey("checkpoint", orderedNumber(index)));
    return stored === undefined ? undefined : mustDecode(decodeCheckpoint(stored), "checkpoint");
  }

  /** The certificate of the highest commit that has one. */
  latestCheckpoint(): Promise<CheckpointCertificate | undefined> {
    return this.#checkpointBelow("checkpoint0");
  }

  /** The certificate of the highest commit up to `index` that has one. */
  checkpointUpTo(index: CommitIndex): Promise<CheckpointCertificate | undefined> {
    // Keys hold 14 hex digits: every safe integer.
    const isLast = index >= Number.MAX_SAFE_INTEGER;
    return this.#checkpointBelow(isLast ? "checkpoint0" : stateKey("checkpoint", orderedNumber(index + 1)));
  }

  async #checkpointBelow(lt: string): Promise<CheckpointCertificate | undefined> {
    const range = { gte: "checkpoint/", lt, reverse: true, limit: 1 };
    for await (const { value } of this.#store.iterate("state", range))
      return mustDecode(decodeCheckpoint(value), "checkpoint");
    return undefined;
  }

  async putReceipt(receipt: AvailabilityReceipt): Promise<void> {
    const key = stateKey("receipt", receipt.update);
    await this.#store.batch([{ type: "put", space: "state", key, value: encodeReceipt(receipt) }], { sync: false });
  }

  async receipt(update: UpdateDigest): Promise<AvailabilityReceipt | undefined> {
    const stored = await this.#store.get("state", stateKey("receipt", update));
    return stored === undefined ? undefined : mustDecode(decodeReceipt(stored), "receipt");
  }

  /** Records of one model, version 0 first. */
  async *versions(modelId: string): AsyncGenerator<SealedVersionRecord, void, undefined> {
    const range = { gte: `${modelId}/`, lt: `${modelId}0` };
    for await (const { value } of this.#store.iterate("versions", range)) {
      yield mustDecode(decodeVersionRecord(value, this.#sha256), "version record");
    }
  }

  async putVersion(record: SealedVersionRecord): Promise<void> {
    await this.#store.batch(versionOps(record), { sync: false });
  }

  /** The version that an update is in; undefined if it is in none that this node has stored. */
  async appliedIn(update: UpdateDigest): Promise<AppliedIn | undefined> {
    const stored = await this.#store.get("state", stateKey("applied", update));
    if (stored === undefined) return undefined;
    const [model, version] = decodeTuple(stored, "applied update", 2);
    return {
      modelId: modelId(textField(model, "applied update")),
      version: versionNumber(countField(version, "applied update")),
    };
  }

  async snapshot(): Promise<{ readonly index: number; readonly bytes: Uint8Array } | undefined> {
    const stored = await this.#store.get("meta", SNAPSHOT_KEY);
    if (stored === undefined) return undefined;
    const [index, bytes] = decodeTuple(stored, "snapshot", 2);
    return { index: countField(index, "snapshot"), bytes: bytesField(bytes, "snapshot") };
  }
}

function loggedIn(stored: Uint8Array): CommitIndex {
  return commitIndex(countField(decodeTuple(stored, "transaction", 1)[0], "transaction"));
}

function opsOfEvent(event: LedgerEvent): StoreOp[] {
  if (event.type === "updateOutput") {
    return [{ type: "put", space: "state", key: stateKey("update", event.update.digest), value: event.update.bytes }];
  }
  if (event.type === "versionClosed") return versionOps(event.record);
  if (event.type !== "transactionsLogged") return [];
  const value = encodeTuple([wireInteger(event.commitIndex)]);
  return event.digests.map((digest) => ({ type: "put", space: "state", key: stateKey("transaction", digest), value }));
}

/** The record, and for each of its updates where it is: the ledger remembers the latest of them only. */
function versionOps({ record, bytes }: SealedVersionRecord): StoreOp[] {
  const { modelId: model, version, updates } = record;
  const value = encodeTuple([model, wireInteger(version)]);
  const applied = updates.map(({ update }): StoreOp => {
    return { type: "put", space: "state", key: stateKey("applied", update), value };
  });
  return [{ type: "put", space: "versions", key: versionKey(model, version), value: bytes }, ...applied];
}

function mustDecode<Value>(
  result: { ok: true; value: Value } | { ok: false; error: { detail: string } },
  what: string,
): Value {
  if (result.ok) return result.value;
  throw new NodeError("DATA_CORRUPT", `the stored ${what} does not decode: ${result.error.detail}`);
}
