// Whom a node that catches up asks: the connected validators, several at once, the least busy first and those that were
// slow last. A peer that lies pays and is left alone for a while, one that stalls is left alone and pays nothing, nor does
// one that has nothing to give. Owns no data; what an answer is worth is its caller's to judge.

import { setTimeout as sleep } from "node:timers/promises";
import type { ValidatorIndex } from "@selvedge/integrity";
import { NetworkError } from "../network/network-error.ts";
import type { ChainAnswer, ChainRequest, Transport } from "../network/transport.ts";
import {
  PENALTY_SYNC_LIE,
  SYNC_EMPTY_ROUNDS_MAX,
  SYNC_LAST_CHOICE_MS,
  SYNC_PAUSE_MS,
  SYNC_PEER_REST_MS,
  SYNC_REQUEST_TIMEOUT_MS,
  SYNC_SLOW_ANSWER_MS,
} from "./limits.ts";

export interface SyncPeersSetup {
  readonly transport: Transport;
  readonly self: ValidatorIndex | null;
  readonly stopped: AbortSignal;
  readonly nowMs: () => number;
  readonly requestTimeoutMs?: number;
  readonly pauseMs?: number;
}

/** Thrown by a judge: these bytes cannot come from an honest peer. */
export class PeerLied extends Error {
  override readonly name = "PeerLied";
}

/** Thrown by a judge: the peer does not have it, and need not. */
export class NothingHere extends Error {
  override readonly name = "NothingHere";
}

/** Every connected peer was asked, more than once, and none has it. */
export class NobodyHas extends Error {
  override readonly name = "NobodyHas";
}

/** One question: asks a peer and judges the answer, by returning a value or throwing one of the above. */
export type Question<Value> = (peer: ValidatorIndex, signal: AbortSignal) => Promise<Value>;

export class SyncPeers {
  readonly #setup: SyncPeersSetup;
  /** Requests of ours on their way, by peer. */
  readonly #busy = new Map<ValidatorIndex, number>();
  /** Peers that failed, until when they rest. */
  readonly #restsUntilMs = new Map<ValidatorIndex, number>();
  /** Peers that took long, until when all others are asked before them: one item in each late answer is progress too. */
  readonly #lastChoiceUntilMs = new Map<ValidatorIndex, number>();

  constructor(setup: SyncPeersSetup) {
    this.#setup = setup;
  }

  get stopped(): AbortSignal {
    return this.#setup.stopped;
  }

  get connected(): readonly ValidatorIndex[] {
    return this.#setup.transport
      .peers()
      .flatMap(({ remote, isConnected }) =>
        isConnected && remote.kind === "validator" && remote.index !== this.#setup.self ? [remote.index] : [],
      );
  }

  /**
   * Asks one peer after the other until one satisfies the question. Rejects with NobodyHas after so many rounds in which
   * somebody said that it has nothing and nobody had more, or when the node stops.
   */
  async ask<Value>(question: Question<Value>, emptyRoundsMax: number = SYNC_EMPTY_ROUNDS_MAX): Promise<Value> {
    for (let round = 0; ;) {
      const asked = new Set<ValidatorIndex>();
      let hasNothing = false;
      for (let peer = this.#next(asked); peer !== undefined; peer = this.#next(asked)) {
        asked.add(peer);
        const outcome = await this.#try(peer, question);
        if (outcome.type === "answer") return outcome.value;
        hasNothing ||= outcome.type === "nothing";
      }
      // Whoever failed may have it and is asked again after its rest; but nobody holds us up by failing for ever.
      if (hasNothing) round += 1;
      if (round >= emptyRoundsMax) throw new NobodyHas("no connected validator has what was asked for");
      await this.#pause();
    }
  }

  /** A part of the chain, of the type asked for. */
  async fetch<Type extends ChainRequest["type"]>(
    peer: ValidatorIndex,
    request: Extract<ChainRequest, { readonly type: Type }>,
    signal: AbortSignal,
  ): Promise<Extract<ChainAnswer, { readonly type: Type }>> {
    const answer = await this.#setup.transport.fetchChain(peer, request, signal);
    if (isOfType<Type>(answer, request.type)) return answer;
    throw new PeerLied(`${request.type} were asked for`);
  }

  fetchBlocks: Transport["fetchBlocks"] = (from, request, signal) =>
    this.#setup.transport.fetchBlocks(from, request, signal);

  /** For a lie that shows only later. */
  blame(peer: ValidatorIndex, reason: string): void {
    this.#rest(peer);
    this.#setup.transport.penalise({ kind: "validator", index: peer }, PENALTY_SYNC_LIE, reason);
  }

  #next(asked: ReadonlySet<ValidatorIndex>): ValidatorIndex | undefined {
    const nowMs = this.#setup.nowMs();
    const rested = this.connected.filter((peer) => !asked.has(peer) && (this.#restsUntilMs.get(peer) ?? 0) <= nowMs);
    const isLastChoice = (peer: ValidatorIndex): number => Number((this.#lastChoiceUntilMs.get(peer) ?? 0) > nowMs);
    return rested.toSorted(
      (left, right) => isLastChoice(left) - isLastChoice(right) || this.#load(left) - this.#load(right),
    )[0];
  }

  #load(peer: ValidatorIndex): number {
    return this.#busy.get(peer) ?? 0;
  }

  async #try<Value>(peer: ValidatorIndex, question: Question<Value>): Promise<Outcome<Value>> {
    const { stopped, nowMs, requestTimeoutMs = SYNC_REQUEST_TIMEOUT_MS } = this.#setup;
    stopped.throwIfAborted();
    const timeout = AbortSignal.timeout(requestTimeoutMs);
    const beganMs = nowMs();
    this.#busy.set(peer, this.#load(peer) + 1);
    try {
      return { type: "answer", value: await question(peer, AbortSignal.any([stopped, timeout])) };
    } catch (error) {
      stopped.throwIfAborted();
      return this.#judge(peer, error);
    } finally {
      this.#busy.set(peer, this.#load(peer) - 1);
      if (nowMs() - beganMs > SYNC_SLOW_ANSWER_MS) this.#lastChoiceUntilMs.set(peer, nowMs() + SYNC_LAST_CHOICE_MS);
    }
  }

  #judge(peer: ValidatorIndex, error: unknown): Outcome<never> {
    if (error instanceof NothingHere) return { type: "nothing" };
    if (error instanceof PeerLied) {
      this.blame(peer, error.message);
      return { type: "failure" };
    }
    if (!(error instanceof NetworkError)) throw error;
    if (error.code === "RESPONSE_EMPTY") return { type: "nothing" };
    if (error.code === "PEER_BUSY") return { type: "failure" };
    // No points for silence: a link that fails in one direction makes honest peers silent to one another.
    this.#rest(peer);
    return { type: "failure" };
  }

  #rest(peer: ValidatorIndex): void {
    this.#restsUntilMs.set(peer, this.#setup.nowMs() + SYNC_PEER_REST_MS);
  }

  async #pause(): Promise<void> {
    const { stopped, pauseMs = SYNC_PAUSE_MS } = this.#setup;
    // Rejects only when stopped; the signal's own reason tells callers so.
    await sleep(pauseMs, undefined, { signal: stopped }).catch(() => undefined);
    stopped.throwIfAborted();
  }
}

type Outcome<Value> =
  | { readonly type: "answer"; readonly value: Value }
  | { readonly type: "nothing" }
  | { readonly type: "failure" };

function isOfType<Type extends ChainAnswer["type"]>(
  answer: ChainAnswer,
  type: Type,
): answer is Extract<ChainAnswer, { readonly type: Type }> {
  return answer.type === type;
}
