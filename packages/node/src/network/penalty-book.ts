// Who misbehaved and how much. Scores halve with time; at PEER_SCORE_BAN the peer is banned for a while and starts from
// zero afterwards. Keys are those of link.ts (a validator by its proven index, anybody else by PeerId).

import { PENALTY_ENTRIES_MAX, PEER_SCORE_BAN } from "./limits.ts";

interface Entry {
  readonly score: number;
  readonly atMs: number;
  readonly bannedUntilMs: number;
}

export interface PenaltyRules {
  readonly halfLifeMs: number;
  readonly banMs: number;
  readonly now: () => number;
}

export class PenaltyBook {
  readonly #rules: PenaltyRules;
  /** Oldest entry first; at most PENALTY_ENTRIES_MAX. */
  readonly #entries = new Map<string, Entry>();

  constructor(rules: PenaltyRules) {
    this.#rules = rules;
  }

  /** True if these points get the peer banned. */
  add(key: string, points: number): boolean {
    const nowMs = this.#rules.now();
    const score = this.scoreOf(key) + points;
    const isBanned = score >= PEER_SCORE_BAN;
    this.#set(key, { score, atMs: nowMs, bannedUntilMs: isBanned ? nowMs + this.#rules.banMs : 0 });
    return isBanned;
  }

  scoreOf(key: string): number {
    const entry = this.#entries.get(key);
    if (entry === undefined) return 0;
    const nowMs = this.#rules.now();
    if (entry.bannedUntilMs !== 0 && entry.bannedUntilMs <= nowMs) return 0;
    return entry.score * 2 ** (-(nowMs - entry.atMs) / this.#rules.halfLifeMs);
  }

  /** Bans without a score of its own: the PeerId that a banned validator came with. */
  ban(key: string): void {
    const nowMs = this.#rules.now();
    this.#set(key, { score: PEER_SCORE_BAN, atMs: nowMs, bannedUntilMs: nowMs + this.#rules.banMs });
  }

  isBanned(key: string): boolean {
    const entry = this.#entries.get(key);
    return entry !== undefined && entry.bannedUntilMs > this.#rules.now();
  }

  #set(key: string, entry: Entry): void {
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    if (this.#entries.size <= PENALTY_ENTRIES_MAX) return;
    const oldest = this.#entries.keys().next();
    if (oldest.done !== true) this.#entries.delete(oldest.value);
  }
}
