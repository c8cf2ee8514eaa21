// Shows each checker what it watches, and keeps what they find.

import type { Checker, Violation } from "../checker/checker.ts";
import type { Micros } from "../kernel/time.ts";
import type { Observed } from "../protocol/observation.ts";

/**
 * Of one checker: one broken property mostly breaks again with every commit, and more than this says nothing new. Each has
 * its own share, so that nothing else goes unheard; the first break of safety ends the run and needs no limit.
 */
const VIOLATIONS_PER_CHECKER_MAX = 32;

export class CheckerBoard {
  readonly #checkers: readonly Checker[];
  readonly #byType = new Map<Observed["type"], Checker[]>();
  readonly #violations: Violation[] = [];
  readonly #counts = new Map<string, number>();
  readonly #onViolation: (violation: Violation) => void;

  constructor(checkers: readonly Checker[], onViolation: (violation: Violation) => void) {
    this.#checkers = checkers;
    this.#onViolation = onViolation;
    for (const checker of checkers)
      for (const type of checker.watches) this.#byType.set(type, [...(this.#byType.get(type) ?? []), checker]);
  }

  get violations(): readonly Violation[] {
    return this.#violations;
  }

  onObserved(observed: Observed): void {
    const watchers = this.#byType.get(observed.type);
    if (watchers === undefined) return;
    for (const checker of watchers) this.#note(checker.observe(observed));
  }

  onLifecycle(node: number, isUp: boolean): void {
    for (const checker of this.#checkers) checker.lifecycle?.(node, isUp);
  }

  finish(nowUs: Micros): void {
    for (const checker of this.#checkers) this.#note(checker.finish?.(nowUs));
  }

  exercised(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#checkers.map(({ name, exercised }) => [name, exercised()]));
  }

  /** Sentences on what a PASS rests on and what was never checked: whole checkers, and what they were to watch besides. */
  unchecked(): readonly string[] {
    return this.#checkers
      .filter(({ isRequired }) => isRequired)
      .flatMap(({ name, exercised, unseen }) =>
        exercised() === 0
          ? [`the checker ${name} never had anything to check`]
          : (unseen?.() ?? []).map((sentence) => `the checker ${name} was blind: ${sentence}`),
      );
  }

  #note(violation: Violation | undefined): void {
    if (violation === undefined) return;
    const count = (this.#counts.get(violation.checker) ?? 0) + 1;
    if (count > VIOLATIONS_PER_CHECKER_MAX && violation.kind !== "safety") return;
    this.#counts.set(violation.checker, count);
    this.#violations.push(violation);
    this.#onViolation(violation);
  }
}
