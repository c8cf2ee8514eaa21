// What became of updates that wait no longer. Recent outcomes are remembered, so that late acks of a finished update are
// told from early ones and `updateStatus` can answer; the whole sequence of outcomes is in the state root.

import {
  type Frontier,
  type ModelId,
  type RejectionCode,
  type Sha256,
  type UpdateDigest,
  type VersionNumber,
  type WireValue,
  digestToBytes,
  encode,
  wireInteger,
} from "@selvedge/integrity";
import { AppendTree } from "../append-tree.ts";

export type UpdateOutcome =
  | { readonly type: "applied"; readonly modelId: ModelId; readonly version: VersionNumber }
  | { readonly type: "dropped"; readonly code: RejectionCode };

export interface FinishedSnapshot {
  readonly frontier: Frontier;
  /** The last ones, oldest first. */
  readonly recent: readonly (readonly [UpdateDigest, UpdateOutcome])[];
}

export class FinishedUpdates {
  readonly #tree: AppendTree;
  readonly #recentMax: number;
  /** The last #recentMax outcomes in order; which they are follows from the tree of all of them. */
  readonly #recent: Map<UpdateDigest, UpdateOutcome>;

  constructor(sha256: Sha256, recentMax: number, restored?: { tree: AppendTree; recent: FinishedSnapshot["recent"] }) {
    this.#recentMax = recentMax;
    this.#tree = restored?.tree ?? new AppendTree(sha256);
    this.#recent = new Map(restored?.recent);
  }

  add(update: UpdateDigest, outcome: UpdateOutcome): void {
    this.#tree.append(encode(outcomeWire([update, outcome])));
    this.#recent.set(update, outcome);
    if (this.#recent.size <= this.#recentMax) return;
    const [oldest] = this.#recent.keys();
    if (oldest !== undefined) this.#recent.delete(oldest);
  }

  get(update: UpdateDigest): UpdateOutcome | undefined {
    return this.#recent.get(update);
  }

  stateFields(): readonly WireValue[] {
    return this.#tree.stateFields();
  }

  snapshot(): FinishedSnapshot {
    return { frontier: this.#tree.frontier(), recent: [...this.#recent] };
  }
}

/** [update, model or null, version or null, code or null]: of an applied update the first two, of a dropped one the code. */
export function outcomeWire([update, outcome]: readonly [UpdateDigest, UpdateOutcome]): WireValue {
  if (outcome.type === "dropped") return [digestToBytes(update), null, null, outcome.code];
  return [digestToBytes(update), outcome.modelId, wireInteger(outcome.version), null];
}
