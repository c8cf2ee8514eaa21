// From a stored snapshot to state. What is believed here is still checked: records chain up from the genesis, and ledger.ts
// compares the state root. Waiting lists, tallies and trees are rebuilt, not stored. Nothing may be taken over that leads to
// another state later and does not show in the root now: a snapshot may come from a peer that lies.

import {
  type ModelId,
  type Rejection,
  type Result,
  committeeOfEpoch,
  compareDigests,
  decodeSignedUpdate,
  decodeVersionRecord,
  epochStartOf,
  err,
  ok,
  rejection,
  verifyUpdate,
} from "@selvedge/integrity";
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
  const limits = options.limits ?? LEDGER_LIMITS;
  const log = TransactionLog.restore(sha256, limits.logDedupeMax, snapshot.value.log);
  if (!log.ok) return malformed(log.error.detail);
  const finished = FinishedUpdates.restore(sha256, limits.finishedUpdatesMax, snapshot.value.finished);
  if (!finished.ok) return malformed(finished.error.detail);
  const { position, stateRoot } = snapshot.value;
  return ok({
    position,
    stateRoot,
    committee: snapshot.value.committee,
    models: models.value,
    log: log.value,
    finished: finished.value,
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
  let earliest = 0;
  for (const { updateBytes, ...rest } of snapshot.pending) {
    const update = decodeSignedUpdate(updateBytes, crypto.sha256);
    if (!update.ok) return malformed(update.error.detail);
    const signed = verifyUpdate(update.value, crypto);
    if (!signed.ok) return malformed(signed.error.detail);
    // Expiry takes from the front.
    if (rest.firstOutput < earliest) return malformed("waiting updates are not in the order of their first output");
    earliest = rest.firstOutput;
    if (!models.has(update.value.header.modelId)) return malformed("a waiting update names no model");
    restored.push(new PendingUpdate(committee, { update: update.value, ...rest }));
  }
  return ok(restored);
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
