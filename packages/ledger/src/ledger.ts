// The state machine: ordered commits in, state roots, events and aggregation jobs out (docs/protocol.md §8). It reads
// no clock, does no I/O and runs no kernel: equal genesis and equal commits give equal roots, whenever jobs complete.

import {
  type CommitIndex,
  type DeviceId,
  type Digest,
  type ModelId,
  type Rejection,
  type Result,
  type UpdateDigest,
  type VersionNumber,
  assert,
  commitIndex,
  committeeOfEpoch,
  consistencyPath,
  digestToBytes,
  epochStartOf,
  err,
  mustExist,
  ok,
  rejection,
  wireInteger,
  zeroDigest,
} from "@selvedge/integrity";
import { type AggregationJob, type AggregationOutcome, type JobId, METRIC_REFUSED } from "./aggregate/job.ts";
import { epochInfoOf } from "./epoch-info.ts";
import { proveEpoch } from "./epoch-proof.ts";
import type { LedgerEvent } from "./event.ts";
import {
  type ApplyResult,
  type CommitInput,
  type Ledger,
  type LedgerOptions,
  governanceOptionsOf,
} from "./ledger-api.ts";
import { freshSequences } from "./module/account.ts";
import { type AuthorisationView, checkDelta, checkUpdate } from "./module/authorisation.ts";
import { CommitteeState } from "./module/committee-state.ts";
import { Identity } from "./module/identity.ts";
import { TransactionLog } from "./module/log.ts";
import { type Model, modelKey, modelsOf } from "./module/model.ts";
import type { PendingUpdate } from "./module/pending-update.ts";
import { UpdateBook } from "./module/update.ts";
import { dropStale, jobOf, takeForVersion } from "./module/version-policy.ts";
import type { SequenceInfo, UpdateStatus } from "./query.ts";
import type { Position, RestoredState } from "./restored-state.ts";
import { restoreState } from "./snapshot-restore.ts";
import { encodeSnapshot } from "./snapshot.ts";
import type { LineageConsistencyProof, VersionProof } from "./state-proof.ts";
import { StateTree } from "./state-tree.ts";

/** The state at genesis. */
export function createLedger(options: LedgerOptions): Ledger {
  return ledgerOver(new LedgerState(options));
}

/** A ledger as it was when `exportSnapshot` made these bytes; refused unless chain id and state root fit. */
export function restoreLedger(options: LedgerOptions, snapshot: Uint8Array): Result<Ledger, Rejection> {
  const restored = restoreState(snapshot, options);
  if (!restored.ok) return restored;
  const state = new LedgerState(options, restored.value);
  if (state.stateRoot !== restored.value.stateRoot) {
    return err(
      rejection("SNAPSHOT_ROOT_MISMATCH", "the snapshot's content does not have the state root that it claims"),
    );
  }
  return ok(ledgerOver(state));
}

/** A version whose aggregation is under way. */
interface Closing {
  readonly job: AggregationJob;
  readonly model: Model;
  readonly taken: readonly PendingUpdate[];
  outcome: AggregationOutcome | undefined;
}

/** The commit in execution between `apply` and its state root. */
interface OpenCommit extends Position {
  readonly events: LedgerEvent[];
  /** Ascending by model id. */
  readonly closings: readonly Closing[];
}

const GENESIS_POSITION: Position = {
  index: commitIndex(0),
  commitDigest: zeroDigest(),
  consensusStateDigest: zeroDigest(),
};

class LedgerState {
  readonly options: LedgerOptions;
  readonly committee: CommitteeState;
  readonly identity: Identity;
  /** Ascending by id. */
  readonly models: ReadonlyMap<ModelId, Model>;
  readonly book: UpdateBook;
  readonly log: TransactionLog;
  readonly tree: StateTree;
  readonly view: AuthorisationView;
  /** The last fully executed commit. */
  #position: Position;
  #stateRoot: Digest;
  /** Set from `apply` to the completion of its last job. */
  #open: OpenCommit | undefined;

  constructor(options: LedgerOptions, restored?: RestoredState) {
    const { genesis, chainId, crypto } = options;
    const { sha256 } = crypto;
    const { limits } = governanceOptionsOf(options);
    this.options = options;
    this.committee = new CommitteeState(governanceOptionsOf(options), epochStartOf(genesis), restored?.committee);
    const { coming } = this.committee;
    this.identity = new Identity(sha256, genesis.devices);
    this.models = restored?.models ?? modelsOf(sha256, genesis);
    this.log = restored?.log ?? new TransactionLog(sha256, limits.logDedupeMax);
    this.book = new UpdateBook({
      sha256,
      committee: committeeOfEpoch(coming),
      epochBase: coming.base.index,
      params: genesis.params,
      limits,
      models: this.models,
      isEnrolled: (device) => this.identity.device(device) !== undefined,
      ...(restored && { finished: restored.finished }),
    });
    restored?.fill(this.book);
    this.view = {
      sha256,
      chainId,
      params: genesis.params,
      identity: this.identity,
      models: this.models,
      accountOf: (device, model) => this.book.accountOf(device, model),
      isRefused: (update) => this.book.isRefused(update),
    };
    const keys = ["chain", "consensus", "epoch", "identity", "log", "updates"];
    this.tree = new StateTree(sha256, [...keys, ...[...this.models.keys()].map(modelKey)]);
    this.tree.set("identity", [genesis.devices.length, digestToBytes(this.identity.root)]);
    this.#position = restored?.position ?? GENESIS_POSITION;
    this.#stateRoot = this.#refreshTree();
  }

