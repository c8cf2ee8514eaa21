// Messages that an adversary keeps. Time passes for all of them at once: it is counted against the budget of delay as it
// does, and at the instant at which nothing of that is left the world lets all of them go.

import type { MessageView } from "../adversary/adversary.ts";
import type { BudgetLedger } from "../adversary/budget.ts";
import type { Micros } from "../kernel/time.ts";
import type { Flight } from "./flight.ts";

export interface HeldSetup {
  readonly budget: BudgetLedger;
  readonly nowUs: () => Micros;
  readonly schedule: (atUs: Micros, run: () => void) => void;
  /** The budget is used up. */
  readonly expired: (message: Flight) => void;
}

/** As those see it who may read it, and as the others do. */
export interface HeldViews {
  readonly open: MessageView;
  readonly closed: MessageView;
}

export class HeldFlights {
  readonly #setup: HeldSetup;
  /** In the order in which they were held. */
  readonly #views = new Map<Flight, HeldViews>();
  #countedToUs: Micros = 0;
  /** When it is looked at next whether anything is left. */
  #lookAtUs: Micros = Number.POSITIVE_INFINITY;

  constructor(setup: HeldSetup) {
    this.#setup = setup;
  }

  entries(): readonly (readonly [Flight, HeldViews])[] {
    return [...this.#views];
  }

  /** False if the budget does not allow it. */
  hold(message: Flight, views: HeldViews): boolean {
    this.#settle();
    if (!this.#setup.budget.spendHold(this.#views.size)) return false;
    this.#views.set(message, views);
    this.#watch();
    return true;
  }

  /** Adds to a message's way; false if the budget does not allow it. What is held can then be held less long. */
  delay(ms: number): boolean {
    this.#settle();
    if (!this.#setup.budget.spendDelay(ms)) return false;
    this.#watch();
    return true;
  }

  /** False if it is held no longer. */
  take(message: Flight): boolean {
    if (!this.#views.has(message)) return false;
    this.#settle();
    return this.#views.delete(message);
  }

  /** Counts what has passed until now. */
  #settle(): void {
    const nowUs = this.#setup.nowUs();
    this.#setup.budget.noteHeld(this.#views.size * (nowUs - this.#countedToUs));
    this.#countedToUs = nowUs;
  }

  report(): Readonly<Record<string, number>> {
    this.#settle();
    return this.#setup.budget.report();
  }

  #watch(): void {
    const leftUs = this.#setup.budget.delayLeftUs();
    if (this.#views.size === 0 || leftUs === Number.POSITIVE_INFINITY) return;
    const atUs = this.#setup.nowUs() + Math.max(0, Math.floor(leftUs / this.#views.size));
    if (atUs >= this.#lookAtUs) return;
    this.#lookAtUs = atUs;
    this.#setup.schedule(atUs, () => this.#look(atUs));
  }

  #look(atUs: Micros): void {
    // An earlier look has taken the place of this one.
    if (atUs !== this.#lookAtUs) return;
    this.#lookAtUs = Number.POSITIVE_INFINITY;
    this.#settle();
    const { budget, expired } = this.#setup;
    if (budget.delayLeftUs() >= this.#views.size) {
      this.#watch();
      return;
    }
    for (const [message] of this.entries()) {
      this.#views.delete(message);
      budget.refuse("longer hold");
      expired(message);
    }
  }
}
