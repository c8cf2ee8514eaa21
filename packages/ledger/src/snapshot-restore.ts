// From a stored snapshot to state. What is believed here is still checked: records chain up from the genesis, and ledger.ts
// compares the state root. Waiting lists, tallies and trees are rebuilt, not stored.

import {
  CompactRange,
  type Frontier,
  type ModelId,
  type Rejection,
  type Result,
  type Sha256,
  committeeOfEpoch,
  compareDigests,
  decodeSignedUpdate,
  decodeVersionRecord,
  epochStartOf,
  err,
  ok,
  rejection,
} from "@selvedge/integrity";
import { AppendTree } from "./append-tree.ts";
import { type LedgerOptions, governanceOptionsOf } from "./ledger-api.ts";
import { LEDGER_LIMITS } from "./limits.ts";
import { decodeCommittee } from "./module/committee-snapshot.ts";
import { FinishedUpdates } from "./module/finished-updates.ts";
import { TransactionLog } from "./module/log.ts";
import { type Model, modelsOf } from "./module/model.ts";
import { PendingUpdate } from "./module/pending-update.ts";
import type { UpdateBook } from "./module/update.ts";
import type { RestoredState } from "./restored-state.ts";
import { type DecodedSnapshot, decodeSnapshot } from "./snapshot.ts";

export function restoreState(bytes: Uint8Array, options: LedgerOptions): Result<RestoredState, Rejection> {
  const snapshot = decodeSnapshot(bytes, {
    sha256: options.crypto.sha256,
    readCommittee: (committee) =>
      decodeCommittee(committee, governanceOptionsOf(options), epochStartOf(options.genesis)),
  });
  if (!snapshot.ok) return snapshot;
  if (snapshot.value.chainId !== options.chainId) {
    return err(rejection("SNAPSHOT_FOREIGN", "the snapshot is of another chain"));
  }
  const { sha256 } = options.crypto;
  const models = restoreModels(snapshot.value, options);
  if (!models.ok) return models;
  const pending = restorePending(snapshot.value, options, models.value);
  if (!pending.ok) return pending;
  const log = restoreTree(sha256, snapshot.value.logFrontier);
  if (!log.ok) return log;
  const finished = restoreTree(sha256, snapshot.value.finishedFrontier);
  if (!finished.ok) return finished;
  const limits = options.limits ?? LEDGER_LIMITS;
  const { position, stateRoot, recent } = snapshot.value;
  return ok({
    position,
    stateRoot,
    committee: snapshot.value.committee,
    models: models.value,
    log: new TransactionLog(sha256, limits.logDedupeMax, { tree: log.value, recent }),
    finished: new FinishedUpdates(sha256, limits.finishedUpdatesMax, {
      tree: finished.value,
      recent: snapshot.value.finished,
    }),
    fill: (book) => {
      fillBook(book, snapshot.value, pending.value);
      fillWaiting(models.value, pending.value);
    },
  });
}

function restoreModels(
  snapshot: DecodedSnapshot,
  { genesis, crypto }: LedgerOptions,
): Result<ReadonlyMap<ModelId, Model>, Rejection> {
  const models = modelsOf(crypto.sha256, genesis);
  if (snapshot.models.length !== models.size) return malformed("the snapshot has other models than the genesis");
  for (const [position, model] of [...models.values()].entries()) {
    const stored = snapshot.models[position];
    if (stored?.id !== model.id) return malformed("the snapshot has other models than the genesis");
    for (const bytes of stored.records) {
      const sealed = decodeVersionRecord(bytes, crypto.sha256);
      if (!sealed.ok) return malformed(sealed.error.detail);
      const { modelId, version, parent } = sealed.value.record;
      const isNext = version === model.lineage.length && parent === model.current.digest && modelId === model.id;
      if (!isNext) return malformed(`record ${version} of ${model.id} does not continue its lineage`);
      model.append(sealed.value);
    }
  }
  return ok(models);
}

function restorePending(
  snapshot: DecodedSnapshot,
  { crypto }: LedgerOptions,
  models: ReadonlyMap<ModelId, Model>,
): Result<readonly PendingUpdate[], Rejection> {
  const restored: PendingUpdate[] = [];
  const { start, next } = snapshot.committee;
  const committee = committeeOfEpoch(next ?? start);
  for (const { updateBytes, ...rest } of snapshot.pending) {
    const update = decodeSignedUpdate(updateBytes, crypto.sha256);
    if (!update.ok) return malformed(update.error.detail);
    if (!models.has(update.value.header.modelId)) return malformed("a waiting update names no model");
    restored.push(new PendingUpdate(committee, { update: update.value, ...rest }));
  }
  return ok(restored);
}

function restoreTree(sha256: Sha256, frontier: Frontier): Result<AppendTree, Rejection> {
  const range = CompactRange.restore(sha256, frontier);
  return range.ok ? ok(new AppendTree(sha256, range.value)) : malformed(range.error.detail);
}

function fillBook(book: UpdateBook, snapshot: DecodedSnapshot, pending: readonly PendingUpdate[]): void {
  for (const account of snapshot.accounts) book.restoreAccount(account);
  for (const update of pending) book.restorePending(update);
  for (const author of book.authors) {
    for (const ack of snapshot.early[author] ?? []) book.early.add(author, ack);
  }
}

/** In the order in which they were certified: (certifying commit, header digest). */
function fillWaiting(models: ReadonlyMap<ModelId, Model>, pending: readonly PendingUpdate[]): void {
  const certified = pending
    .filter(({ certifiedAt }) => certifiedAt !== null)
    .sort(
      (left, right) =>
        (left.certifiedAt ?? 0) - (right.certifiedAt ?? 0) || compareDigests(left.update.digest, right.update.digest),
    );
  for (const model of models.values()) {
    model.waiting = certified.filter(({ update }) => update.header.modelId === model.id);
  }
}

function malformed(detail: string): { readonly ok: false; readonly error: Rejection } {
  return err(rejection("SNAPSHOT_MALFORMED", detail));
}
