// U5 worked out a second time, slowly and plainly: which updates each commit certifies, from nothing but the ordered
// blocks. The oracle of certification.ts; it knows no scores, no versions and no state root.

import type { SignedUpdate, VerifiedBlock } from "@selvedge/integrity";

export interface CertificationParams {
  readonly stakeOf: (author: number) => number;
  readonly quorumStake: number;
  readonly updateExpiry: number;
  readonly sequenceWindow: number;
}

/** Of one device and one model. */
interface Account {
  lastClosed: number;
  readonly closedAbove: Set<number>;
  readonly waiting: Set<Waiting>;
}

interface Waiting {
  readonly update: string;
  readonly sequence: number;
  readonly account: Account;
  readonly firstOutput: number;
  readonly ackers: Set<number>;
}

/** Headers of one sequence that wait at a time: the ledger takes no more, so neither does its model. */
const RIVALS_MAX = 4;

export class CertificationModel {
  readonly #params: CertificationParams;
  readonly #accounts = new Map<string, Account>();
  /** Headers output and not yet certified, in that order. */
  readonly #waiting = new Map<string, Waiting>();
  /** Certified, expired or closed by a rival. */
  readonly #finished = new Set<string>();
  /** Acks whose header is not output yet: by update, the commit at which each author's was. */
  readonly #early = new Map<string, Map<number, number>>();

  constructor(params: CertificationParams) {
    this.#params = params;
  }

  /** Updates that this commit certifies, ascending. */
  execute(index: number, blocks: readonly VerifiedBlock[]): readonly string[] {
    for (const { body } of blocks) for (const update of body.updates) this.#onHeader(update, index);
    for (const { ref, body } of blocks) for (const { update } of body.acks) this.#onAck(update, ref.author, index);
    const certified: string[] = [];
    for (const waiting of ascending(this.#waiting.values())) {
      if (!this.#waiting.has(waiting.update) || this.#stakeOf(waiting) < this.#params.quorumStake) continue;
      certified.push(waiting.update);
      this.#close(waiting);
    }
    this.#expire(index - this.#params.updateExpiry);
    return certified;
  }

  #onHeader({ digest, header }: SignedUpdate, index: number): void {
    if (this.#waiting.has(digest) || this.#finished.has(digest)) return;
    const account = this.#accountOf(`${header.deviceId}/${header.modelId}`);
    const { sequence } = header;
    if (sequence <= account.lastClosed || account.closedAbove.has(sequence)) return;
    if (sequence > account.lastClosed + this.#params.sequenceWindow) return;
    if ([...account.waiting].filter((rival) => rival.sequence === sequence).length >= RIVALS_MAX) return;
    const ackers = new Set(this.#early.get(digest)?.keys());
    this.#early.delete(digest);
    const waiting = { update: digest, sequence, account, firstOutput: index, ackers };
    this.#waiting.set(digest, waiting);
    account.waiting.add(waiting);
  }

  #onAck(update: string, author: number, index: number): void {
    const waiting = this.#waiting.get(update);
    if (waiting !== undefined) {
      waiting.ackers.add(author);
      return;
    }
    if (this.#finished.has(update)) return;
    let early = this.#early.get(update);
    if (early === undefined) this.#early.set(update, (early = new Map<number, number>()));
    if (!early.has(author)) early.set(author, index);
  }

  #stakeOf({ ackers }: Waiting): number {
    let stake = 0;
    for (const author of ackers) stake += this.#params.stakeOf(author);
    return stake;
  }

  /** The update has come to its end, and with it everything of its sequence. */
  #close({ account, sequence }: Waiting): void {
    account.closedAbove.add(sequence);
    while (account.closedAbove.delete(account.lastClosed + 1)) account.lastClosed += 1;
    for (const rival of account.waiting) {
      if (rival.sequence !== sequence) continue;
      account.waiting.delete(rival);
      this.#waiting.delete(rival.update);
      this.#finished.add(rival.update);
    }
  }

  #expire(lastExpired: number): void {
    for (const [update, early] of this.#early) {
      for (const [author, at] of early) if (at <= lastExpired) early.delete(author);
      if (early.size === 0) this.#early.delete(update);
    }
    const expired = [...this.#waiting.values()].filter(({ firstOutput }) => firstOutput <= lastExpired);
    for (const waiting of ascending(expired)) this.#close(waiting);
  }

  #accountOf(key: string): Account {
    let account = this.#accounts.get(key);
    if (account === undefined) {
      account = { lastClosed: 0, closedAbove: new Set(), waiting: new Set() };
      this.#accounts.set(key, account);
    }
    return account;
  }
}

function ascending(updates: Iterable<Waiting>): readonly Waiting[] {
  return [...updates].sort((left, right) => (left.update < right.update ? -1 : 1));
}
