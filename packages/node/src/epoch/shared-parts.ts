// What a node keeps through the epochs of one process: the ledger, its proofs, the waiting transactions and headers, events
// and figures. Everything else is made anew for each committee.

import type { Crypto, Genesis, Store } from "@selvedge/integrity";
import type { Ledger } from "@selvedge/ledger";
import { createNodeCrypto, sha256 } from "../crypto.ts";
import { EventRing } from "../daemon/event-feed.ts";
import { ProofDesk } from "../daemon/proofs.ts";
import { TransactionPool } from "../daemon/transactions.ts";
import { NodeMetrics } from "../observability/metrics.ts";
import { StateStore } from "../storage/state-store.ts";
import { UnsettledUpdates } from "../sync/unsettled-updates.ts";

export interface SharedSetup {
  readonly genesis: Genesis;
  readonly store: Store;
  readonly nowMs: () => number;
}

type ProposeTransactions = (transactions: readonly Uint8Array[]) => void;

export class SharedParts {
  readonly metrics: NodeMetrics = new NodeMetrics();
  readonly crypto: Crypto;
  readonly events: EventRing;
  readonly transactions: TransactionPool;
  readonly unsettled: UnsettledUpdates = new UnsettledUpdates();
  #state: { readonly ledger: Ledger; readonly proofs: ProofDesk } | undefined;
  /** To the present epoch's engine; what is proposed before there is one is proposed again when there is. */
  #propose: ProposeTransactions = () => undefined;

  constructor({ genesis, store, nowMs }: SharedSetup) {
    this.crypto = createNodeCrypto(() => this.metrics.count("signatures_slow_total"));
    this.events = new EventRing(nowMs);
    const state = new StateStore(store, sha256);
    this.transactions = new TransactionPool({
      sha256,
      blockBytesMax: genesis.params.transactionBytesMax,
      propose: (batch) => this.#propose(batch),
      committedAt: (digest) => state.transactionCommit(digest),
    });
  }

  /** The ledger goes on through all epochs: it is restored once. */
  async ledgerFrom(restore: () => Promise<Ledger>): Promise<Ledger> {
    if (this.#state === undefined) {
      const ledger = await restore();
      this.#state = { ledger, proofs: new ProofDesk(ledger) };
    }
    return this.#state.ledger;
  }

  proofsOf(ledger: Ledger): ProofDesk {
    return this.#state?.ledger === ledger ? this.#state.proofs : new ProofDesk(ledger);
  }

  proposeTo(propose: ProposeTransactions): void {
    this.#propose = propose;
  }
}
