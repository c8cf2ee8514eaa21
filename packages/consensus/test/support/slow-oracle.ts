// The commit rule once more, as plainly as the rules read and as slowly as that makes it: everything is recomputed from
// sets, nothing is remembered. Property tests compare the real one with it.

import type { RandomBlock, RandomVector } from "./random-vector.ts";

interface Slot {
  readonly name: string;
  readonly kind: "P" | "C";
  readonly round: number;
  readonly wave: number;
  readonly author: number;
  readonly key: readonly [number, number];
  readonly number: number;
}

/** "undecided", "skip" or "commit ID". */
type Word = string;

export class SlowOracle {
  readonly #vector: RandomVector;
  readonly #known = new Map<string, RandomBlock>();
  readonly #view: readonly RandomBlock[];
  readonly #slots: readonly Slot[];
  readonly #total: number;

  constructor(vector: RandomVector, tips: readonly string[]) {
    this.#vector = vector;
    for (const author of vector.stakes.keys()) {
      this.#known.set(`g${author}`, { id: `g${author}`, author, round: 0, ancestors: [] });
    }
    for (const block of vector.blocks) this.#known.set(block.id, block);
    const ids = new Set(tips.flatMap((tip) => [...this.#history(tip)]));
    this.#view = [...ids].map((id) => this.#block(id));
    this.#total = vector.stakes.reduce((sum, stake) => sum + stake, 0);
    this.#slots = this.#allSlots(Math.max(0, ...this.#view.map(({ round }) => round)));
  }

  /** Verdicts from the last slot backwards. */
  verdicts(): Map<string, Word> {
    const words = new Map<string, Word>();
    for (const slot of this.#slots.toReversed()) words.set(slot.name, this.#decide(slot, words));
    return words;
  }

  #allSlots(highest: number): readonly Slot[] {
    const { coinPeriod, coinWave, firstCoinRound } = this.#vector.params;
    const slots: Slot[] = [];
    for (let round = 1; round <= highest; round += 1) {
      const author = this.#vector.leaders[round - 1] ?? -1;
      slots.push({ name: `P${round}`, kind: "P", round, wave: 3, author, key: [round, 1], number: round });
    }
    for (let coin = 0; firstCoinRound + coin * coinPeriod <= highest; coin += 1) {
      const round = firstCoinRound + coin * coinPeriod;
      const author = this.#vector.coins[coin] ?? -1;
      slots.push({ name: `C${coin}`, kind: "C", round, wave: coinWave, author, key: [round - 2, 0], number: coin });
    }
    return slots.toSorted((left, right) => left.key[0] - right.key[0] || left.key[1] - right.key[1]);
  }

  #decide(slot: Slot, words: ReadonlyMap<string, Word>): Word {
    if (slot.kind === "C" && !this.#isOpen(slot)) return "undecided";
    const voters = this.#ofRound(slot.round + slot.wave - 2);
    if (this.#isQuorum(voters.filter((voter) => this.#support(voter, slot) === undefined))) return "skip";
    const deciders = this.#ofRound(slot.round + slot.wave - 1);
    const leaders = this.#ofRound(slot.round).filter(({ author }) => author === slot.author);
    for (const leader of leaders) {
      if (this.#isQuorum(deciders.filter((block) => this.#certifies(block, leader, slot))))
        return `commit ${leader.id}`;
    }
    const anchor = this.#anchor(slot, words);
    if (anchor === undefined) return "undecided";
    const below = [...this.#history(anchor)].map((id) => this.#block(id));
    const inHistory = below.filter(({ round }) => round === slot.round + slot.wave - 1);
    const chosen = leaders.find((leader) => inHistory.some((block) => this.#certifies(block, leader, slot)));
    return chosen === undefined ? "skip" : `commit ${chosen.id}`;
  }

  #anchor(slot: Slot, words: ReadonlyMap<string, Word>): string | undefined {
    for (const other of this.#slots.slice(this.#slots.indexOf(slot) + 1)) {
      if (slot.kind === "C" ? other.kind === "P" : other.round < slot.round + 3) continue;
      const word = words.get(other.name) ?? "undecided";
      if (word === "undecided") return undefined;
      if (word !== "skip") return word.slice("commit ".length);
    }
    return undefined;
  }

  #isOpen(slot: Slot): boolean {
    const sharers = this.#ofRound(slot.round + slot.wave - 1).filter(
      ({ id }) => !this.#vector.invalidShares.includes(id),
    );
    return this.#stake(sharers) > Math.floor((this.#total - 1) / 3);
  }

  #support(voter: RandomBlock, slot: Slot): string | undefined {
    const seen = [...this.#history(voter.id)].filter((id) => {
      const block = this.#block(id);
      return block.round === slot.round && block.author === slot.author;
    });
    if (slot.kind === "P") return voter.ancestors.find((id) => seen.includes(id));
    return seen.length === 1 ? seen[0] : undefined;
  }

  #certifies(block: RandomBlock, leader: RandomBlock, slot: Slot): boolean {
    const voters = block.ancestors
      .map((id) => this.#block(id))
      .filter((voter) => voter.round === slot.round + slot.wave - 2 && this.#support(voter, slot) === leader.id);
    return this.#isQuorum(voters);
  }

  #isQuorum(blocks: readonly RandomBlock[]): boolean {
    return this.#stake(blocks) >= this.#total - Math.floor((this.#total - 1) / 3);
  }

  #stake(blocks: readonly RandomBlock[]): number {
    const authors = new Set(blocks.map(({ author }) => author));
    return [...authors].reduce((sum, author) => sum + (this.#vector.stakes[author] ?? 0), 0);
  }

  #ofRound(round: number): readonly RandomBlock[] {
    return this.#view.filter((block) => block.round === round);
  }

  #history(id: string): ReadonlySet<string> {
    const reached = new Set([id]);
    for (const next of reached) for (const ancestor of this.#block(next).ancestors) reached.add(ancestor);
    return reached;
  }

  #block(id: string): RandomBlock {
    const block = this.#known.get(id);
    if (block === undefined) throw new Error(`${id} is not in the DAG`);
    return block;
  }
}
