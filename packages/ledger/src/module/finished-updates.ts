// What became of updates that wait no longer. Recent outcomes are remembered, so that late acks of a finished update are
// told from early ones and `updateStatus` can answer; the whole sequence of outcomes is in the state root.

import {
  type Frontier,
  type ModelId,
  type Rejection,
  type RejectionCode,
  type Result,
  type Sha256,
  type UpdateDigest,
  type VersionNumber,
  type WireValue,
  digestToBytes,
  encode,
  err,
  ok,
  rejection,
  wireInteger,
} from "@selvedge/integrity";
import { RecentTree } from "../recent-tree.ts";

export type UpdateOutcome =
  | { readonly type: "applied"; readonly modelId: ModelId; readonly version: VersionNumber }
  | { readonly type: "dropped"; readonly code: RejectionCode };

export interface FinishedSnapshot {
  /** From before the last ones. */
  readonly frontier: Frontier;
  /** The last ones, oldest first. */
  readonly recent: readonly (readonly [UpdateDigest, UpdateOutcome])[];
}

export class FinishedUpdates {
  readonly #tree: RecentTree;
  readonly #recentMax: number;
  /** The last #recentMax outcomes in order; which they are follows from the tree of all of them. */
  readonly #recent: Map<UpdateDigest, UpdateOutcome>;

  constructor(sha256: Sha256, recentMax: number, restored?: { tree: RecentTree; recent: FinishedSnapshot["recent"] }) {
    this.#recentMax = recentMax;
    this.#tree = restored?.tree ?? RecentTree.empty(sha256);
    this.#recent = new Map(restored?.recent);
  }

  static restore(
    sha256: Sha256,
    recentMax: number,
    { frontier, recent }: FinishedSnapshot,
  ): Result<FinishedUpdates, Rejection> {
    const tree = RecentTree.restore(sha256, frontier, recent.map(entryOf));
    if (!tree.ok) return tree;
    if (recent.length !== Math.min(tree.value.size, recentMax))
      return err(rejection("SNAPSHOT_MALFORMED", "the finished updates are not as many as are remembered"));
    return ok(new FinishedUpdates(sha256, recentMax, { tree: tree.value, recent }));
  }

  add(update: UpdateDigest, outcome: UpdateOutcome): void {
    this.#tree.append(entryOf([update, outcome]));
    this.#recent.set(update, outcome);
    if (this.#recent.size <= this.#recentMax) return;
    const [oldest] = this.#recent;
    if (oldest === undefined) return;
    this.#recent.delete(oldest[0]);
    this.#tree.forget(entryOf(oldest));
  }

  get(update: UpdateDigest): UpdateOutcome | undefined {
    return this.#recent.get(update);
  }

  stateFields(): readonly WireValue[] {
    return this.#tree.stateFields();
  }

  snapshot(): FinishedSnapshot {
    return { frontier: this.#tree.frontierBefore(), recent: [...this.#recent] };
  }
}

/** [update, model or null, version or null, code or null]: of an applied update the first two, of a dropped one the code. */
export function outcomeWire([update, outcome]: readonly [UpdateDigest, UpdateOutcome]): WireValue {
  if (outcome.type === "dropped") return [digestToBytes(update), null, null, outcome.code];
  return [digestToBytes(update), outcome.modelId, wireInteger(outcome.version), null];
}

function entryOf(outcome: readonly [UpdateDigest, UpdateOutcome]): Uint8Array {
  return encode(outcomeWire(outcome));
}
