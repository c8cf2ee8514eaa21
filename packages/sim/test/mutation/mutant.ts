// A seeded defect: one place of the product's source, replaced while a child process loads it. Never a switch in the
// product; the tests see to it that every text still stands in its file exactly once.

export interface Mutant {
  readonly id: string;
  /** Below packages/. */
  readonly file: string;
  /** Occurs exactly once in the file. */
  readonly find: string;
  readonly replace: string;
  /** What is wrong then, as a reader of the protocol would say it. */
  readonly what: string;
  /** The directed scenario that most likely notices it. */
  readonly aim?: string;
}

/** A defect of what the battery does not reach: epochs, signing safety, catching up. */
export interface LaterMutant extends Mutant {
  /** Explorations that notice it; empty where none is known to, or the simulator does not reach the place. */
  readonly explored: readonly string[];
  /** Below packages/: the suites that state the rule, asked where no exploration notices. */
  readonly laws: readonly string[];
  /** What the names of the laws in question begin with, where the whole suite would take long. */
  readonly only?: string;
}
