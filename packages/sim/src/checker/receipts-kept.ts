// Receipts are kept (U3, U4): of the updates of one device, model and sequence at most one ever has a receipt or is
// certified, no honest node acks two of them, and a receipt names ackers of stake Q.

import type { UpdateDigest } from "@selvedge/integrity";
import type { Observed } from "../protocol/observation.ts";
import type { BlockIndex } from "./block-index.ts";
import type { Checker, CheckerContext, Violation } from "./checker.ts";
import { type ObservedOf, isWithinFaultBound, shortDigest, stakeAmong, thresholdsOf, unsafe } from "./violation.ts";

const NAME = "receipts-kept";

export interface ReceiptsKeptOptions {
  readonly context: CheckerContext;
  readonly index: BlockIndex;
  readonly isRequired: boolean;
}

export class ReceiptsKeptChecker implements Checker {
  readonly name: string = NAME;
  readonly property: string =
    "Of one device, model and sequence at most one update has a receipt or is certified, and nobody honest acks two.";
  readonly watches = ["acked", "receipt", "executed"] as const;
  readonly isRequired: boolean;
  readonly #context: CheckerContext;
  readonly #index: BlockIndex;
  /** By key, the update that has a receipt or is certified. */
  readonly #settled = new Map<string, UpdateDigest>();
  /** By node and key, the update acked. */
  readonly #acked: readonly Map<string, UpdateDigest>[];
  #judged = 0;

  constructor({ context, index, isRequired }: ReceiptsKeptOptions) {
    this.#context = context;
    this.#index = index;
    this.isRequired = isRequired;
    this.#acked = Array.from({ length: context.size }, () => new Map<string, UpdateDigest>());
  }

  readonly exercised = (): number => this.#judged;

  readonly observe = (observed: Observed): Violation | undefined => {
    switch (observed.type) {
      case "acked":
        return this.#onAcked(observed);
      case "receipt":
        return this.#onReceipt(observed);
      case "executed":
        return this.#onExecuted(observed);
      default:
        return undefined;
    }
  };

  #onAcked(acked: ObservedOf<"acked">): Violation | undefined {
    const { node, key, update } = acked;
    const own = this.#acked[node];
    const former = own?.get(key);
    if (former === undefined) {
      own?.set(key, update);
      return undefined;
    }
    if (former === update) return undefined;
    const detail = `node ${node} acks ${shortDigest(update)} after ${shortDigest(former)} of one sequence`;
    return unsafe(NAME, acked, detail);
  }

  #onReceipt(receipt: ObservedOf<"receipt">): Violation | undefined {
    const stake = stakeAmong(this.#context, receipt.ackers);
    if (stake < thresholdsOf(this.#context).quorumStake) {
      return unsafe(NAME, receipt, `a receipt of ${shortDigest(receipt.update)} has acks of stake ${stake}`);
    }
    const key = receipt.key ?? this.#index.update(receipt.update)?.key;
    if (key === undefined || !isWithinFaultBound(this.#context)) return undefined;
    const fault = this.#settle(key, receipt.update);
    return fault === undefined ? undefined : unsafe(NAME, receipt, fault);
  }

  #onExecuted(executed: ObservedOf<"executed">): Violation | undefined {
    if (executed.certified.length === 0 || !isWithinFaultBound(this.#context)) return undefined;
    for (const { key, update } of executed.certified) {
      const known = this.#index.update(update)?.key ?? key;
      const fault = known === "" ? undefined : this.#settle(known, update);
      if (fault !== undefined) return unsafe(NAME, executed, fault);
    }
    return undefined;
  }

  #settle(key: string, update: UpdateDigest): string | undefined {
    this.#judged += 1;
    const former = this.#settled.get(key);
    if (former === undefined) this.#settled.set(key, update);
    if (former === undefined || former === update) return undefined;
    return `two updates of one sequence count: ${shortDigest(former)} and ${shortDigest(update)}`;
  }
}
