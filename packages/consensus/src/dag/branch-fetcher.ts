// Pull of a branch of one author's blocks by rounds, highest first (docs/protocol.md, D1): for an equivocator of whom we
// have other blocks of those rounds, so that nothing tells where the branch leaves what we hold. Each block names only the
// one before it (P1); by digest that goes down one round for each answer, and a branch that was hidden for long holds up
// whoever built on it as long again. One request at a time for an author; an answer that does not lead down costs one
// fetch timeout, and the next one asks another peer for half as many rounds, as large blocks may have filled it.

import { type ValidatorIndex, round } from "@selvedge/integrity";
import type { CancelTimerEffect, Effect } from "../effect.ts";
import type { RangeFetcherSetup } from "./range-fetcher.ts";

/** A missing block that the author's own next one waits for. */
export interface Branch {
  readonly author: ValidatorIndex;
  readonly missingRound: number;
  /** Who handed us blocks that need it. */
  readonly sources: readonly ValidatorIndex[];
}

interface Pursuit {
  /** Where the missing block was when the request went out. */
  missingRound: number;
  /** Requests in a row that did not lead down: another peer each time. */
  vainCount: number;
  request: { readonly id: number; isAnswered: boolean } | undefined;
}

export class BranchFetcher {
  readonly #setup: RangeFetcherSetup;
  readonly #nextId: () => number;
  readonly #pursuits = new Map<ValidatorIndex, Pursuit>();

  constructor(setup: RangeFetcherSetup, nextId: () => number) {
    this.#setup = setup;
    this.#nextId = nextId;
  }

  get isIdle(): boolean {
    return this.#pursuits.size === 0;
  }

  owns(fetchId: number): boolean {
    return this.#withRequest(fetchId) !== undefined;
  }

  /** Answered or failed: the next request goes out once its blocks are parked, or at the timeout. */
  onFinished(fetchId: number): void {
    const request = this.#withRequest(fetchId)?.request;
    if (request !== undefined) request.isAnswered = true;
  }

  onTimeout(fetchId: number): void {
    const pursuit = this.#withRequest(fetchId);
    if (pursuit === undefined) return;
    pursuit.request = undefined;
    pursuit.vainCount += 1;
  }

  /** Brings the requests in line with what is missing now: one branch for each author. */
  pump(branches: ReadonlyMap<ValidatorIndex, Branch>): readonly Effect[] {
    for (const [author, { request }] of this.#pursuits) {
      if (request === undefined && !branches.has(author)) this.#pursuits.delete(author);
    }
    return [...branches.values()].flatMap((branch) => this.#pursue(branch));
  }

  #pursue(branch: Branch): readonly Effect[] {
    const { author, missingRound } = branch;
    let pursuit = this.#pursuits.get(author);
    if (pursuit === undefined) {
      pursuit = { missingRound, vainCount: 0, request: undefined };
      this.#pursuits.set(author, pursuit);
    }
    const effects = onProgress(pursuit, missingRound);
    return pursuit.request === undefined ? [...effects, ...this.#ask(branch, pursuit)] : effects;
  }

  #ask({ author, missingRound, sources }: Branch, pursuit: Pursuit): readonly Effect[] {
    const { peers, roundsMax, timeoutMs } = this.#setup;
    const candidates = [...new Set([...sources, author, ...peers])].filter((peer) => peers.includes(peer));
    const peer = candidates[pursuit.vainCount % candidates.length];
    if (peer === undefined) return [];
    const rounds = Math.max(1, Math.floor(roundsMax / 2 ** pursuit.vainCount));
    const fromRound = Math.max(1, missingRound - rounds + 1);
    const id = this.#nextId();
    pursuit.missingRound = missingRound;
    pursuit.request = { id, isAnswered: false };
    return [
      {
        type: "fetchRange",
        fetchId: id,
        from: peer,
        author,
        fromRound: round(fromRound),
        toRound: round(missingRound),
      },
      { type: "setTimer", id: `fetch:${id}`, delayMs: timeoutMs },
    ];
  }

  #withRequest(fetchId: number): Pursuit | undefined {
    for (const pursuit of this.#pursuits.values()) if (pursuit.request?.id === fetchId) return pursuit;
    return undefined;
  }
}

/** A request that has its answer need not wait for its timeout any more. */
function onProgress(pursuit: Pursuit, missingRound: number): readonly CancelTimerEffect[] {
  const { request } = pursuit;
  if (missingRound === pursuit.missingRound || request?.isAnswered !== true) return [];
  pursuit.vainCount = 0;
  pursuit.request = undefined;
  return [{ type: "cancelTimer", id: `fetch:${request.id}` }];
}
