// Where a device stands with a model: which of its sequences are closed and which updates wait. Nothing of a closed
// sequence is ever certified (U3, U5), so a replay has no effect whatever else is forgotten.

import {
  type ClosedSequences,
  type DeviceId,
  type ModelId,
  type SequenceNumber,
  type UpdateDigest,
  type WireValue,
  compareDigests,
  digestToBytes,
  sequenceNumber,
  wireInteger,
} from "@selvedge/integrity";
import type { SequenceInfo } from "../query.ts";
import { type PendingUpdate, pendingWire } from "./pending-update.ts";

export interface AccountSnapshot {
  readonly deviceId: DeviceId;
  readonly modelId: ModelId;
  readonly lastClosed: number;
  readonly closedAbove: readonly number[];
  /** Ascending by sequence: the one update that may still be certified. */
  readonly reserved: readonly (readonly [sequence: number, update: UpdateDigest])[];
}

/** Of a device that has not submitted anything to a model yet. */
export function freshSequences(window: number): SequenceInfo {
  return { lastClosed: 0, next: sequenceNumber(1), highest: window };
}

export class Account {
  readonly deviceId: DeviceId;
  readonly modelId: ModelId;
  /** Leaf of the accounts tree: accounts are numbered as they come into being. */
  readonly index: number;
  /** All sequences up to this one are closed. */
  #lastClosed: number;
  /** Closed sequences above #lastClosed + 1; at most `sequenceWindow` of them, since none beyond it is taken up. */
  readonly #closedAbove: Set<number>;
  /** By sequence: what an earlier epoch left visible (§11). Open sequences within the window only. */
  readonly #reserved: Map<number, UpdateDigest>;
  /** Waiting updates, certified or not. */
  readonly #pending = new Set<PendingUpdate>();

  constructor(index: number, snapshot: AccountSnapshot) {
    this.index = index;
    this.deviceId = snapshot.deviceId;
    this.modelId = snapshot.modelId;
    this.#lastClosed = snapshot.lastClosed;
    this.#closedAbove = new Set(snapshot.closedAbove);
    this.#reserved = new Map(snapshot.reserved);
  }

  get lastClosed(): number {
    return this.#lastClosed;
  }

  get closed(): ClosedSequences {
    return { deviceId: this.deviceId, modelId: this.modelId, upTo: this.#lastClosed };
  }

  isClosed(sequence: SequenceNumber): boolean {
    return sequence <= this.#lastClosed || this.#closedAbove.has(sequence);
  }

  close(sequence: SequenceNumber): void {
    if (this.isClosed(sequence)) return;
    this.#reserved.delete(sequence);
    this.#closedAbove.add(sequence);
    while (this.#closedAbove.delete(this.#lastClosed + 1)) this.#lastClosed += 1;
  }

  /** The one update of the sequence that may still be certified, if it is so. */
  reservedFor(sequence: SequenceNumber): UpdateDigest | undefined {
    return this.#reserved.get(sequence);
  }

  reserve(sequence: SequenceNumber, update: UpdateDigest): void {
    this.#reserved.set(sequence, update);
  }

  /** Reserved sequences whose update does not wait here, ascending. */
  unclaimed(): readonly (readonly [SequenceNumber, UpdateDigest])[] {
    return this.snapshot()
      .reserved.map(([sequence, update]) => [sequenceNumber(sequence), update] as const)
      .filter(([sequence]) => this.waitingOf(sequence).length === 0);
  }

  add(update: PendingUpdate): void {
    this.#pending.add(update);
  }

  remove(update: PendingUpdate): void {
    this.#pending.delete(update);
  }

  /** Waiting updates of one sequence, ascending by digest. */
  waitingOf(sequence: SequenceNumber): readonly PendingUpdate[] {
    return [...this.#pending].filter(({ update }) => update.header.sequence === sequence).sort(byDigest);
  }

  sequenceInfo(window: number): SequenceInfo {
    const waiting = [...this.#pending].map(({ update }) => Number(update.header.sequence));
    const taken = new Set([...waiting, ...this.#reserved.keys()]);
    let next = this.#lastClosed + 1;
    while (this.#closedAbove.has(next) || taken.has(next)) next += 1;
    return { lastClosed: this.#lastClosed, next: sequenceNumber(next), highest: this.#lastClosed + window };
  }

  snapshot(): AccountSnapshot {
    const closedAbove = [...this.#closedAbove].sort((left, right) => left - right);
    const reserved = [...this.#reserved].sort(([left], [right]) => left - right);
    return { deviceId: this.deviceId, modelId: this.modelId, lastClosed: this.#lastClosed, closedAbove, reserved };
  }

  /** Leaf of the accounts tree. */
  stateFields(): readonly WireValue[] {
    const { lastClosed, closedAbove, reserved } = this.snapshot();
    return [
      digestToBytes(this.deviceId),
      this.modelId,
      wireInteger(lastClosed),
      closedAbove.map(wireInteger),
      [...this.#pending].sort(byDigest).map(pendingWire),
      reserved.map(reservedWire),
    ];
  }
}

export function reservedWire([sequence, update]: AccountSnapshot["reserved"][number]): WireValue {
  return [wireInteger(sequence), digestToBytes(update)];
}

function byDigest(left: PendingUpdate, right: PendingUpdate): number {
  return compareDigests(left.update.digest, right.update.digest);
}
