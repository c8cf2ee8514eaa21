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
