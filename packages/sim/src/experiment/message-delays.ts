// Measures how long after its making every block is committed, at each node: an observer of one run. Under a constant
// message delay the answers are whole multiples of it and can be held against theory.

import type { Micros } from "../kernel/time.ts";
import type { Observed } from "../protocol/observation.ts";
import type { RunObserver } from "../run/observer.ts";
import type { CommitDelay } from "./experiment.ts";

interface Made {
  readonly atUs: Micros;
  readonly author: number;
}

type Committed = Extract<Observed, { type: "committed" }>;

export interface DelayWindow {
  /** Only blocks made within it count: the start is no steady state, and what is made at the end is not yet committed. */
  readonly fromUs: Micros;
  readonly toUs: Micros;
}

export class DelayMeter {
  readonly observer: RunObserver = { onObserved: (observed) => this.#onObserved(observed) };
  readonly delays: CommitDelay[] = [];
  readonly #window: DelayWindow;
  /** By digest. The first to sign is the author: others sign a proposal only after they got it. */
  readonly #made = new Map<string, Made>();

  constructor(window: DelayWindow) {
    this.#window = window;
  }

  #onObserved(observed: Observed): void {
    if (observed.type === "signed") {
      if (!this.#made.has(observed.digest))
        this.#made.set(observed.digest, { atUs: observed.atUs, author: observed.node });
    } else if (observed.type === "committed") {
      this.#onCommitted(observed);
    }
  }

  #onCommitted(committed: Committed): void {
    if (committed.blocks.length === 0) return this.#measure(committed, committed.digest, true);
    const { round, author } = committed.leader;
    for (const { ref } of committed.blocks) {
      this.#measure(committed, ref.digest, ref.round === round && ref.author === author);
    }
    return undefined;
  }

  #measure({ node, atUs, slot }: Committed, digest: string, isLeader: boolean): void {
    const made = this.#made.get(digest);
    if (made === undefined || made.atUs < this.#window.fromUs || made.atUs >= this.#window.toUs) return;
    const family = slot.replace(/\d+$/u, "");
    this.delays.push({ slot: family, isLeader, isAuthor: made.author === node, delayUs: atUs - made.atUs });
  }
}
