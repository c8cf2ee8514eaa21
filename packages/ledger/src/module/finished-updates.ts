// What became of updates that wait no longer. Recent outcomes are remembered, so that late acks of a finished update are
// told from early ones and `updateStatus` can answer; the whole sequence of outcomes is in the state root.

import {
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
  ok,
  wireInteger,
} from "@selvedge/integrity";
import { RecentTree, type RecentTreeOptions, type RecentTreeSnapshot } from "../recent-tree.ts";

export type UpdateOutcome =
  | { readonly type: "applied"; readonly modelId: ModelId; readonly version: VersionNumber }
  | { readonly type: "dropped"; readonly code: RejectionCode };

type Finished = readonly [UpdateDigest, UpdateOutcome];

export type FinishedSnapshot = RecentTreeSnapshot<Finished>;

export class FinishedUpdates {
  readonly #tree: RecentTree<Finished>;

  constructor(
    sha256: Sha256,
    recentMax: number,
    tree: RecentTree<Finished> = RecentTree.empty(treeOptions(sha256, recentMax)),
  ) {
    this.#tree = tree;
  }

  static restore(sha256: Sha256, recentMax: number, snapshot: FinishedSnapshot): Result<FinishedUpdates, Rejection> {
    const tree = RecentTree.restore(treeOptions(sha256, recentMax), snapshot);
    return tree.ok ? ok(new FinishedUpdates(sha256, recentMax, tree.value)) : tree;
  }

  add(update: UpdateDigest, outcome: UpdateOutcome): void {
    this.#tree.add([update, outcome]);
  }

  get(update: UpdateDigest): UpdateOutcome | undefined {
    return this.#tree.get(update)?.[1];
  }

  stateFields(): readonly WireValue[] {
    return this.#tree.stateFields();
  }

  snapshot(): FinishedSnapshot {
    return this.#tree.snapshot();
  }
}

/** [update, model or null, version or null, code or null]: of an applied update the first two, of a dropped one the code. */
export function outcomeWire([update, outcome]: Finished): WireValue {
  if (outcome.type === "dropped") return [digestToBytes(update), null, null, outcome.code];
  return [digestToBytes(update), outcome.modelId, wireInteger(outcome.version), null];
}

function treeOptions(sha256: Sha256, recentMax: number): RecentTreeOptions<Finished> {
  return { sha256, recentMax, keyOf: ([update]) => update, bytesOf: (finished) => encode(outcomeWire(finished)) };
}
