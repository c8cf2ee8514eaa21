// Pull of one author's blocks by rounds, lowest first (docs/protocol.md, D1): for an author that others went on without for
// long, so that its newest block stands on many that nobody here has. Each names only the one before it (P1), so asking
// for them by digest goes down step by step and holds all of them parked; from the bottom up each enters as it comes.
// One request at a time for an author. A request that does not bring us on costs one fetch timeout, whoever answers it.

import { type ValidatorIndex, round } from "@selvedge/integrity";
import type { CancelTimerEffect, Effect } from "../effect.ts";
import type { RangeFetcherSetup } from "./range-fetcher.ts";

/** How many rounds an author's missing block lies above its newest that is in before its blocks are asked for by rounds. */
export const AUTHOR_GAP_ROUNDS = 8;

/** Blocks of an author above its newest that is in, up to one that is known to be missing. */
export interface AuthorGap {
  readonly author: ValidatorIndex;
  readonly newestRound: number;
  readonly missingRound: number;
  /** Who handed us blocks that need it. */
  readonly sources: readonly ValidatorIndex[];
}

interface Pursuit {
  newestRound: number;
  /** Where the next request begins: an author need not have a block in every round. */
  nextRound: number;
  /** How often the whole gap was asked for in vain: another peer each time. */
  vainTurns: number;
  request: { readonly id: number; isAnswered: boolean } | undefined;
}

export class AuthorFetcher {
  readonly #setup: RangeFetcherSetup;
  readonly #nextId: () => number;
  readonly #pursuits = new Map<ValidatorIndex, Pursuit>();

  constructor(setup: RangeFetcherSetup, nextId: () => number) {
    this.#setup = setup;
    this.#nextId = nextId;
  }

  owns(fetchId: number): boolean {
    return this.#withRequest(fetchId) !== undefined;
  }

  /** Answered or failed: the next request goes out once blocks of it are in, or at the timeout. */
  onFinished(fetchId: number): void {
    const request = this.#withRequest(fetchId)?.request;
    if (request !== undefined) request.isAnswered = true;
  }

  onTimeout(fetchId: number): void {
    const pursuit = this.#withRequest(fetchId);
    if (pursuit !== undefined) pursuit.request = undefined;
  }

  /** Brings the requests in line with what is missing now. */
  pump(gaps: readonly AuthorGap[]): readonly Effect[] {
    for (const [author, { request }] of this.#pursuits) {
      const isOver = request === undefined && !gaps.some((gap) => gap.author === author);
      if (isOver) this.#pursuits.delete(author);
    }
    return gaps.flatMap((gap) => this.#pursue(gap));
  }

  #pursue(gap: AuthorGap): readonly Effect[] {
    const { author, newestRound } = gap;
    let pursuit = this.#pursuits.get(author);
    if (pursuit === undefined) {
      pursuit = { newestRound, nextRound: newestRound + 1, vainTurns: 0, request: undefined };
      this.#pursuits.set(author, pursuit);
    }
    const effects = onProgress(pursuit, newestRound);
    return pursuit.request === undefined ? [...effects, ...this.#ask(gap, pursuit)] : effects;
  }

  #ask({ author, newestRound, missingRound, sources }: AuthorGap, pursuit: Pursuit): readonly Effect[] {
    const { peers, roundsMax, timeoutMs } = this.#setup;
    if (pursuit.nextRound > missingRound) {
      pursuit.nextRound = newestRound + 1;
      pursuit.vainTurns += 1;
    }
    const candidates = [...new Set([...sources, author, ...peers])].filter((peer) => peers.includes(peer));
    const peer = candidates[pursuit.vainTurns % candidates.length];
    if (peer === undefined) return [];
    const fromRound = pursuit.nextRound;
    const toRound = Math.min(missingRound, fromRound + roundsMax - 1);
    pursuit.nextRound = toRound + 1;
    const id = this.#nextId();
    pursuit.request = { id, isAnswered: false };
    return [
      { type: "fetchRange", fetchId: id, from: peer, author, fromRound: round(fromRound), toRound: round(toRound) },
      { type: "setTimer", id: `fetch:${id}`, delayMs: timeoutMs },
    ];
  }

  #withRequest(fetchId: number): Pursuit | undefined {
    for (const pursuit of this.#pursuits.values()) if (pursuit.request?.id === fetchId) return pursuit;
    return undefined;
  }
}

/** A request that has its answer need not wait for its timeout any more. */
function onProgress(pursuit: Pursuit, newestRound: number): readonly CancelTimerEffect[] {
  if (newestRound <= pursuit.newestRound) return [];
  pursuit.newestRound = newestRound;
  pursuit.nextRound = newestRound + 1;
  const { request } = pursuit;
  if (request?.isAnswered !== true) return [];
  pursuit.request = undefined;
  return [{ type: "cancelTimer", id: `fetch:${request.id}` }];
}
