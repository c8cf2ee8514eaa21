// Availability: an ack is given for a payload that the acker holds, and a receipt stands for a payload that honest nodes
// of more than F stake hold, when it is given and at the end of the run (U3, U4).

import type { UpdateDigest } from "@selvedge/integrity";
import type { Observed } from "../protocol/observation.ts";
import type { BlockIndex } from "./block-index.ts";
import type { Checker, CheckerContext, Violation } from "./checker.ts";
import { type ObservedOf, isWithinFaultBound, shortDigest, stakeAmong, thresholdsOf, unsafe } from "./violation.ts";

const NAME = "availability";

export interface AvailabilityOptions {
  readonly context: CheckerContext;
  readonly index: BlockIndex;
  readonly isRequired: boolean;
}

export class AvailabilityChecker implements Checker {
  readonly name: string = NAME;
  readonly property: string =
    "Ackers hold what they ack; what has a receipt is held by honest stake above F, then and at the end.";
  readonly watches = ["updateProposed", "accepted", "payloadHeld", "acked", "receipt"] as const;
  readonly isRequired: boolean;
  readonly #context: CheckerContext;
  readonly #index: BlockIndex;
  /** By payload root, who holds it. */
  readonly #holders = new Map<string, Set<number>>();
  /** By node, what its disk held and lost: until it has all of it again, its stake counts as faulty. */
  readonly #lost = new Map<number, Set<string>>();
  /** Roots of payloads with a receipt. */
  readonly #promised = new Map<string, UpdateDigest>();
  #judged = 0;

  constructor({ context, index, isRequired }: AvailabilityOptions) {
    this.#context = context;
    this.#index = index;
    this.isRequired = isRequired;
  }

  readonly exercised = (): number => this.#judged;

  readonly observe = (observed: Observed): Violation | undefined => {
    switch (observed.type) {
      case "updateProposed":
        this.#index.learn(observed.update);
        return undefined;
      case "accepted":
        if (observed.block.body.updates.length > 0) this.#index.of(observed.block);
        return undefined;
      case "payloadHeld":
        return this.#onHeld(observed);
      case "acked":
        return this.#onAcked(observed);
      case "receipt":
        return this.#onReceipt(observed);
      default:
        return undefined;
    }
  };

  /** A new process says what it finds on its disk: only that counts. */
  readonly lifecycle = (node: number, isUp: boolean): void => {
    if (!isUp) return;
    for (const [root, holders] of this.#holders) if (holders.delete(node)) this.#lostBy(node).add(root);
  };

  readonly finish = (nowUs: number): Violation | undefined => {
    for (const [root, update] of this.#promised) {
      const fault = this.#faultOf(root);
      if (fault === undefined) continue;
      return unsafe(NAME, { node: null, atUs: nowUs }, `at the end the payload of ${shortDigest(update)} ${fault}`);
    }
    return undefined;
  };

  #onHeld({ node, root, isHeld }: ObservedOf<"payloadHeld">): undefined {
    let holders = this.#holders.get(root);
    if (holders === undefined) this.#holders.set(root, (holders = new Set()));
    if (isHeld) {
      holders.add(node);
      this.#lost.get(node)?.delete(root);
    } else if (holders.delete(node)) this.#lostBy(node).add(root);
  }

  #lostBy(node: number): Set<string> {
    const known = this.#lost.get(node);
    if (known !== undefined) return known;
    const lost = new Set<string>();
    this.#lost.set(node, lost);
    return lost;
  }

  #onAcked(acked: ObservedOf<"acked">): Violation | undefined {
    const root = this.#index.update(acked.update)?.payloadRoot;
    if (root === undefined) return undefined;
    this.#judged += 1;
    if (this.#holders.get(root)?.has(acked.node) === true) return undefined;
    return unsafe(NAME, acked, `node ${acked.node} acks ${shortDigest(acked.update)} without holding its payload`);
  }

  #onReceipt(receipt: ObservedOf<"receipt">): Violation | undefined {
    const root = this.#index.update(receipt.update)?.payloadRoot;
    if (root === undefined) return undefined;
    this.#judged += 1;
    this.#promised.set(root, receipt.update);
    const fault = this.#faultOf(root);
    if (fault === undefined) return undefined;
    return unsafe(NAME, receipt, `a receipt is out, and the payload of ${shortDigest(receipt.update)} ${fault}`);
  }

  #faultOf(root: string): string | undefined {
    if (!isWithinFaultBound(this.#context)) return undefined;
    const honest = [...(this.#holders.get(root) ?? [])].filter((node) => this.#context.isHonest(node));
    const held = stakeAmong(this.#context, honest);
    const losers = [...this.#lost].flatMap(([node, lost]) => (lost.size > 0 ? [node] : []));
    const due = thresholdsOf(this.#context).validityStake - stakeAmong(this.#context, losers);
    return held >= due ? undefined : `is held by honest stake ${held}, due is ${due}`;
  }
}
