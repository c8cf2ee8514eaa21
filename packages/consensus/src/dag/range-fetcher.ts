// Pull by rounds, for a node that was away (docs/protocol.md §11): one request at a time, from the round after our last
// full one, to the peer that showed us we are behind; another peer takes over when one brings less than it was asked for,
// so that nobody can feed us one round at a time.
//
// An answer may end within a round, and always at the same block. After an answer that filled no round the next request
// begins a round higher: blocks of that round name the missing ones, which are then fetched by digest.

import { round } from "@selvedge/integrity";
import type { Effect } from "../effect.ts";
import type { FetchPeer } from "./fetcher.ts";

/** How far beyond our last full round a block may be before its gap is fetched as a range instead of block by block. */
export const RANGE_GAP_ROUNDS = 4;

export interface RangeFetcherSetup {
  readonly peers: readonly FetchPeer[];
  readonly timeoutMs: number;
  readonly roundsMax: number;
}

export interface RangeView {
  /** Highest round of which Q stake is accepted. */
  readonly quorumRound: number;
  /** The round up to which blocks are known to exist, and who showed us. */
  readonly ahead: { readonly round: number; readonly from: FetchPeer } | undefined;
}

interface RangeRequest {
  readonly id: number;
  readonly peer: FetchPeer | undefined;
  readonly quorumRound: number;
  readonly toRound: number;
}

interface RangeOutcome {
  readonly quorumRound: number;
  /** Blocks that we neither held nor had parked. */
  readonly hasBroughtBlocks: boolean;
}

export class RangeFetcher {
  readonly #setup: RangeFetcherSetup;
  readonly #nextId: () => number;
  /** The one request under way; with an undefined peer it is a pause after all peers failed. */
  #request: RangeRequest | undefined;
  #peer: FetchPeer | undefined;
  /** Peers in a row that brought nothing. */
  #failureCount = 0;
  /** Rounds left out after the last full one: below RANGE_GAP_ROUNDS, as parents are fetched by digest no further up. */
  #skippedRounds = 0;
  #isBehind = false;

  constructor(setup: RangeFetcherSetup, nextId: () => number) {
    this.#setup = setup;
    this.#nextId = nextId;
  }

  get isBehind(): boolean {
    return this.#isBehind;
  }

  owns(fetchId: number): boolean {
    return this.#request?.id === fetchId;
  }

  /** Answered, failed or timed out: whether it brought us on decides who is asked next. */
  onFinished(quorumRound: number, hasBroughtBlocks: boolean = false): readonly Effect[] {
    const request = this.#request;
    if (request === undefined) return [];
    this.#request = undefined;
    this.#judge(request, { quorumRound, hasBroughtBlocks });
    return [{ type: "cancelTimer", id: `fetch:${request.id}` }];
  }

  pump({ quorumRound, ahead }: RangeView): readonly Effect[] {
    this.#isBehind = ahead !== undefined && ahead.round > quorumRound + RANGE_GAP_ROUNDS;
    if (!this.#isBehind || ahead === undefined || this.#request !== undefined) return [];
    const id = this.#nextId();
    const isPause = this.#failureCount >= this.#setup.peers.length;
    this.#peer ??= this.#setup.peers.includes(ahead.from) ? ahead.from : this.#setup.peers[0];
    const peer = isPause ? undefined : this.#peer;
    const toRound = Math.min(ahead.round, quorumRound + this.#setup.roundsMax);
    this.#request = { id, peer, quorumRound, toRound };
    const timer: Effect = { type: "setTimer", id: `fetch:${id}`, delayMs: this.#setup.timeoutMs };
    if (peer === undefined) return [timer];
    const ask: Effect = {
      type: "fetchRange",
      fetchId: id,
      from: peer,
      fromRound: round(Math.min(quorumRound + 1 + this.#skippedRounds, toRound)),
      toRound: round(toRound),
    };
    return [ask, timer];
  }

  #judge({ peer, quorumRound, toRound }: RangeRequest, outcome: RangeOutcome): void {
    const isProgress = outcome.quorumRound > quorumRound;
    if (peer === undefined || isProgress || outcome.hasBroughtBlocks) this.#failureCount = 0;
    else this.#failureCount += 1;
    this.#skippedRounds = isProgress ? 0 : (this.#skippedRounds + 1) % RANGE_GAP_ROUNDS;
    if (peer !== undefined && outcome.quorumRound < toRound) this.#peer = this.#peerAfter(peer);
  }

  #peerAfter(peer: FetchPeer): FetchPeer | undefined {
    const { peers } = this.#setup;
    return peers[(peers.indexOf(peer) + 1) % peers.length];
  }
}
