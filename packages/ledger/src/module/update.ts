// Updates on the ordered log: headers and acks in, certified, expired and refused out (U5, U6). Certified updates are
// handed to their model's waiting list; what becomes of them there is told back through `finish`.

import {
  type ClosedSequences,
  type Committee,
  type DeviceId,
  type ListedUpdate,
  type ModelId,
  type ProtocolParams,
  type RejectionCode,
  type Sha256,
  type SignedUpdate,
  type UpdateDigest,
  type ValidatorIndex,
  type VerifiedBlock,
  type WireValue,
  compareDigests,
  encode,
  mustExist,
} from "@selvedge/integrity";
import type { LedgerEvent } from "../event.ts";
import type { LedgerLimits } from "../limits.ts";
import { MutableTree } from "../mutable-tree.ts";
import { Account } from "./account.ts";
import { type AuthorisationView, authoriseHeader, checkSequence } from "./authorisation.ts";
import { EarlyAcks } from "./early-acks.ts";
import { FinishedUpdates, type UpdateOutcome } from "./finished-updates.ts";
import type { Model } from "./model.ts";
import { PendingUpdate } from "./pending-update.ts";
import { type VisibleSequence, visibleSequences } from "./reservations.ts";
import { dropSuperseded } from "./version-policy.ts";

export interface UpdateBookOptions {
  readonly sha256: Sha256;
  readonly committee: Committee;
  /** The commit that the epoch goes on from: 0 in the first one. */
  readonly epochBase: number;
  readonly params: ProtocolParams;
  readonly limits: LedgerLimits;
  readonly models: ReadonlyMap<ModelId, Model>;
  readonly isEnrolled: (device: DeviceId) => boolean;
  readonly finished?: FinishedUpdates;
}

/** The commit that is executed, and where its events go. */
export interface Step {
  readonly index: number;
  readonly events: LedgerEvent[];
}

export class UpdateBook {
  readonly #options: UpdateBookOptions;
  /** Whose acks count. */
  #committee: Committee;
  /** What an earlier epoch left reserved is so from this commit on. */
  #epochBase: number;
  readonly #accounts = new Map<string, Account>();
  /** Every waiting update, certified or not, in the order of first output. */
  readonly #pending = new Map<UpdateDigest, PendingUpdate>();
  /** Those of #pending that are not certified, in the same order: expiry takes from the front. */
  readonly #uncertified = new Map<UpdateDigest, PendingUpdate>();
  #early: EarlyAcks;
  readonly #finished: FinishedUpdates;
  readonly #accountTree: MutableTree;
  #earlyTree: MutableTree;
  /**
   * Refused when they were output, newest last: whoever acked one afterwards would promise what does not wait here.
   * For `checkUpdate` alone and in no state, so that a restart may forget it.
   */
  readonly #refused = new Set<UpdateDigest>();
  /** Accounts whose leaf is out of date. */
  readonly #changed = new Set<Account>();

  constructor(options: UpdateBookOptions) {
    const { sha256, committee, epochBase, limits } = options;
    this.#options = options;
    this.#committee = committee;
    this.#epochBase = epochBase;
    this.#early = new EarlyAcks(committee.validators.length, limits.earlyAcksPerAuthorMax);
    this.#finished = options.finished ?? new FinishedUpdates(sha256, limits.finishedUpdatesMax);
    this.#accountTree = new MutableTree(sha256);
    this.#earlyTree = this.#emptyEarlyTree();
  }

