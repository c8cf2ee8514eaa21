// Acks that were output before their header. They wait as long as an update would (U5), at most `perAuthorMax` of each
// author: a faulty author can only make us forget acks of its own.

import {
  type Score,
  type UpdateDigest,
  type ValidatorIndex,
  type WireValue,
  assert,
  digestToBytes,
  mustExist,
  validatorIndex,
  wireInteger,
} from "@selvedge/integrity";

export interface EarlyAck {
  readonly update: UpdateDigest;
  readonly score: Score | null;
  /** Commit of its output. */
  readonly at: number;
}

export class EarlyAcks {
  readonly #perAuthorMax: number;
  /** For each author its early acks in output order, hence ascending by `at`. */
  readonly #byAuthor: readonly Map<UpdateDigest, EarlyAck>[];
  /** Authors whose acks changed since `takeChanged`. */
  readonly #changed = new Set<ValidatorIndex>();

  constructor(authors: number, perAuthorMax: number) {
    assert(perAuthorMax > 0, "a bound leaves room for one");
    this.#perAuthorMax = perAuthorMax;
    this.#byAuthor = Array.from({ length: authors }, () => new Map<UpdateDigest, EarlyAck>());
  }

  add(author: ValidatorIndex, ack: EarlyAck): void {
    const acks = this.#of(author);
    // U6: of each author the first ack that is output counts.
    if (acks.has(ack.update)) return;
    acks.set(ack.update, ack);
    this.#changed.add(author);
    if (acks.size <= this.#perAuthorMax) return;
    const [oldest] = acks.keys();
    if (oldest !== undefined) acks.delete(oldest);
  }

  /** The acks that waited for this header, ascending by author. */
  take(update: UpdateDigest): readonly (readonly [ValidatorIndex, Score | null])[] {
    const taken: (readonly [ValidatorIndex, Score | null])[] = [];
    for (const [author, acks] of this.#entries()) {
      const ack = acks.get(update);
      if (ack === undefined) continue;
      acks.delete(update);
      this.#changed.add(author);
      taken.push([author, ack.score]);
    }
    return taken;
  }

  /** Forgets what was output at or before the commit. */
  expire(lastExpired: number): void {
    for (const [author, acks] of this.#entries()) {
      for (const [update, { at }] of acks) {
        if (at > lastExpired) break;
        acks.delete(update);
        this.#changed.add(author);
      }
    }
  }

  takeChanged(): readonly ValidatorIndex[] {
    const changed = [...this.#changed].sort((left, right) => left - right);
    this.#changed.clear();
    return changed;
  }

  of(author: ValidatorIndex): readonly EarlyAck[] {
    return [...this.#of(author).values()];
  }

  /** Leaf of the early acks' tree. */
  stateFields(author: ValidatorIndex): readonly WireValue[] {
    return this.of(author).map(earlyAckWire);
  }

  #entries(): readonly (readonly [ValidatorIndex, Map<UpdateDigest, EarlyAck>])[] {
    return this.#byAuthor.map((acks, author) => [validatorIndex(author), acks] as const);
  }

  #of(author: ValidatorIndex): Map<UpdateDigest, EarlyAck> {
    return mustExist(this.#byAuthor[author], "an ack's author is a member");
  }
}

export function earlyAckWire({ update, score, at }: EarlyAck): WireValue {
  return [digestToBytes(update), score === null ? null : wireInteger(score), wireInteger(at)];
}
