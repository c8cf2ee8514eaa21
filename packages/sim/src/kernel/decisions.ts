// Where every random choice of a run passes: recorded as it is drawn, or replayed from a record without a generator.
// A stream is named by (purpose, node, peer); what one stream draws never depends on another, so that adding a fault or a
// node leaves all other choices as they were.

/** A source of choices, of one purpose, node and link. Draws are recorded by the run; see decision-log.ts. */
export interface Choices {
  /** In [0, 1). */
  readonly fraction: () => number;
  /** Integer in [0, below). */
  readonly below: (below: number) => number;
  /** True with this probability. Draws nothing for 0 and 1. */
  readonly chance: (probability: number) => boolean;
  /** Shuffled copy. */
  readonly shuffled: <Item>(items: readonly Item[]) => readonly Item[];
}

/** Gives out streams; the same name gives the same stream. */
export interface ChoiceStreams {
  readonly of: (purpose: string, node?: number, peer?: number) => Choices;
}
