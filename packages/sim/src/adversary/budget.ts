// What an adversary may still spend, and what it has been refused: pure accounting, kept by the world's port. Nothing
// comes back: a node that was corrupted, a delay that was added and a message that was touched are spent.

import type { Committee } from "@selvedge/integrity";
import { MICROS_PER_MS, type Micros, msOfMicros } from "../kernel/time.ts";
import type { AdversaryBudget, Power } from "./adversary.ts";

const POWERS: readonly Power[] = ["oblivious", "timing", "content", "adaptive"];

/** True if an adversary of this power may do what needs that. */
export function hasPower(power: Power, needed: Power): boolean {
  return POWERS.indexOf(power) >= POWERS.indexOf(needed);
}

export interface BudgetLedger {
  /** True if the node is (or already was) paid for; asked again for the same node it costs nothing. */
  readonly spendNode: (node: number) => boolean;
  /** One message delayed, held or dropped. */
  readonly spendMessage: () => boolean;
  /** A message and the delay added to it, both or neither. */
  readonly spendDelay: (ms: number) => boolean;
  /** Time for which messages were held, in microseconds: counted as it passes. */
  readonly noteHeld: (heldUs: Micros) => void;
  /** What delays and holds may still take, in microseconds; Infinity without a limit. */
  readonly delayLeftUs: () => number;
  /** One message to be held besides so many others; false once count or delay do not last for it. */
  readonly spendHold: (others: number) => boolean;
  /** Something that the power or the rules forbid: counted under its name. */
  readonly refuse: (what: string) => void;
  /** Plain numbers: used…, refused…, and the limits that there are. */
  readonly report: () => Readonly<Record<string, number>>;
}

/** Without a limit on nodes or stake, F of the stake is the limit; with one of them, only that one. */
export function createBudget(budget: AdversaryBudget, committee: Committee): BudgetLedger {
  return new Ledger(budget, committee);
}

class Ledger implements BudgetLedger {
  readonly #committee: Committee;
  readonly #nodesMax: number;
  readonly #stakeMax: number;
  readonly #messagesMax: number;
  readonly #delayMsMax: number;
  readonly #nodes = new Set<number>();
  #stake = 0;
  #messages = 0;
  #delayMs = 0;
  #heldUs: Micros = 0;
  readonly #refusals = new Map<string, number>();

  constructor({ nodes, stake, messages, delayMs }: AdversaryBudget, committee: Committee) {
    this.#committee = committee;
    this.#nodesMax = nodes ?? Number.POSITIVE_INFINITY;
    this.#stakeMax = stake ?? (nodes === undefined ? committee.faultyStakeMax : Number.POSITIVE_INFINITY);
    this.#messagesMax = messages ?? Number.POSITIVE_INFINITY;
    this.#delayMsMax = delayMs ?? Number.POSITIVE_INFINITY;
  }

  spendNode = (node: number): boolean => {
    if (this.#nodes.has(node)) return true;
    const stake = this.#committee.validators[node]?.stake;
    if (stake === undefined) return this.#refused("nodes");
    if (this.#nodes.size >= this.#nodesMax || this.#stake + stake > this.#stakeMax) return this.#refused("nodes");
    this.#nodes.add(node);
    this.#stake += stake;
    return true;
  };

  spendMessage = (): boolean => {
    if (this.#messages >= this.#messagesMax) return this.#refused("messages");
    this.#messages += 1;
    return true;
  };

  spendDelay = (ms: number): boolean => {
    if (this.#delayMsUsed + ms > this.#delayMsMax) return this.#refused("delay");
    if (!this.spendMessage()) return false;
    this.#delayMs += ms;
    return true;
  };

  spendHold = (others: number): boolean => (this.delayLeftUs() > others ? this.spendMessage() : this.#refused("delay"));

  noteHeld = (heldUs: Micros): void => {
    this.#heldUs += heldUs;
  };

  delayLeftUs = (): number => (this.#delayMsMax - this.#delayMs) * MICROS_PER_MS - this.#heldUs;

  refuse = (what: string): void => {
    this.#refused(what);
  };

  report = (): Readonly<Record<string, number>> => {
    const limits = {
      nodes: this.#nodesMax,
      stake: this.#stakeMax,
      messages: this.#messagesMax,
      delayMs: this.#delayMsMax,
    };
    const finite = Object.entries(limits).filter(([, limit]) => limit < Number.POSITIVE_INFINITY);
    const refusals = [...this.#refusals].sort(([left], [right]) => (left < right ? -1 : 1));
    return {
      nodesUsed: this.#nodes.size,
      stakeUsed: this.#stake,
      messagesUsed: this.#messages,
      delayMsUsed: this.#delayMsUsed,
      ...Object.fromEntries(finite.map(([name, limit]) => [`${name}Max`, limit])),
      ...Object.fromEntries(refusals.map(([name, count]) => [`refused.${name}`, count])),
    };
  };

  get #delayMsUsed(): number {
    return this.#delayMs + msOfMicros(this.#heldUs);
  }

  #refused(what: string): false {
    this.#refusals.set(what, (this.#refusals.get(what) ?? 0) + 1);
    return false;
  }
}
