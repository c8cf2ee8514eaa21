// Blocks that cannot enter the DAG yet (docs/protocol.md, D1): parked until every parent is in, bounded per author and
// in total. Says what is ready and what is missing; accepting, fetching and storing are the callers' work (handle/).

import {
  type BlockRef,
  type ValidatorIndex,
  type VerifiedBlock,
  compareRefs,
  validatorIndex,
} from "@selvedge/integrity";
import { type Bits, NO_BITS, isSubset, placesIn, withAll, withBit } from "./bits.ts";
import { ParkingShares } from "./parking-shares.ts";
import { refKey, slotKey } from "./ref-key.ts";

export interface BlockManagerSetup {
  /** True for what memory holds as accepted, genesis included. */
  readonly isIn: (ref: BlockRef) => boolean;
  /** Accepted blocks of the slot (round, author) in memory. */
  readonly acceptedInSlot: (ref: BlockRef) => number;
  /** Parked blocks that one validator may have to answer for. */
  readonly perAuthorMax: number;
  readonly totalMax: number;
}

/** A block with the validator that handed it to us, null if that was none. */
export interface ReceivedBlock {
  readonly block: VerifiedBlock;
  readonly from: ValidatorIndex | null;
}

interface Parked extends ReceivedBlock {
  /** Given up once garbage collection has come so far. */
  readonly keptUpTo: number;
  /** Its author and, directly or through others, the authors of those that have waited for it: it is theirs. */
  owners: Bits;
  /** The one of them, as it came, that it is charged to. */
  readonly payer: ValidatorIndex;
  /** The parents that are not in, by `refKey`. Empty only for a block beyond the round lead. */
  readonly missing: Set<string>;
}

interface Waiting {
  readonly lacked?: readonly BlockRef[] | undefined;
  readonly keptUpTo?: number;
}

interface Wanted {
  readonly ref: BlockRef;
  /** Parked blocks that wait for it. */
  readonly waiters: Set<string>;
}

export interface Missing {
  /** A block of the same author waits for it: its next one (P1). */
  readonly isNeededByNext: boolean;
  /** `refKey(ref)` */
  readonly key: string;
  readonly ref: BlockRef;
  /** Who handed us a block that needs it: they have it, if they follow the rules. */
  readonly sources: readonly ValidatorIndex[];
  /** Who signed a block that needs it, directly or through other blocks that wait: it exists on their word. */
  readonly claimants: readonly ValidatorIndex[];
}

/** D2: the proof of an equivocation takes two; more are kept only if something refers to them. */
const BLOCKS_PER_SLOT_MAX = 2;

const NOTHING: readonly never[] = [];

const NO_CLAIMS: ReadonlyMap<string, Bits> = new Map();

export class BlockManager {
  readonly #setup: BlockManagerSetup;
  readonly #parked = new Map<string, Parked>();
  /** Parked blocks of each slot, by `round/author`. */
  readonly #slotCounts = new Map<string, number>();
  readonly #shares = new ParkingShares();
  /** By `refKey`: parents that are not in. What is wanted may be parked itself. */
  readonly #wanted = new Map<string, Wanted>();
  /** Parked blocks that miss nothing. */
  #completeCount = 0;
  /** What `missing` and `highestRound` answered since parked blocks changed last: most steps change none. */
  #lastMissing: { readonly upToRound: number; readonly refs: readonly Missing[] } | undefined;
  #highestRound: number | undefined;

  constructor(setup: BlockManagerSetup) {
    this.#setup = setup;
  }

  get parkedCount(): number {
    return this.#parked.size;
  }

  /** Of parked blocks; 0 if there are none. */
  get highestRound(): number {
    this.#highestRound ??= highestRoundOf(this.#parked.values());
    return this.#highestRound;
  }

  /** Whether something changes if the block comes in. */
  isWaitingFor(ref: BlockRef): boolean {
    return this.#parked.size > 0 && (this.isParked(ref) || this.isWanted(ref));
  }

  isParked(ref: BlockRef): boolean {
    return this.#parked.has(ref.digest);
  }

  isWanted(ref: BlockRef): boolean {
    return this.#wanted.size > 0 && this.#wanted.has(refKey(ref));
  }

  /** D2: two blocks of the slot are here already and nothing refers to this one. */
  isSurplus(ref: BlockRef): boolean {
    if (this.isWanted(ref)) return false;
    const parkedCount = this.#parked.size === 0 ? 0 : (this.#slotCounts.get(slotKey(ref)) ?? 0);
    return this.#setup.acceptedInSlot(ref) + parkedCount >= BLOCKS_PER_SLOT_MAX;
  }

