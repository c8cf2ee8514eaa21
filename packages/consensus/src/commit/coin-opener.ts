// Consults the coin for the committer: gathers the shares that blocks of C(k)'s decision round carry, asks once for each
// new such block, and remembers an opened coin. Nothing is verified before somebody asks (§6).

import { type CoinIndex, type ValidatorIndex, coinIndex } from "@selvedge/integrity";
import type { CoinContribution, CoinKeys } from "../coin/port.ts";
import type { DagState } from "../dag/dag-state.ts";
import type { Vertex } from "../dag/vertex-pool.ts";
import type { Fault } from "../fault.ts";
import { type SlotOrder, coinSlot } from "./slot-order.ts";

export interface CoinOpenerSetup {
  readonly dag: DagState;
  readonly order: SlotOrder;
  readonly coin: CoinKeys;
}

const NO_FAULTS: readonly Fault[] = [];

export class CoinOpener {
  readonly #setup: CoinOpenerSetup;
  readonly #opened = new Map<number, ValidatorIndex>();
  /** Blocks of the decision round that the last attempt for this coin had. */
  readonly #triedWith = new Map<number, number>();
  /** Blocks whose share was found bad: reported once, not looked at again. */
  readonly #bad = new Set<Vertex>();
  #unreported: Fault[] = [];

  constructor(setup: CoinOpenerSetup) {
    this.#setup = setup;
  }

  /** Undefined while C(coin) is not open. */
  authorOf(coin: number): ValidatorIndex | undefined {
    const known = this.#opened.get(coin);
    if (known !== undefined) return known;
    const sharers = this.#setup.dag.atRound(this.#setup.order.decisionRoundOf(coinSlot(coin)));
    if (sharers.length === (this.#triedWith.get(coin) ?? 0)) return undefined;
    this.#triedWith.set(coin, sharers.length);
    const author = this.#tryOpen(coinIndex(coin), sharers);
    if (author !== undefined) this.#opened.set(coin, author);
    return author;
  }

  /** Bad shares met since the last call. */
  takeFaults(): readonly Fault[] {
    if (this.#unreported.length === 0) return NO_FAULTS;
    const faults = this.#unreported;
    this.#unreported = [];
    return faults;
  }

  /** Forgets coins whose decision round is not above `round`. */
  forgetUpTo(round: number): void {
    const isPast = (coin: number): boolean => this.#setup.order.decisionRoundOf(coinSlot(coin)) <= round;
    for (const coins of [this.#opened, this.#triedWith]) {
      for (const coin of coins.keys()) if (isPast(coin)) coins.delete(coin);
    }
    for (const vertex of this.#bad) if (vertex.round <= round) this.#bad.delete(vertex);
  }

  #tryOpen(coin: CoinIndex, sharers: readonly Vertex[]): ValidatorIndex | undefined {
    const sources: Vertex[] = [];
    const shares: CoinContribution[] = [];
    for (const vertex of sharers) {
      const share = vertex.block?.header.coinShare ?? null;
      if (vertex.block === null || share === null || this.#bad.has(vertex)) continue;
      sources.push(vertex);
      shares.push({ author: vertex.block.ref.author, share });
    }
    const opening = this.#setup.coin.open(coin, shares);
    for (const position of opening.invalidPositions) this.#report(coin, sources[position]);
    return opening.author;
  }

  #report(coin: CoinIndex, vertex: Vertex | undefined): void {
    if (vertex === undefined || vertex.block === null) return;
    this.#bad.add(vertex);
    const { ref } = vertex.block;
    this.#unreported.push({ type: "badCoinShare", author: ref.author, coin, block: ref });
  }
}