  /**
   * §11: from here on acks of the next committee count. Of every sequence that is not closed one visible update keeps its
   * claim; if two are visible the device has signed twice, and the sequence closes without one.
   */
  beginEpoch(committee: Committee, listed: readonly ListedUpdate[], step: Step): void {
    this.#committee = committee;
    this.#epochBase = step.index;
    this.#early = new EarlyAcks(committee.validators.length, this.#options.limits.earlyAcksPerAuthorMax);
    this.#earlyTree = this.#emptyEarlyTree();
    const waiting = [...this.#uncertified.values()].map(({ update }) => update);
    for (const visible of visibleSequences(waiting, listed)) this.#reserve(visible, step);
    for (const pending of this.#pending.values()) {
      pending.beginEpoch(committee, step.index);
      this.#changed.add(this.#accountFor(pending.update.header.deviceId, pending.update.header.modelId));
    }
  }

  /** Headers that wait without a certificate, in the order of first output: to be proposed again in a new epoch. */
  get uncertified(): readonly SignedUpdate[] {
    return [...this.#uncertified.values()].map(({ update }) => update);
  }

  /** Executes the updates and acks of one commit's blocks, in output order. */
  execute(blocks: readonly VerifiedBlock[], view: AuthorisationView, step: Step): void {
    // Headers before acks: an ack of this commit must not be taken for an early one.
    const touched = new Set<PendingUpdate>();
    for (const { body } of blocks) {
      for (const update of body.updates) this.#onHeader(update, { view, step, touched });
    }
    for (const { body, header } of blocks) {
      for (const { update, score } of body.acks) {
        const pending = this.#pending.get(update);
        if (pending === undefined) this.#onAckWithoutHeader(header.author, { update, score, at: step.index });
        else if (pending.ack(header.author, score)) touched.add(pending);
      }
    }
    for (const pending of ascending(touched)) this.#settle(pending, step);
    this.#expire(step);
  }

  /** A certified update left its model's waiting list. */
  finish(pending: PendingUpdate, outcome: UpdateOutcome): void {
    const { digest, header } = pending.update;
    const account = this.#accountFor(header.deviceId, header.modelId);
    account.remove(pending);
    this.#changed.add(account);
    this.#pending.delete(digest);
    this.#uncertified.delete(digest);
    this.#finished.add(digest, outcome);
  }

  accountOf(device: DeviceId, model: ModelId): Account | undefined {
    return this.#accounts.get(accountKey(device, model));
  }

  pendingOf(update: UpdateDigest): PendingUpdate | undefined {
    return this.#pending.get(update);
  }

  outcomeOf(update: UpdateDigest): UpdateOutcome | undefined {
    return this.#finished.get(update);
  }

  isRefused(update: UpdateDigest): boolean {
    return this.#refused.has(update);
  }

  get accounts(): readonly Account[] {
    return [...this.#accounts.values()];
  }

  get pending(): readonly PendingUpdate[] {
    return [...this.#pending.values()];
  }

  get authors(): readonly ValidatorIndex[] {
    return this.#committee.validators.map(({ index }) => index);
  }

  get early(): EarlyAcks {
    return this.#early;
  }

  get finished(): FinishedUpdates {
    return this.#finished;
  }

  /** Only while a snapshot is restored, in the order of the snapshot. */
  restoreAccount(snapshot: ConstructorParameters<typeof Account>[1]): void {
    const account = new Account(this.#accounts.size, snapshot);
    this.#accounts.set(accountKey(snapshot.deviceId, snapshot.modelId), account);
    this.#changed.add(account);
  }

  /** Only while a snapshot is restored, in the order of the snapshot. */
  restorePending(pending: PendingUpdate): void {
    this.#enter(pending);
    if (pending.certifiedAt !== null) this.#uncertified.delete(pending.update.digest);
  }

  /** Of the accounts that changed since `stateFields` was last asked for. */
  get closedOfChanged(): readonly ClosedSequences[] {
    return [...this.#changed].map(({ closed }) => closed);
  }

  /** The leaf of all updates in the state. */
  stateFields(): readonly WireValue[] {
    for (const account of this.#changed) this.#accountTree.set(account.index, encode(account.stateFields()));
    this.#changed.clear();
    for (const author of this.#early.takeChanged()) {
      this.#earlyTree.set(author, encode(this.#early.stateFields(author)));
    }
    return [this.#accountTree.size, this.#accountTree.root(), this.#earlyTree.root(), ...this.#finished.stateFields()];
  }

  #onHeader(update: SignedUpdate, context: HeaderContext): void {
    // A header may stand in several blocks; only its first output counts.
    if (this.#pending.has(update.digest)) return;
    const { view, step, touched } = context;
    const refusal = this.#refusalOf(update, view);
    if (refusal !== undefined) {
      this.#rememberRefused(update.digest);
      step.events.push({ type: "updateRefused", update: update.digest, code: refusal });
      return;
    }
    const pending = new PendingUpdate(this.#committee, {
      update,
      firstOutput: step.index,
      certifiedAt: null,
      score: null,
      acks: this.#early.take(update.digest),
    });
    this.#enter(pending);
    touched.add(pending);
    step.events.push({ type: "updateOutput", update });
  }

  #refusalOf(update: SignedUpdate, view: AuthorisationView): RejectionCode | undefined {
    if (this.#finished.get(update.digest) !== undefined) return "UPDATE_REPLAYED";
    const { header } = update;
    const model = authoriseHeader(view, header);
    if (!model.ok) return model.error.code;
    const sequence = checkSequence(view, header);
    if (!sequence.ok) return sequence.error.code;
    const reserved = this.accountOf(header.deviceId, header.modelId)?.reservedFor(header.sequence);
    if (reserved !== undefined && reserved !== update.digest) return "UPDATE_RESERVED";
    const rivals = this.accountOf(header.deviceId, header.modelId)?.waitingOf(header.sequence).length ?? 0;
    return rivals < this.#options.limits.headersPerSequenceMax ? undefined : "UPDATE_CONFLICTS";
  }

  #rememberRefused(update: UpdateDigest): void {
    this.#refused.add(update);
    if (this.#refused.size <= this.#options.limits.finishedUpdatesMax) return;
    const [oldest] = this.#refused;
    if (oldest !== undefined) this.#refused.delete(oldest);
  }

  #onAckWithoutHeader(author: ValidatorIndex, ack: Parameters<EarlyAcks["add"]>[1]): void {
    // A late ack of an update that has come to its end tells nothing.
    if (this.#finished.get(ack.update) === undefined) this.#early.add(author, ack);
  }

  #enter(pending: PendingUpdate): void {
    const { digest, header } = pending.update;
    this.#refused.delete(digest);
    this.#pending.set(digest, pending);
    this.#uncertified.set(digest, pending);
    const account = this.#accountFor(header.deviceId, header.modelId);
    account.add(pending);
    this.#changed.add(account);
  }

  /** U5, U6: after all of a commit's content, is the update certified and is its score fixed? */
  #settle(pending: PendingUpdate, step: Step): void {
    const { digest, header } = pending.update;
    // Dropped in this very commit, for the sake of a rival.
    if (!this.#pending.has(digest)) return;
    this.#changed.add(this.#accountFor(header.deviceId, header.modelId));
    if (pending.certifiedAt === null) {
      if (!pending.hasQuorum) return;
      this.#certify(pending, step);
      // Superseded at once, by what the device signed after it.
      if (!this.#pending.has(digest)) return;
    }
    const score = pending.tryFixScore(); // U6
    if (score !== undefined) step.events.push({ type: "updateScored", update: digest, score });
  }

  #certify(pending: PendingUpdate, step: Step): void {
    const { digest, header } = pending.update;
    pending.certify(step.index); // U5
    this.#uncertified.delete(digest);
    const model = mustExist(this.#options.models.get(header.modelId), "an authorised update names a model");
    model.waiting = [...model.waiting, pending];
    step.events.push({ type: "updateCertified", update: digest });
    this.#closeSequence(pending, step);
    const superseded = dropSuperseded(model, header.deviceId); // U7
    if (superseded === undefined) return;
    this.finish(superseded, { type: "dropped", code: "UPDATE_SUPERSEDED" });
    step.events.push({ type: "updateDropped", update: superseded.update.digest, code: "UPDATE_SUPERSEDED" });
  }

  /** U5: what waits uncertified for `updateExpiry` commits is dropped, and its sequence is closed. */
  #expire(step: Step): void {
    const lastExpired = step.index - this.#options.params.updateExpiry;
    this.#early.expire(lastExpired);
    if (this.#epochBase > 0 && lastExpired === this.#epochBase) this.#expireReserved(step);
    const expired: PendingUpdate[] = [];
    for (const pending of this.#uncertified.values()) {
      if (pending.firstOutput > lastExpired) break;
      expired.push(pending);
    }
    for (const pending of ascending(expired)) {
      const { digest } = pending.update;
      if (!this.#pending.has(digest)) continue;
      this.finish(pending, { type: "dropped", code: "UPDATE_EXPIRED" });
      step.events.push({ type: "updateExpired", update: digest });
      this.#closeSequence(pending, step);
    }
  }

  /** §11: what was reserved when the epoch began and has not come since goes as if it had been output then. */
  #expireReserved(step: Step): void {
    for (const account of this.#accounts.values()) {
      for (const [sequence, update] of account.unclaimed()) {
        account.close(sequence);
        this.#changed.add(account);
        step.events.push({ type: "updateExpired", update });
      }
    }
  }

  /** §11: for one (device, model, sequence) of which something was visible at the end of the epoch. */
  #reserve({ deviceId, modelId, sequence, updates }: VisibleSequence, step: Step): void {
    const { models, params, isEnrolled } = this.#options;
    if (!isEnrolled(deviceId) || !models.has(modelId)) return;
    const account = this.#accountFor(deviceId, modelId);
    // Nobody honest acks beyond the window, so no receipt is for more than it.
    if (account.isClosed(sequence) || sequence > account.lastClosed + params.sequenceWindow) return;
    this.#changed.add(account);
    const claims = claimsWith(updates, account.reservedFor(sequence));
    const [only, ...rivals] = claims;
    if (only !== undefined && rivals.length === 0) {
      account.reserve(sequence, only);
      return;
    }
    account.close(sequence);
    step.events.push({ type: "deviceSignedTwice", deviceId, modelId, sequence, updates: claims });
    for (const waiting of account.waitingOf(sequence)) {
      this.finish(waiting, { type: "dropped", code: "UPDATE_SIGNED_TWICE" });
      step.events.push({ type: "updateDropped", update: waiting.update.digest, code: "UPDATE_SIGNED_TWICE" });
    }
  }

  #emptyEarlyTree(): MutableTree {
    const tree = new MutableTree(this.#options.sha256);
    for (const _ of this.#committee.validators) tree.append(encode([]));
    return tree;
  }

  /** Nothing else of the sequence can be certified any more. */
  #closeSequence({ update: { digest, header } }: PendingUpdate, step: Step): void {
    const account = this.#accountFor(header.deviceId, header.modelId);
    account.close(header.sequence);
    this.#changed.add(account);
    for (const rival of account.waitingOf(header.sequence)) {
      if (rival.update.digest === digest) continue;
      this.finish(rival, { type: "dropped", code: "UPDATE_SEQUENCE_CLOSED" });
      step.events.push({ type: "updateDropped", update: rival.update.digest, code: "UPDATE_SEQUENCE_CLOSED" });
    }
  }

  #accountFor(deviceId: DeviceId, modelId: ModelId): Account {
    const key = accountKey(deviceId, modelId);
    let account = this.#accounts.get(key);
    if (account === undefined) {
      account = new Account(this.#accounts.size, { deviceId, modelId, lastClosed: 0, closedAbove: [], reserved: [] });
      this.#accounts.set(key, account);
    }
    return account;
  }
}

interface HeaderContext {
  readonly view: AuthorisationView;
  readonly step: Step;
  readonly touched: Set<PendingUpdate>;
}

/** What an earlier epoch reserved keeps its claim, though nobody has shown it in this one. Ascending. */
function claimsWith(visible: readonly UpdateDigest[], reserved: UpdateDigest | undefined): readonly UpdateDigest[] {
  if (reserved === undefined || visible.includes(reserved)) return visible;
  return [...visible, reserved].sort(compareDigests);
}

function accountKey(device: DeviceId, model: ModelId): string {
  return `${device}/${model}`;
}

function ascending(updates: Iterable<PendingUpdate>): readonly PendingUpdate[] {
  return [...updates].sort((left, right) => compareDigests(left.update.digest, right.update.digest));
}
