// Listens to the host and the executor and tells everybody else: metrics, events, logs, waiting transactions, proofs.
// Decides nothing and may not fail.

import type { EngineStatus, Fault } from "@selvedge/consensus";
import {
  type AvailabilityReceipt,
  type BlockDigest,
  type CheckpointCertificate,
  type Rejection,
  type SealedCommit,
  type SignedUpdate,
  type UpdateDigest,
  type VerifiedBlock,
  slotName,
} from "@selvedge/integrity";
import type { DoneResult, LedgerEvent } from "@selvedge/ledger";
import { NodeError } from "../errors.ts";
import type { HostObserver } from "../host/host.ts";
import { FaultLog } from "../observability/fault-log.ts";
import type { NodeLogger } from "../observability/log.ts";
import type { NodeMetrics } from "../observability/metrics.ts";
import { signedElsewhere } from "../safety/safety-check.ts";
import type { ChainStore } from "../storage/chain-store.ts";
import type { StateStore } from "../storage/state-store.ts";
import type { EventRing } from "./event-feed.ts";
import type { ProofDesk } from "./proofs.ts";
import type { TransactionPool } from "./transactions.ts";

export interface JournalSetup {
  readonly setup: {
    readonly logger: NodeLogger;
    readonly nowMs: () => number;
    readonly onFatal: (error: unknown) => void;
  };
  readonly events: EventRing;
  readonly metrics: NodeMetrics;
  readonly proofs: ProofDesk;
  readonly state: StateStore;
  readonly chain: ChainStore;
  readonly transactions: TransactionPool;
  readonly engineStatus: () => EngineStatus;
  readonly onCertificate: (certificate: CheckpointCertificate) => void;
  readonly stopped: AbortSignal;
}

/** Times kept for latency figures, oldest dropped. */
const TIMES_KEPT_MAX = 4096;

export class NodeJournal implements HostObserver {
  readonly #parts: JournalSetup;
  readonly #faultLog: FaultLog;
  readonly #ownBlockMadeMs = new Map<BlockDigest, number>();
  readonly #proposedMs = new Map<UpdateDigest, number>();
  #lastCommitMs: number | null = null;
  #latestCheckpoint: CheckpointCertificate | undefined;

  constructor(parts: JournalSetup) {
    this.#parts = parts;
    this.#faultLog = new FaultLog(parts.setup.logger, parts.setup.nowMs);
  }

  get lastCommitMs(): number | null {
    return this.#lastCommitMs;
  }

  get latestCheckpoint(): CheckpointCertificate | undefined {
    return this.#latestCheckpoint;
  }

  /** After a restart, before anything is certified anew. */
  restoreCheckpoint(certificate: CheckpointCertificate | undefined): void {
    this.#latestCheckpoint ??= certificate;
  }

