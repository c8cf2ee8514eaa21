// Validity: no honest gateway brings in what nobody submitted, what it took in comes out once, and a committed block of an
// honest author is one that it made. What a corrupted author puts into its own blocks is submitted by that. Looks at the
// first announcement of an index: agreement covers the others.

import type { VerifiedBlock } from "@selvedge/integrity";
import type { Observed } from "../protocol/observation.ts";
import { type BlockIndex, IdSet } from "./block-index.ts";
import type { Checker, CheckerContext, Violation } from "./checker.ts";
import { contentKey } from "./content-key.ts";
import { type ObservedOf, unsafe } from "./violation.ts";

const NAME = "validity";

export interface ValidityOptions {
  readonly context: CheckerContext;
  readonly index: BlockIndex;
  /** Whether the workload submits transactions, so that there must have been some. */
  readonly isRequired: boolean;
}

export class ValidityChecker implements Checker {
  readonly name: string = NAME;
  readonly property: string =
    "Honest gateways' transactions were submitted and come out once, and no block in an honest name is forged.";
  readonly watches = ["signed", "committed"] as const;
  readonly isRequired: boolean;
  readonly #context: CheckerContext;
  readonly #index: BlockIndex;
  /** Blocks of honest nodes that left them. */
  readonly #signed = new IdSet();
  /** Transactions that came out of honest authors' blocks, by a hash; the bytes tell hashes that are equal by chance. */
  readonly #seen = new Map<number, Uint8Array>();
  #lastIndex = 0;
  #judged = 0;

  constructor({ context, index, isRequired }: ValidityOptions) {
    this.#context = context;
    this.#index = index;
    this.isRequired = isRequired;
  }

  readonly exercised = (): number => this.#judged;

  readonly observe = (observed: Observed): Violation | undefined => {
    if (observed.type === "signed" && observed.block !== null) this.#onSigned(observed.block);
    if (observed.type !== "committed" || observed.index !== this.#lastIndex + 1) return undefined;
    this.#lastIndex = observed.index;
    const detail = this.#faultOf(observed);
    return detail === undefined ? undefined : unsafe(NAME, observed, `commit ${observed.index}: ${detail}`);
  };

  /** With its own predecessor: a crash may come between a block's becoming durable and its leaving the node. */
  #onSigned(block: VerifiedBlock): void {
    const { id, parents, author } = this.#index.of(block);
    this.#signed.add(id);
    const previous = parents[0];
    if (previous !== undefined && this.#index.at(previous)?.author === author) this.#signed.add(previous);
  }

  #faultOf({ transactions, blocks }: ObservedOf<"committed">): string | undefined {
    // Without a DAG nothing tells whose they are, and no behaviour forges them.
    if (blocks.length === 0) return this.#unsubmitted(transactions);
    for (const block of blocks) {
      const fault = this.#context.isHonest(block.ref.author) ? this.#faultOfHonest(block) : undefined;
      if (fault !== undefined) return fault;
    }
    return undefined;
  }

  #unsubmitted(transactions: readonly Uint8Array[]): string | undefined {
    for (const transaction of transactions) {
      this.#judged += 1;
      if (!this.#context.wasSubmitted(transaction)) return "a transaction that nobody submitted";
    }
    return undefined;
  }

  #faultOfHonest(block: VerifiedBlock): string | undefined {
    const { ref, body } = block;
    const unsubmitted = this.#unsubmitted(body.transactions);
    if (unsubmitted !== undefined) return unsubmitted;
    if (!this.#signed.has(this.#index.of(block).id)) return `block (${ref.round}, ${ref.author}) is not its author's`;
    for (const transaction of body.transactions) {
      const hash = contentKey(transaction);
      const former = this.#seen.get(hash);
      if (former === undefined) this.#seen.set(hash, transaction);
      else if (isSame(former, transaction)) return `a transaction of gateway ${ref.author} comes out twice`;
    }
    return undefined;
  }
}

function isSame(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, position) => byte === right[position]);
}
