// Pull by digest (docs/protocol.md, D1): asks for each missing block at once the validator that sent what needs it, then
// others. Of a block's requests one is under way and the one before it, timed out, may still be answered: two in flight
// at most, as the host gives up on older ones. What nobody has is asked for ever less often, and no author can make us
// ask for more than so many blocks at a time. Keeps no blocks; handle/ tells it what is missing and reports answers.
// Range requests are range-fetcher.ts'.

import { type BlockRef, type ValidatorIndex, mustExist } from "@selvedge/integrity";
import type { Effect } from "../effect.ts";
import type { Fault } from "../fault.ts";
import type { Missing } from "./block-manager.ts";
import { refKey } from "./ref-key.ts";

/** Refs of one request. */
const FETCH_REFS_PER_REQUEST_MAX = 64;

/** Refs that are asked for at a time on the word of one author, for each validator: the parents of several blocks. */
const REFS_PER_AUTHOR_AND_PEER = 4;

/** The pause doubles with each turn in which nobody had the block, up to 2^6 timeouts. */
const PAUSE_DOUBLINGS_MAX = 6;

/** Peers to ask; null stands for "whomever the host finds", which is all an observer can say. */
export type FetchPeer = ValidatorIndex | null;

export interface FetcherSetup {
  readonly peers: readonly FetchPeer[];
  /** How many validators those are. */
  readonly peerCount: number;
  readonly timeoutMs: number;
}

interface Want {
  readonly ref: BlockRef;
  readonly asked: Set<FetchPeer>;
  /** The request that has not timed out, or the pause after all were asked. */
  active: number | undefined;
  isResting: boolean;
  /** How often all were asked in vain. */
  vainTurns: number;
}

interface Request {
  readonly id: number;
  readonly refs: readonly BlockRef[];
}

export class Fetcher {
  readonly #setup: FetcherSetup;
  readonly #nextId: () => number;
  /** By `refKey`. */
  readonly #wants = new Map<string, Want>();
  readonly #requests = new Map<number, Request>();

  constructor(setup: FetcherSetup, nextId: () => number) {
    this.#setup = setup;
    this.#nextId = nextId;
  }

  /** Nothing is wanted, as far as the last `pump` knew. */
  get isIdle(): boolean {
    return this.#wants.size === 0;
  }

  owns(fetchId: number): boolean {
    return this.#requests.has(fetchId);
  }

  /** Answered, in full or not, or failed: what is still missing is asked of the next peer by the next `pump`. */
  onFinished(fetchId: number): readonly Effect[] {
    this.#release(fetchId);
    return [{ type: "cancelTimer", id: `fetch:${fetchId}` }];
  }

  /** Not answered in time: the next peer is asked, and a late answer is still welcome. */
  onTimeout(fetchId: number): void {
    this.#release(fetchId);
  }