  readonly onOwnBlock = (block: VerifiedBlock): void => {
    this.#parts.metrics.count("blocks_own_total");
    this.#parts.metrics.set("round", block.ref.round);
    remember(this.#ownBlockMadeMs, block.ref.digest, this.#now());
  };

  readonly onAccepted = (blocks: readonly VerifiedBlock[]): void => {
    this.#parts.metrics.count("blocks_accepted_total", blocks.length);
  };

  readonly onPersisted = (tookMs: number): void => {
    this.#parts.metrics.observeSeconds("persist_seconds", tookMs / 1000);
  };

  readonly onCommit = (sealed: SealedCommit, blocks: readonly VerifiedBlock[]): void => {
    const { metrics, transactions, events } = this.#parts;
    const { commit } = sealed;
    this.#lastCommitMs = this.#now();
    metrics.count("commits_total");
    metrics.set("commit_index", commit.index);
    const { parkedCount, blocksInMemory } = this.#parts.engineStatus();
    metrics.set("parked_blocks", parkedCount);
    metrics.set("blocks_in_memory", blocksInMemory);
    const transactionCount = transactions.onCommit(commit.index, blocks);
    metrics.count("transactions_committed_total", transactionCount);
    metrics.set("transactions_pending", transactions.pendingCount);
    const ownLatenciesMs = blocks.flatMap(({ ref }) => this.#observeOwnBlock(ref.digest) ?? []);
    events.publish("commit", {
      index: commit.index,
      digest: sealed.digest,
      slot: slotName(commit.slot),
      round: commit.leader.round,
      leader: commit.leader.author,
      blocks: blocks.length,
      transactions: transactionCount,
      // Of the oldest own block in it, from making it to here; null without one.
      ownLatencyMs: ownLatenciesMs.length === 0 ? null : Math.max(...ownLatenciesMs),
    });
  };

  readonly onProposed = (update: SignedUpdate): void => {
    remember(this.#proposedMs, update.digest, this.#now());
    this.#publishUpdate("received", update.digest, { device: update.header.deviceId, model: update.header.modelId });
  };

  readonly onUpdateRefused = (update: SignedUpdate, cause: Rejection): void => {
    this.#parts.metrics.count("updates_refused_total");
    this.#publishUpdate("refused", update.digest, { device: update.header.deviceId, code: cause.code });
  };

  readonly onReceipt = (update: UpdateDigest, receipt: AvailabilityReceipt): void => {
    this.#parts.metrics.count("receipts_total");
    const proposedMs = this.#proposedMs.get(update);
    const latencyMs = proposedMs === undefined ? null : this.#now() - proposedMs;
    if (latencyMs !== null) this.#parts.metrics.observeSeconds("receipt_seconds", latencyMs / 1000);
    this.#proposedMs.delete(update);
    this.#save(this.#parts.state.putReceipt(receipt));
    this.#publishUpdate("receipt", update, { acks: receipt.acks.length, latencyMs });
  };

  readonly onCheckpoint = (certificate: CheckpointCertificate): void => {
    this.#parts.metrics.count("checkpoints_total");
    this.#latestCheckpoint = certificate;
    this.#parts.proofs.onCheckpoint(certificate);
    this.#parts.onCertificate(certificate);
    this.#save(this.#parts.state.putCheckpoint(certificate));
    const { index, stateRoot } = certificate.statement;
    this.#parts.events.publish("checkpoint", { index, stateRoot, signatures: certificate.signatures.length });
  };

  readonly onFault = (fault: Fault): void => {
    const { metrics, events, setup } = this.#parts;
    metrics.fault(fault.type);
    this.#faultLog.write(fault);
    events.publish("fault", { type: fault.type });
    if (fault.type === "equivocation") this.#save(this.#parts.chain.putEquivocator(fault.author));
    if (fault.type === "signedElsewhere") setup.onFatal(signedElsewhere(fault.block));
    if (fault.type === "stateDivergence") {
      // More than F stake signed another state for the same commit: stop, keep the evidence, never limp (§7).
      setup.onFatal(
        new NodeError(
          "STATE_DIVERGED",
          `validators signed different states of commit ${fault.index}: ${fault.roots.join(", ")}`,
        ),
      );
    }
  };

  readonly onFatal = (error: unknown): void => this.#parts.setup.onFatal(error);

  onExecuted(result: DoneResult): void {
    this.#parts.metrics.set("executed_index", result.index);
    this.#parts.proofs.onExecuted(result.index, result.stateRoot);
    for (const event of result.events) this.#onLedgerEvent(event);
  }

  #onLedgerEvent(event: LedgerEvent): void {
    switch (event.type) {
      case "updateOutput":
        this.#publishUpdate("output", event.update.digest, { device: event.update.header.deviceId });
        return;
      case "updateCertified":
        this.#publishUpdate("certified", event.update, {});
        return;
      case "updateDropped":
      case "updateRefused":
        this.#publishUpdate("refused", event.update, { code: event.code });
        return;
      case "updateExpired":
        this.#publishUpdate("expired", event.update, {});
        return;
      case "versionClosed": {
        const { record, digest } = event.record;
        this.#parts.metrics.count("versions_total");
        const { modelId, version, weightsRoot, commitIndex } = record;
        this.#parts.events.publish("version", {
          model: modelId,
          version,
          digest,
          weightsRoot,
          updates: record.updates.length,
          commitIndex,
        });
        return;
      }
      // The committee's events are epoch/epoch-events.ts' to follow.
      default:
    }
  }

  #publishUpdate(state: string, update: UpdateDigest, more: Readonly<Record<string, string | number | null>>): void {
    this.#parts.events.publish("update", { update, state, ...more });
  }

  #observeOwnBlock(digest: BlockDigest): number | undefined {
    const madeMs = this.#ownBlockMadeMs.get(digest);
    if (madeMs === undefined) return undefined;
    this.#ownBlockMadeMs.delete(digest);
    const latencyMs = this.#now() - madeMs;
    this.#parts.metrics.observeSeconds("own_block_commit_seconds", latencyMs / 1000);
    return latencyMs;
  }

  /** Writes that nothing waits for; a failing disk is fatal all the same, but not a store that a stop has closed. */
  #save(writing: Promise<void>): void {
    writing.catch((error: unknown) => {
      if (!this.#parts.stopped.aborted) this.#parts.setup.onFatal(error);
    });
  }

  #now(): number {
    return this.#parts.setup.nowMs();
  }
}

function remember<Key>(times: Map<Key, number>, key: Key, timeMs: number): void {
  times.set(key, timeMs);
  const [oldest] = times.keys();
  if (times.size > TIMES_KEPT_MAX && oldest !== undefined) times.delete(oldest);
}
