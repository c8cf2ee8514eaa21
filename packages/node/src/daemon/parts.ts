// What a node is made from and made of: the types that its assembly (node.ts), its services and its inbound side share.

import type { ConsensusEngine } from "@selvedge/consensus";
import type {
  BlockRejection,
  ChainId,
  Committee,
  Crypto,
  Genesis,
  Result,
  Store,
  VerifiedBlock,
} from "@selvedge/integrity";
import type { Ledger } from "@selvedge/ledger";
import type { Executor } from "../host/executor.ts";
import type { Host } from "../host/host.ts";
import type { NumberWork } from "../host/worker-pool.ts";
import type { Transport } from "../network/transport.ts";
import type { NodeLogger } from "../observability/log.ts";
import type { NodeMetrics } from "../observability/metrics.ts";
import type { PayloadService } from "../payload/payload-service.ts";
import type { ChainStore } from "../storage/chain-store.ts";
import type { PayloadStore } from "../storage/payload-store.ts";
import type { SafetyFile } from "../storage/safety-file.ts";
import type { StateStore } from "../storage/state-store.ts";
import type { EventRing } from "./event-feed.ts";
import type { NodeIdentity } from "./identity.ts";
import type { NodeJournal } from "./journal.ts";
import type { ProofDesk } from "./proofs.ts";
import type { TransactionPool } from "./transactions.ts";
import type { UpdateDesk } from "./updates.ts";

export type BlockVerifier = (bytes: Uint8Array) => Result<VerifiedBlock, BlockRejection>;

export interface NodeSetup {
  readonly genesis: Genesis;
  readonly store: Store;
  readonly safety: SafetyFile | null;
  readonly identity: NodeIdentity;
  readonly work: NumberWork;
  readonly consensus: {
    readonly roundDelayMinMs: number;
    readonly leaderTimeoutMs: number;
    readonly idleRoundDelayMs: number;
    readonly ownUncommittedBytesMax: number;
  };
  readonly snapshotEveryCommits: number;
  readonly makeTransport: (crypto: Crypto, committee: Committee, chainId: ChainId) => Promise<Transport>;
  readonly logger: NodeLogger;
  readonly version: string;
  readonly nowMs: () => number;
  /** Told once, when the node cannot go on; the owner stops it and exits. */
  readonly onFatal: (error: unknown) => void;
}

/** Everything a node is made of; handed to the services that look into it. */
export interface NodeParts {
  readonly chainId: ChainId;
  readonly committee: Committee;
  readonly engine: ConsensusEngine;
  readonly ledger: Ledger;
  readonly chain: ChainStore;
  readonly state: StateStore;
  readonly payloadStore: PayloadStore;
  readonly payloads: PayloadService;
  readonly transactions: TransactionPool;
  readonly updates: UpdateDesk;
  readonly proofs: ProofDesk;
  readonly journal: NodeJournal;
  readonly events: EventRing;
  readonly metrics: NodeMetrics;
  readonly transport: Transport;
  readonly executor: Executor;
  readonly host: Host;
  readonly lifetime: AbortController;
  /** One for all that the node verifies: keys are imported once, and the slow path is counted. */
  readonly crypto: Crypto;
  readonly verify: BlockVerifier;
}