  /** Brings the requests in line with what is missing now. */
  pump(missing: readonly Missing[]): { readonly effects: readonly Effect[]; readonly faults: readonly Fault[] } {
    this.#forgetAllBut(missing);
    const faults: Fault[] = [];
    const asks = new Map<FetchPeer, Want[]>();
    const resting: Want[] = [];
    const budget = new AuthorBudget(REFS_PER_AUTHOR_AND_PEER * this.#setup.peerCount);
    for (const entry of this.#underWayFirst(missing)) {
      if (!budget.take(entry.claimants)) continue;
      const want = this.#wantOf(entry);
      if (want.active !== undefined) continue;
      const peer = this.#nextPeer(want, entry);
      if (peer === undefined) {
        if (want.asked.size > 0) faults.push({ type: "fetchExhausted", missing: want.ref });
        want.asked.clear();
        want.vainTurns += 1;
        resting.push(want);
      } else asks.set(peer, [...(asks.get(peer) ?? []), want]);
    }
    const effects = [...asks].flatMap(([peer, wants]) => this.#ask(peer, wants));
    return { effects: [...effects, ...this.#rest(resting)], faults };
  }

  /** Otherwise whoever names ever lower blocks would have them all asked for at a time. */
  #underWayFirst(missing: readonly Missing[]): readonly Missing[] {
    const underWay: Missing[] = [];
    const others: Missing[] = [];
    for (const entry of missing) {
      const want = this.#wants.get(entry.key);
      const isUnderWay = want !== undefined && want.active !== undefined && !want.isResting;
      (isUnderWay ? underWay : others).push(entry);
    }
    return underWay.length === 0 ? missing : [...underWay, ...others];
  }

  #wantOf({ key, ref }: Missing): Want {
    let want = this.#wants.get(key);
    if (want === undefined) {
      want = { ref, asked: new Set(), active: undefined, isResting: false, vainTurns: 0 };
      this.#wants.set(key, want);
    }
    return want;
  }

  /** The senders of what needs it, then its author, then everybody. */
  #nextPeer(want: Want, { ref, sources }: Missing): FetchPeer | undefined {
    const { peers } = this.#setup;
    const order: readonly FetchPeer[] = [...sources, ref.author, ...peers];
    return order.find((peer) => peers.includes(peer) && !want.asked.has(peer));
  }

  #ask(peer: FetchPeer, wants: readonly Want[]): readonly Effect[] {
    const effects: Effect[] = [];
    for (let start = 0; start < wants.length; start += FETCH_REFS_PER_REQUEST_MAX) {
      const batch = wants.slice(start, start + FETCH_REFS_PER_REQUEST_MAX);
      const id = this.#open(batch);
      for (const want of batch) {
        want.asked.add(peer);
        want.isResting = false;
      }
      effects.push({ type: "fetch", fetchId: id, from: peer, refs: batch.map(({ ref }) => ref) });
      effects.push({ type: "setTimer", id: `fetch:${id}`, delayMs: this.#setup.timeoutMs });
    }
    return effects;
  }

  /** Everybody was asked: a pause before the next turn, ever longer, so that what nobody has costs no storm of requests. */
  #rest(wants: readonly Want[]): readonly Effect[] {
    const byTurns = new Map<number, Want[]>();
    for (const want of wants) {
      const doublings = Math.min(want.vainTurns - 1, PAUSE_DOUBLINGS_MAX);
      byTurns.set(doublings, [...(byTurns.get(doublings) ?? []), want]);
    }
    return [...byTurns].map(([doublings, resting]) => {
      const id = this.#open(resting);
      for (const want of resting) want.isResting = true;
      return { type: "setTimer", id: `fetch:${id}`, delayMs: this.#setup.timeoutMs * 2 ** doublings };
    });
  }

  #open(wants: readonly Want[]): number {
    const id = this.#nextId();
    this.#requests.set(id, { id, refs: wants.map(({ ref }) => ref) });
    for (const want of wants) want.active = id;
    return id;
  }

  #release(fetchId: number): void {
    const request = this.#requests.get(fetchId);
    if (request === undefined) return;
    for (const ref of request.refs) {
      const want = this.#wants.get(refKey(ref));
      if (want?.active === fetchId) want.active = undefined;
    }
    this.#requests.delete(fetchId);
  }

  #forgetAllBut(missing: readonly Missing[]): void {
    if (this.#wants.size === 0) return;
    const needed = new Set(missing.map(({ key }) => key));
    for (const key of this.#wants.keys()) {
      if (!needed.has(key)) this.#wants.delete(key);
    }
  }
}

/**
 * What each author may make us ask for, by references in blocks that it signed: whoever handed us the block need not
 * answer for them, and one who floods us cannot spend what an honest author is granted. A block that several refer to is
 * charged to whoever has most left.
 */
class AuthorBudget {
  readonly #perAuthor: number;
  readonly #spent = new Map<ValidatorIndex, number>();

  constructor(perAuthor: number) {
    this.#perAuthor = perAuthor;
  }

  /** False if all of them have spent theirs. */
  take([first, ...others]: readonly ValidatorIndex[]): boolean {
    let payer = mustExist(first, "somebody signed what needs the block");
    for (const author of others) if (this.#spentBy(author) < this.#spentBy(payer)) payer = author;
    if (this.#spentBy(payer) >= this.#perAuthor) return false;
    this.#spent.set(payer, this.#spentBy(payer) + 1);
    return true;
  }

  #spentBy(author: ValidatorIndex): number {
    return this.#spent.get(author) ?? 0;
  }
}