  get position(): Position {
    return this.#position;
  }

  get stateRoot(): Digest {
    return this.#stateRoot;
  }

  get openJobs(): readonly AggregationJob[] {
    return (this.#open?.closings ?? []).filter(({ outcome }) => outcome === undefined).map(({ job }) => job);
  }

  get isOpen(): boolean {
    return this.#open !== undefined;
  }

  apply({ commit, blocks, consensusStateDigest }: CommitInput): ApplyResult {
    assert(this.#open === undefined, "nothing is executed while a job is open");
    const { index, previous } = commit.commit;
    assert(index === this.#position.index + 1, "commits are executed one after another");
    assert(previous === this.#position.commitDigest, "a commit names the one before it");
    this.committee.enter(commit);
    const events: LedgerEvent[] = [];
    this.book.execute(blocks, this.view, { index, events });
    this.#appendToLog(blocks, index, events);
    const end = this.committee.execute(commit, blocks, { index, events });
    const closings = this.#closeVersions(index, events);
    if (end !== undefined) this.book.beginEpoch(end.committee, end.listed, { index, events });
    this.#open = { index, commitDigest: commit.digest, consensusStateDigest, events, closings };
    return this.#advance();
  }

  complete(jobId: JobId, outcome: AggregationOutcome): ApplyResult {
    const closing = this.#open?.closings.find(({ job }) => job.id === jobId);
    assert(closing !== undefined && closing.outcome === undefined, "an outcome is that of an open job");
    closing.outcome = outcome;
    return this.#advance();
  }

  #appendToLog(blocks: CommitInput["blocks"], index: CommitIndex, events: LedgerEvent[]): void {
    const firstPosition = this.log.size;
    const digests = this.log.append(blocks.flatMap(({ body }) => body.transactions));
    if (digests.length > 0) events.push({ type: "transactionsLogged", firstPosition, digests, commitIndex: index });
  }

  /** U7: at most one version per model and commit. */
  #closeVersions(index: CommitIndex, events: LedgerEvent[]): readonly Closing[] {
    const closings: Closing[] = [];
    for (const model of this.models.values()) {
      for (const stale of dropStale(model)) {
        this.book.finish(stale, { type: "dropped", code: "UPDATE_TOO_STALE" });
        events.push({ type: "updateDropped", update: stale.update.digest, code: "UPDATE_TOO_STALE" });
      }
      const taken = takeForVersion(model, index);
      if (taken.length > 0) closings.push({ job: jobOf(model, taken, index), model, taken, outcome: undefined });
    }
    return closings;
  }

  /** Ends the open commit if no job is left. */
  #advance(): ApplyResult {
    const open = mustExist(this.#open, "a commit is in execution");
    const jobs = this.openJobs;
    if (jobs.length > 0) return { type: "aggregate", index: open.index, jobs };
    // In the order of models, whatever order the outcomes came in.
    for (const closing of open.closings) this.#finishVersion(closing, open);
    this.#open = undefined;
    this.#position = open;
    const closed = this.book.closedOfChanged;
    this.#stateRoot = this.#refreshTree();
    const { index, commitDigest, events } = open;
    return { type: "done", index, commitDigest, stateRoot: this.#stateRoot, events, closed };
  }

  #finishVersion({ job, model, taken, outcome }: Closing, { events, index }: OpenCommit): void {
    const { weightsRoot, weightsBytes, metrics } = mustExist(outcome, "the job is completed");
    const updates = taken.map(({ update, score }, position) => ({
      update: update.digest,
      weight: mustExist(job.updates[position], "a job names what was taken").weight,
      score,
    }));
    const record = model.close({ updates, weightsRoot, weightsBytes, metrics, commitIndex: index });
    for (const pending of taken) {
      this.book.finish(pending, { type: "applied", modelId: model.id, version: record.record.version });
    }
    events.push({ type: "versionClosed", record });
    if (metrics.some(({ name }) => name === METRIC_REFUSED)) {
      events.push({ type: "aggregateRefused", modelId: model.id, version: record.record.version });
    }
  }

  #refreshTree(): Digest {
    const { index, commitDigest, consensusStateDigest } = this.#position;
    this.tree.set("chain", [wireInteger(index), digestToBytes(commitDigest)]);
    this.tree.set("consensus", [digestToBytes(consensusStateDigest)]);
    this.tree.set("epoch", this.committee.stateFields());
    this.tree.set("log", this.log.stateFields());
    this.tree.set("updates", this.book.stateFields());
    for (const model of this.models.values()) {
      const fields = model.takeChangedFields();
      if (fields !== undefined) this.tree.set(modelKey(model.id), fields);
    }
    return this.tree.root();
  }
}

function ledgerOver(state: LedgerState): Ledger {
  const { models, book, identity, view } = state;
  return {
    apply: (input) => state.apply(input),
    complete: (jobId, outcome) => state.complete(jobId, outcome),
    openJobs: () => state.openJobs,
    checkUpdate: (header) => checkUpdate(view, header),
    checkDelta: (id, delta) => checkDelta(models.get(id), delta),
    closedSequences: () => book.accounts.map(({ closed }) => closed),
    lastCommitIndex: () => state.position.index,
    stateRoot: () => state.stateRoot,
    consensusStateDigest: () => state.position.consensusStateDigest,
    updateStatus: (update) => statusOf(book, update),
    pendingUpdate: (update) => book.pendingOf(update)?.update,
    models: () => [...models.values()].map((model) => model.info()),
    model: (id) => models.get(id)?.info(),
    versions: (id) => models.get(id)?.lineage ?? [],
    devices: () => identity.devices(),
    device: (id) => identity.device(id),
    sequenceInfo: (device, id) => sequenceInfoOf(view, device, id),
    loggedCount: () => state.log.size,
    proveVersion: (id, version) => proveVersion(state, id, version),
    proveLineage: (id, fromCount, toCount) => proveLineage(state, id, { fromCount, toCount }),
    epochInfo: () => epochInfoOf(state.committee),
    keyDealings: (epochNumber) =>
      epochNumber === undefined ? state.committee.keyDealings : state.committee.keyDealingsIn(epochNumber),
    uncertifiedUpdates: () => book.uncertified,
    proveEpoch: () => proveEpoch(state.tree, state.committee),
    exportSnapshot: () => exportSnapshot(state),
  };
}

function statusOf(book: UpdateBook, update: UpdateDigest): UpdateStatus {
  const outcome = book.outcomeOf(update);
  if (outcome?.type === "applied") return { state: "applied", modelId: outcome.modelId, version: outcome.version };
  if (outcome?.type === "dropped") return { state: "dropped", code: outcome.code };
  const pending = book.pendingOf(update);
  if (pending === undefined) return { state: "unknown" };
  const { certifiedAt, firstOutput, ackedStake, score } = pending;
  if (certifiedAt !== null) return { state: "certified", certifiedAt: commitIndex(certifiedAt), score };
  return { state: "output", firstOutput: commitIndex(firstOutput), ackedStake };
}

function sequenceInfoOf(
  { identity, models, accountOf, params }: AuthorisationView,
  device: DeviceId,
  model: ModelId,
): SequenceInfo | undefined {
  if (identity.device(device) === undefined || !models.has(model)) return undefined;
  return accountOf(device, model)?.sequenceInfo(params.sequenceWindow) ?? freshSequences(params.sequenceWindow);
}

function proveVersion(
  { models, tree }: LedgerState,
  id: ModelId,
  version: VersionNumber,
): Result<VersionProof, Rejection> {
  const model = models.get(id);
  const record = model?.lineage.at(version);
  if (model === undefined || record === undefined) return err(rejection("VERSION_UNKNOWN", "there is no such version"));
  const { bytes: modelLeafBytes, proof: modelLeaf } = tree.prove(modelKey(id));
  const proof = { leafIndex: version, leafCount: model.lineage.length, path: model.lineage.tree.path(version) };
  return ok({ modelId: id, version, recordBytes: record.bytes, record: proof, modelLeafBytes, modelLeaf });
}

function proveLineage(
  { models, options }: LedgerState,
  id: ModelId,
  { fromCount, toCount }: { readonly fromCount: number; readonly toCount: number },
): Result<LineageConsistencyProof, Rejection> {
  const model = models.get(id);
  const isWithin = model !== undefined && 0 < fromCount && fromCount <= toCount && toCount <= model.lineage.length;
  if (!isWithin) return err(rejection("VERSION_UNKNOWN", "there are no such versions"));
  const hashes = model.lineage.tree.leafHashes(toCount);
  return ok({ modelId: id, fromCount, toCount, path: consistencyPath(options.crypto.sha256, hashes, fromCount) });
}

function exportSnapshot(state: LedgerState): Uint8Array {
  assert(!state.isOpen, "a snapshot is taken between commits");
  const { options, models, book, log, position, stateRoot, committee } = state;
  const view = { chainId: options.chainId, position, stateRoot, models, book, log, committee };
  return encodeSnapshot(view, options.crypto.sha256);
}
