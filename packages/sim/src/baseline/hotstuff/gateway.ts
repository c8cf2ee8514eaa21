// Transactions of this validator's clients on their way to all mempools, at once or in batches; and the blocks made of them.

import { Author } from "./author.ts";
import { sealBlock } from "./codec.ts";
import type { HotStuffEffect, HotStuffSetup } from "./engine-port.ts";
import type { Mempool } from "./mempool.ts";
import type { HotStuffBlock, QuorumCertificate } from "./records.ts";

export class Gateway {
  readonly #setup: HotStuffSetup;
  readonly #mempool: Mempool;
  readonly #author: Author;
  #batch: Uint8Array[] = [];

  constructor(setup: HotStuffSetup, mempool: Mempool) {
    this.#setup = setup;
    this.#author = new Author(setup);
    this.#mempool = mempool;
  }

  take(transactions: readonly Uint8Array[]): readonly HotStuffEffect[] {
    this.#mempool.add(transactions);
    const { batchDelayUs } = this.#setup.params;
    const isFirst = this.#batch.length === 0;
    this.#batch.push(...transactions);
    if (batchDelayUs === 0) return this.flush();
    return isFirst ? [{ type: "setTimer", id: "batch", delayUs: batchDelayUs }] : [];
  }

  flush(): readonly HotStuffEffect[] {
    const transactions = this.#batch;
    this.#batch = [];
    if (transactions.length === 0 || this.#setup.committee.validators.length === 1) return [];
    return [{ type: "send", to: null, message: this.#author.gossip(transactions) }];
  }

  /** Extends the parent with what stands in no block between it and the last commit, as much as a block takes. */
  nextBlock(view: number, justify: QuorumCertificate, uncommitted: ChainEnd): HotStuffBlock {
    const { params, transactionsPerToken, weightOf, sha256, self } = this.#setup;
    const transactions = this.#mempool.choose(uncommitted.blocks, {
      transactionsMax: Math.max(1, Math.floor(params.blockTransactionsMax / transactionsPerToken)),
      bytesMax: params.blockBytesMax,
      weightOf,
    });
    return sealBlock(sha256, { view, author: self, height: uncommitted.height + 1, justify, transactions });
  }
}

/** Where a new block is put: the parent's height, and the blocks after the last commit up to the parent. */
export interface ChainEnd {
  readonly height: number;
  readonly blocks: readonly HotStuffBlock[];
}