  hasMissingParents(block: VerifiedBlock): boolean {
    return block.header.parents.some((parent) => !this.#setup.isIn(parent));
  }

  /**
   * Parks the block; returns what had to go to stay within bounds (D1): of whoever answers for more than its share, or
   * for most if all is full, the furthest round first.
   *
   * @param waiting.lacked its parents that are not in, if the caller knows them
   * @param waiting.keptUpTo the gcRound at which it is given up: its own round at least
   */
  park({ block, from }: ReceivedBlock, waiting: Waiting = {}): readonly BlockRef[] {
    this.#onChange();
    const missing = new Set<string>();
    const keptUpTo = Math.max(block.ref.round, waiting.keptUpTo ?? 0);
    for (const parent of waiting.lacked ?? block.header.parents.filter((ref) => !this.#setup.isIn(ref))) {
      missing.add(refKey(parent));
      this.#want(parent, block.ref.digest);
    }
    const owners = this.#ownersOf(block.ref);
    const payer = this.#shares.charge(owners);
    const parked: Parked = { block, from, owners, payer, missing, keptUpTo };
    this.#parked.set(block.ref.digest, parked);
    this.#passOn(parked);
    if (missing.size === 0) this.#completeCount += 1;
    increment(this.#slotCounts, slotKey(block.ref), 1);
    return this.#evictOverflow(payer);
  }

  /** The block is in (or was found in our store): takes out what waited for nothing else, in canonical order. */
  resolve(ref: BlockRef): readonly ReceivedBlock[] {
    this.#onChange();
    const key = refKey(ref);
    const wanted = this.#wanted.get(key);
    this.#wanted.delete(key);
    this.#unpark(ref.digest);
    const ready: ReceivedBlock[] = [];
    for (const digest of wanted?.waiters ?? []) {
      const parked = this.#parked.get(digest);
      if (parked === undefined) continue;
      parked.missing.delete(key);
      if (parked.missing.size === 0) this.#completeCount += 1;
      if (parked.missing.size === 0) ready.push(parked);
    }
    ready.sort((left, right) => compareRefs(left.block.ref, right.block.ref));
    return ready;
  }

  /** Parked blocks up to this round that miss nothing: held back by the round lead alone. */
  complete(upToRound: number): readonly ReceivedBlock[] {
    if (this.#completeCount === 0) return NOTHING;
    const ready: ReceivedBlock[] = [];
    for (const parked of this.#parked.values()) {
      if (parked.missing.size === 0 && parked.block.ref.round <= upToRound) ready.push(parked);
    }
    ready.sort((left, right) => compareRefs(left.block.ref, right.block.ref));
    return ready;
  }

  /** What parked blocks need and nobody has brought yet, in canonical order. */
  missing(upToRound: number): readonly Missing[] {
    if (this.#lastMissing?.upToRound === upToRound) return this.#lastMissing.refs;
    const refs: Missing[] = [];
    const claims = this.#wanted.size === 0 ? NO_CLAIMS : this.#claims();
    for (const [key, { ref, waiters }] of this.#wanted) {
      if (this.#parked.has(ref.digest) || ref.round > upToRound) continue;
      const claimants = claimantsOf(waiters, claims);
      refs.push({
        key,
        ref,
        isNeededByNext: this.#hasNext(ref, waiters),
        sources: this.#sourcesOf(waiters),
        claimants,
      });
    }
    refs.sort((left, right) => compareRefs(left.ref, right.ref));
    this.#lastMissing = { upToRound, refs };
    return refs;
  }

  /** By author, the furthest parked block. */
  furthestByAuthor(): ReadonlyMap<ValidatorIndex, ReceivedBlock> {
    const furthest = new Map<ValidatorIndex, ReceivedBlock>();
    for (const parked of this.#parked.values()) {
      const { ref } = parked.block;
      const known = furthest.get(ref.author);
      if (known === undefined || compareRefs(known.block.ref, ref) < 0) furthest.set(ref.author, parked);
    }
    return furthest;
  }

  /** Gives up parked blocks whose time is over and that no other needs, so that a parent that never was costs no more. */
  forgetUpTo(gcRound: number): void {
    const isOver = ({ keptUpTo }: Parked): boolean => keptUpTo <= gcRound;
    const refs = [...this.#parked.values()].filter(isOver).map(({ block }) => block.ref);
    refs.sort((left, right) => compareRefs(right, left));
    for (const ref of refs) {
      if (!this.isWanted(ref)) this.#unpark(ref.digest);
    }
  }

  #want(ref: BlockRef, waiter: string): void {
    const wanted = this.#wanted.get(refKey(ref));
    if (wanted === undefined) this.#wanted.set(refKey(ref), { ref, waiters: new Set([waiter]) });
    else wanted.waiters.add(waiter);
  }

  #hasNext({ author }: BlockRef, waiters: ReadonlySet<string>): boolean {
    for (const digest of waiters) if (this.#parked.get(digest)?.block.ref.author === author) return true;
    return false;
  }

  #sourcesOf(waiters: ReadonlySet<string>): readonly ValidatorIndex[] {
    const sources = new Set<ValidatorIndex>();
    for (const digest of waiters) {
      const from = this.#parked.get(digest)?.from ?? null;
      if (from !== null) sources.add(from);
    }
    return [...sources];
  }

  /**
   * By digest of a parked block, who needs it to enter: its author and the authors of all blocks that wait for it. From
   * the furthest round down, as a block's parents are of lower rounds (P2): deep chains take no stack.
   */
  #claims(): ReadonlyMap<string, Bits> {
    const claims = new Map<string, Bits>();
    const furthestFirst = [...this.#parked.values()].sort(
      (left, right) => right.block.ref.round - left.block.ref.round,
    );
    for (const { block } of furthestFirst) {
      const { ref } = block;
      let claim = withBit(NO_BITS, ref.author);
      for (const waiter of this.#wanted.get(refKey(ref))?.waiters ?? [])
        claim = withAll(claim, claims.get(waiter) ?? NO_BITS);
      claims.set(ref.digest, claim);
    }
    return claims;
  }

  #unpark(digest: string): void {
    const parked = this.#parked.get(digest);
    if (parked === undefined) return;
    this.#onChange();
    this.#parked.delete(digest);
    if (parked.missing.size === 0) this.#completeCount -= 1;
    increment(this.#slotCounts, slotKey(parked.block.ref), -1);
    this.#shares.release(parked.payer);
    for (const missing of parked.missing) {
      const wanted = this.#wanted.get(missing);
      wanted?.waiters.delete(digest);
      if (wanted?.waiters.size === 0) this.#wanted.delete(missing);
    }
  }

  #onChange(): void {
    this.#lastMissing = undefined;
    this.#highestRound = undefined;
  }

  #ownersOf(ref: BlockRef): Bits {
    let owners = withBit(NO_BITS, ref.author);
    for (const waiter of this.#wanted.get(refKey(ref))?.waiters ?? [])
      owners = withAll(owners, this.#parked.get(waiter)?.owners ?? NO_BITS);
    return owners;
  }

  /** What it waits for may have been here before it: that is its owners' now, and so is what comes for it. */
  #passOn(waiter: Parked): void {
    const queue = [waiter];
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
      for (const key of next.missing) {
        const parent = this.#parkedAs(key);
        if (parent === undefined || isSubset(next.owners, parent.owners)) continue;
        parent.owners = withAll(parent.owners, next.owners);
        queue.push(parent);
      }
    }
  }

  #parkedAs(key: string): Parked | undefined {
    const ref = this.#wanted.get(key)?.ref;
    const parked = ref === undefined ? undefined : this.#parked.get(ref.digest);
    return parked !== undefined && refKey(parked.block.ref) === key ? parked : undefined;
  }

  #evictOverflow(payer: ValidatorIndex): readonly BlockRef[] {
    const evicted: BlockRef[] = [];
    if (this.#shares.of(payer) > this.#setup.perAuthorMax) evicted.push(...this.#evictFurthest(payer));
    if (this.#parked.size > this.#setup.totalMax) evicted.push(...this.#evictFurthest(this.#shares.mostBurdened()));
    return evicted;
  }

  #evictFurthest(payer: ValidatorIndex): readonly BlockRef[] {
    let furthest: BlockRef | undefined;
    for (const parked of this.#parked.values()) {
      if (parked.payer !== payer) continue;
      const { ref } = parked.block;
      if (furthest === undefined || compareRefs(furthest, ref) < 0) furthest = ref;
    }
    if (furthest === undefined) return [];
    this.#unpark(furthest.digest);
    return [furthest];
  }
}

function claimantsOf(waiters: ReadonlySet<string>, claims: ReadonlyMap<string, Bits>): readonly ValidatorIndex[] {
  let all = NO_BITS;
  for (const digest of waiters) all = withAll(all, claims.get(digest) ?? NO_BITS);
  return placesIn(all).map((place) => validatorIndex(place));
}

function highestRoundOf(parked: Iterable<Parked>): number {
  let highest = 0;
  for (const { block } of parked) highest = Math.max(highest, block.ref.round);
  return highest;
}

function increment<Key>(counts: Map<Key, number>, key: Key, by: number): void {
  const count = (counts.get(key) ?? 0) + by;
  if (count === 0) counts.delete(key);
  else counts.set(key, count);
}
