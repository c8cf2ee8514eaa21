// After a restart the ledger stands at its newest snapshot and executes again what came after. Until then this knows what
// was on disk at the stop, so that nobody is told less than before: which updates are in which version, and how many
// commits are still to come.

import type { Store, UpdateDigest } from "@selvedge/integrity";
import type { Ledger } from "@selvedge/ledger";
import type { StateStore } from "../storage/state-store.ts";
import type { UpdateView } from "./services.ts";

type AppliedView = Extract<UpdateView, { readonly state: "applied" }>;

export class ResumedViews {
  readonly #ledger: Pick<Ledger, "lastCommitIndex">;
  #executedBefore = 0;
  readonly #applied = new Map<UpdateDigest, AppliedView>();

  constructor(ledger: Pick<Ledger, "lastCommitIndex">) {
    this.#ledger = ledger;
  }

  /** Before anything is executed. */
  async open(store: Store, state: StateStore, models: readonly string[]): Promise<void> {
    for await (const { key } of store.iterate("state", { gte: "root/", lt: "root0", reverse: true, limit: 1 }))
      this.#executedBefore = Number.parseInt(key.slice("root/".length), 16);
    if (this.remaining === 0) return;
    for (const model of models) {
      for await (const { record } of state.versions(model)) {
        if (record.commitIndex <= this.#ledger.lastCommitIndex()) continue;
        const view: AppliedView = { state: "applied", modelId: record.modelId, version: record.version };
        for (const { update } of record.updates) this.#applied.set(update, view);
      }
    }
  }

  /** Commits that were executed before the stop and are not yet again. */
  get remaining(): number {
    return Math.max(0, this.#executedBefore - this.#ledger.lastCommitIndex());
  }

  /** The view as it was before the stop, if the ledger does not know it again yet. */
  upToDate(update: UpdateDigest, view: UpdateView): UpdateView {
    if (this.#applied.size === 0 || view.state === "applied") return view;
    if (this.remaining > 0) return this.#applied.get(update) ?? view;
    this.#applied.clear();
    return view;
  }
}
