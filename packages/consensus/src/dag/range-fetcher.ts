// Pull by rounds, for a node that was away (docs/protocol.md §11): one request at a time, from the round after our last
// full one, to the peer that showed us we are behind; another peer takes over when one brings nothing new.

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
}

export class RangeFetcher {
  readonly #setup: RangeFetcherSetup;
  readonly #nextId: () => number;
  /** The one request under way; with an undefined peer it is a pause after all peers failed. */
  #request: RangeRequest | undefined;
  #peer: FetchPeer | undefined;
  /** Peers in a row that brought nothing. */
  #failureCount = 0;
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
  onFinished(quorumRound: number): readonly Effect[] {
    const request = this.#request;
    if (request === undefined) return [];
    this.#request = undefined;
    if (request.peer === undefined || quorumRound > request.quorumRound) this.#failureCount = 0;
    else {
      this.#failureCount += 1;
      this.#peer = this.#peerAfter(request.peer);
    }
    return [{ type: "cancelTimer", id: `fetch:${request.id}` }];
  }

  pump({ quorumRound, ahead }: RangeView): readonly Effect[] {
    this.#isBehind = ahead !== undefined && ahead.round > quorumRound + RANGE_GAP_ROUNDS;
    if (!this.#isBehind || ahead === undefined || this.#request !== undefined) return [];
    const id = this.#nextId();
    const isPause = this.#failureCount >= this.#setup.peers.length;
    this.#peer ??= this.#setup.peers.includes(ahead.from) ? ahead.from : this.#setup.peers[0];
    const peer = isPause ? undefined : this.#peer;
    this.#request = { id, peer, quorumRound };
    const timer: Effect = { type: "setTimer", id: `fetch:${id}`, delayMs: this.#setup.timeoutMs };
    if (peer === undefined) return [timer];
    const toRound = Math.min(ahead.round, quorumRound + this.#setup.roundsMax);
    const ask: Effect = {
      type: "fetchRange",
      fetchId: id,
      from: peer,
      fromRound: round(quorumRound + 1),
      toRound: round(toRound),
    };
    return [ask, timer];
  }

  #peerAfter(peer: FetchPeer): FetchPeer | undefined {
    const { peers } = this.#setup;
    return peers[(peers.indexOf(peer) + 1) % peers.length];
  }
}
