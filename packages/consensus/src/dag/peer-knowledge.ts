// What each validator has shown to know, so that we push what it probably lacks and nothing twice (docs/protocol.md,
// B2). Fed by every acceptance and every send; asked when a block of ours goes out.
//
// A validator knows the blocks it made, everything in their histories, what it handed us and what we sent it. Authors
// push to everybody, so the want of evidence is no evidence of want: relaying each block to each peer at once would
// cost n times the traffic and help only against a hiding author. We relay a block once the peer has shown a block two
// rounds above it that still does not reach it: one round would be too eager, because a block that is late by one
// round comes in as a weak link in the next. Far older ones are left to fetching, which is exact.

import type { BlockRef, ValidatorIndex, VerifiedBlock } from "@selvedge/integrity";

const EVIDENCE_ROUNDS = 2;
/** How many rounds below the evidence we look for blocks to relay. */
const RELAY_WINDOW_ROUNDS = 8;

interface Entry {
  readonly block: VerifiedBlock;
  /** Per validator: 1 if known to it. Our own entry says: is in the history of a block of ours. */
  readonly knownTo: Uint8Array;
}

export class PeerKnowledge {
  readonly #size: number;
  readonly #entries = new Map<string, Entry>();
  readonly #byRound = new Map<number, Entry[]>();
  /** Per validator the highest round of a block it has shown. */
  readonly #shownRound: number[];

  constructor(committeeSize: number) {
    this.#size = committeeSize;
    this.#shownRound = Array.from({ length: committeeSize }, () => 0);
  }

  /** Parents come before children. */
  onAccepted(block: VerifiedBlock): void {
    const { ref } = block;
    const entry = { block, knownTo: new Uint8Array(this.#size) };
    this.#entries.set(ref.digest, entry);
    const row = this.#byRound.get(ref.round);
    if (row === undefined) this.#byRound.set(ref.round, [entry]);
    else row.push(entry);
    this.#shownRound[ref.author] = Math.max(this.#shownRound[ref.author] ?? 0, ref.round);
    this.#markHistory(ref.author, entry);
  }

  /** The validator holds this block: it sent it to us, or we to it. */
  markKnown(validator: ValidatorIndex, ref: BlockRef): void {
    const entry = this.#entries.get(ref.digest);
    if (entry !== undefined) entry.knownTo[validator] = 1;
  }

  /** For our own index: whether the block is in the history of a block of ours. */
  isKnown(validator: ValidatorIndex, ref: BlockRef): boolean {
    return this.#entries.get(ref.digest)?.knownTo[validator] === 1;
  }

  /** What to push to the validator besides our new block, by round and in the order accepted within one. */
  lackedBy(validator: ValidatorIndex): readonly VerifiedBlock[] {
    const last = (this.#shownRound[validator] ?? 0) - EVIDENCE_ROUNDS;
    const lacked: VerifiedBlock[] = [];
    for (let round = Math.max(1, last - RELAY_WINDOW_ROUNDS + 1); round <= last; round += 1) {
      for (const { block, knownTo } of this.#byRound.get(round) ?? []) {
        if (knownTo[validator] !== 1) lacked.push(block);
      }
    }
    return lacked;
  }

  /** Forgets what was accepted of rounds up to this one. */
  evict(upToRound: number): void {
    for (const [round, row] of this.#byRound) {
      if (round > upToRound) continue;
      for (const { block } of row) this.#entries.delete(block.ref.digest);
      this.#byRound.delete(round);
    }
  }

  #markHistory(validator: ValidatorIndex, start: Entry): void {
    const stack = [start];
    for (let entry = stack.pop(); entry !== undefined; entry = stack.pop()) {
      if (entry.knownTo[validator] === 1) continue;
      entry.knownTo[validator] = 1;
      for (const parent of entry.block.header.parents) {
        const next = this.#entries.get(parent.digest);
        if (next !== undefined) stack.push(next);
      }
    }
  }
}
