// How often everything that a run was asked for has acted: what never did makes the run inconclusive.

type Counts = Map<string, number>;

export class ActCounts {
  /** By name of a fault or an adversary. */
  readonly #asked: Counts = new Map();
  /** What else is told of: the single acts of an adversary, mishaps of the network. */
  readonly #further: Counts = new Map();
  /** By adversary: verdicts and calls that took effect. */
  readonly #enforced: Counts = new Map();

  /** Of something that was asked for; 0 when it is asked for. */
  readonly acted = (name: string, count: number): void => add(this.#asked, name, count);

  readonly told = (name: string, count: number): void => add(this.#further, name, count);

  /** The world did what this adversary wanted. */
  readonly enforced = (name: string): void => add(this.#enforced, name, 1);

  /** An adversary that says nothing of its acts is credited with what the world did for it. */
  all(): Counts {
    const asked = [...this.#asked].map(([name, count]) => [name, count || (this.#enforced.get(name) ?? 0)] as const);
    return new Map([...this.#further, ...asked]);
  }
}

function add(counts: Counts, name: string, count: number): void {
  counts.set(name, (counts.get(name) ?? 0) + count);
}
