// What a node is made from and made of: the types that its assembly (node.ts), its services and its inbound side share.

import type { EngineSetup, RecoveredState } from "@selvedge/consensus";
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
import type { EpochAt } from "../epoch/epoch-at.ts";
import type { EpochEventPort } from "../epoch/epoch-port.ts";
import type { EngineSlot } from "../host/engine-slot.ts";
import type { Executor } from "../host/executor.ts";
import type { Host } from "../host/host.ts";
import type { NumberWork } from "../host/worker-pool.ts";
import type { Transport } from "../network/transport.ts";
import type { NodeLogger } from "../observability/log.ts";
import type { NodeMetrics } from "../observability/metrics.ts";
import type { PayloadService } from "../payload/payload-service.ts";
import type { BackgroundPruner } from "../prune/background-pruner.ts";
import type { PrunePolicy } from "../prune/policy.ts";
import type { ChainStore } from "../storage/chain-store.ts";
import type { DiskRoom } from "../storage/disk-use.ts";
import type { OpenReport } from "../storage/open-store.ts";
import type { PayloadStore } from "../storage/payload-store.ts";
import type { SafetyFile } from "../storage/safety-file.ts";
import type { StateStore } from "../storage/state-store.ts";
import type { CatchUp } from "../sync/catch-up.ts";
import type { TrustRoot } from "../sync/trust-root.ts";
import type { EventRing } from "./event-feed.ts";
import type { NodeIdentity } from "./identity.ts";
import type { NodeJournal } from "./journal.ts";
import type { ProofDesk } from "./proofs.ts";
import type { Reexecution } from "./reexecution.ts";
import type { ScrubReport } from "./services.ts";
import type { TransactionPool } from "./transactions.ts";
import type { UpdateDesk } from "./updates.ts";

export type BlockVerifier = (bytes: Uint8Array) => Result<VerifiedBlock, BlockRejection>;

export interface SyncOptions {
  /** "full" takes every commit in; "state" begins an empty home with a state; "auto" (default) only if commits are gone. */
  readonly mode?: "auto" | "full" | "state";
  readonly trustRoot?: TrustRoot | null;
  readonly gapCommits?: number;
  readonly retryMs?: number;
  readonly bufferBytesMax?: number;
  readonly pauseMs?: number;
}

/** The network of one epoch: who is a validator in it, and who we are. */
export interface WantedTransport {
  readonly crypto: Crypto;
  readonly committee: Committee;
  readonly chainId: ChainId;
  readonly identity: NodeIdentity;
}

export interface NodeSetup {
  readonly genesis: Genesis;
  readonly store: Store;
  /** What opening the store found; absent for a store that is no database. */
  readonly storeReport?: OpenReport;
  /** How long a start waits for peers to give back what the store lost. */
  readonly healPatienceMs?: number;
  readonly safety: SafetyFile | null;
  readonly identity: NodeIdentity;
  readonly work: NumberWork;
  readonly consensus: {
    readonly roundDelayMinMs: number;
    readonly leaderTimeoutMs: number;
    readonly idleRoundDelayMs: number;
    readonly ownUncommittedBytesMax: number;
    /** 0 if absent: nobody is asked before the first signature. */
    readonly doppelgangerRounds?: number;
  };
  readonly snapshotEveryCommits: number;
  /** When to catch up by ranges; the defaults of sync/limits.ts if absent. */
  readonly sync?: SyncOptions;
  /** Aborted when the node is to stop, also while it starts. */
  readonly stopped?: AbortSignal;
  /** Room that is left for the data; unknown if absent. */
  readonly diskRoom?: () => DiskRoom | undefined;
  /** When the files were last read and checked; never if absent. */
  readonly lastScrub?: () => ScrubReport | undefined;
  /** How much of the past stays; everything if absent. */
  readonly prune?: PrunePolicy;
  readonly makeTransport: (wanted: WantedTransport) => Promise<Transport>;
  readonly logger: NodeLogger;
  readonly version: string;
  readonly nowMs: () => number;
  /** Told once, when the node cannot go on; the owner stops it and exits. */
  readonly onFatal: (error: unknown) => void;
}

/** Everything a node is made of; handed to the services that look into it. */
export interface NodeParts {
  readonly chainId: ChainId;
  readonly at: EpochAt;
  readonly committee: Committee;
  readonly engine: EngineSlot;
  readonly engineSetup: EngineSetup;
  /** What an engine that starts now goes on from. */
  readonly restoreEngine: () => Promise<RecoveredState | undefined>;
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
  readonly epochEvents: EpochEventPort;
  readonly host: Host;
  readonly pruner: BackgroundPruner;
  readonly reexecution: Reexecution;
  readonly catchUp: CatchUp;
  readonly lifetime: AbortController;
  /** One for all that the node verifies: keys are imported once, and the slow path is counted. */
  readonly crypto: Crypto;
  readonly verify: BlockVerifier;
}
