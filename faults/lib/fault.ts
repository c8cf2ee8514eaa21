// What a fault of the catalogue is to this harness, and what a run of it yields. main.ts runs them one after the other;
// nothing here knows which faults there are.

import { type Random } from "./random.ts";

/** As the catalogue names them: C1 agreement, C2 durability, C3 no equivocation, C4 liveness, C5 resources, C6 integrity,
 * C7 clean failure, C8 accountability, C9 API, C10 determinism, C11 model, C12 secrets. */
export type CheckerId = "C1" | "C2" | "C3" | "C4" | "C5" | "C6" | "C7" | "C8" | "C9" | "C10" | "C11" | "C12";

export interface RunContext {
  /** Empty, of this fault alone, removed afterwards unless the run failed. */
  readonly folder: string;
  readonly random: Random;
  /** True for a run of seconds (CI); false for the numbers that are published. */
  readonly isSample: boolean;
  /** How many injections are wanted: the fault's own full or sample number unless the command line says otherwise. */
  readonly count: (full: number, sample: number) => number;
  readonly note: (text: string) => void;
}

export interface Fault {
  /** Of the catalogue ("F01") or of a bar ("B6"), with a suffix where one number has several parts ("F01-init"). */
  readonly id: string;
  readonly title: string;
  /** How it is injected here, and of what it is the equivalent where the catalogue's own way is not to be had. */
  readonly how: string;
  readonly expected: string;
  /** Part of the seconds-long sample that CI draws from. */
  readonly isQuick?: boolean;
  readonly run: (context: RunContext, checks: Checks) => Promise<void>;
}

/** Thrown by a fault that cannot be injected on this machine: it is then neither passed nor failed. */
export class SkippedFault extends Error {
  override readonly name = "SkippedFault";
}

interface Tally {
  held: number;
  broken: string[];
}

const BROKEN_KEPT_MAX = 5;

/** Gathers what the checkers found in one run. */
export class Checks {
  /** Times the fault was really injected. */
  injections = 0;
  readonly #tallies = new Map<CheckerId, Tally>();
  readonly #remarks: string[] = [];

  expect(checker: CheckerId, holds: boolean, otherwise: string): boolean {
    const tally = this.#tallies.get(checker) ?? { held: 0, broken: [] };
    this.#tallies.set(checker, tally);
    if (holds) tally.held += 1;
    else if (tally.broken.length < BROKEN_KEPT_MAX) tally.broken.push(otherwise);
    return holds;
  }

  /** A figure for the report: no verdict. */
  remark(text: string): void {
    this.#remarks.push(text);
  }

  get remarks(): readonly string[] {
    return this.#remarks;
  }

  get verdicts(): readonly Verdict[] {
    return [...this.#tallies]
      .map(([checker, { held, broken }]) => ({ checker, held, broken }))
      .toSorted((left, right) => Number(left.checker.slice(1)) - Number(right.checker.slice(1)));
  }

  /** A run that injected nothing or checked nothing has shown nothing. */
  get isPassed(): boolean {
    return this.injections > 0 && this.verdicts.length > 0 && this.verdicts.every(({ broken }) => broken.length === 0);
  }
}

export interface Verdict {
  readonly checker: CheckerId;
  readonly held: number;
  /** The first few things that did not hold. */
  readonly broken: readonly string[];
}
