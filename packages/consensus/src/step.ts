// One call of `handle`: gathers what it leads to and puts it into the order that is the contract (docs/protocol.md, B1):
// reports, then the one durable batch, then everything that may only happen once that is safe.

import type {
  Ack,
  BlockRef,
  CheckpointCertificate,
  SignedUpdate,
  ValidatorIndex,
  VerifiedBlock,
} from "@selvedge/integrity";
import type {
  AckRecord,
  CommitEffect,
  Effect,
  EpochClosedEffect,
  PersistedCommit,
  ReceiptEffect,
  SafetyRecord,
} from "./effect.ts";
import type { Fault } from "./fault.ts";

const NOTHING: readonly never[] = [];

export class Step {
  readonly wallClockMs: number;
  /** Accepted in this step, in order. */
  readonly blocks: VerifiedBlock[] = [];
  readonly #reports: Effect[] = [];
  #commits: PersistedCommit[] | undefined;
  /** Most steps send nothing and ask for nothing. */
  #sends: Effect[] | undefined;
  /** Commits, and after them receipts, certificates, checks and lookups: most steps have none of these. */
  #outcomes: Outcomes | undefined;
  /** Fetches and timers, in the order asked for. */
  #requests: Effect[] | undefined;
  #signed: SafetyRecord | null = null;
  #acked: readonly AckRecord[] = NOTHING;
  #hasForgotten = false;
  #isRecovering = false;
  #unseen: readonly SignedUpdate[] = NOTHING;
  #acksDue: readonly Ack[] = NOTHING;

  constructor(wallClockMs: number) {
    this.wallClockMs = wallClockMs;
  }

  sign(signed: SafetyRecord, acked: readonly AckRecord[]): void {
    this.#signed = signed;
    this.#acked = acked;
  }

  /** §11: durable before anything that follows from it. */
  forget({ isRecovering }: { readonly isRecovering: boolean }): void {
    this.#hasForgotten = true;
    this.#isRecovering = isRecovering;
  }

  /** §11: with the commit that moved gcRound. */
  keepUnseen(updates: readonly SignedUpdate[]): void {
    if (updates.length > 0) this.#unseen = [...this.#unseen, ...updates];
  }

  /** U5: with the commit that moved gcRound. */
  keepDue(acks: readonly Ack[]): void {
    if (acks.length > 0) this.#acksDue = [...this.#acksDue, ...acks];
  }

  send(to: ValidatorIndex, blocks: readonly VerifiedBlock[]): void {
    this.#sends ??= [];
    this.#sends.push({ type: "send", to, blocks });
  }

  commit(persisted: PersistedCommit, effect: CommitEffect): void {
    this.#commits ??= [];
    this.#commits.push(persisted);
    this.#outcome.commits.push(effect);
  }

  close(effect: EpochClosedEffect): void {
    this.#outcome.closings.push(effect);
  }

  receipts(receipts: readonly ReceiptEffect[]): void {
    for (const receipt of receipts) this.#outcome.receipts.push(receipt);
  }

  certificates(certificates: readonly CheckpointCertificate[]): void {
    for (const certificate of certificates) this.#outcome.certificates.push({ type: "checkpoint", certificate });
  }

  get hasChecks(): boolean {
    return this.#outcomes !== undefined && this.#outcomes.checks.length > 0;
  }

  checkUpdate(update: SignedUpdate, author: ValidatorIndex): void {
    this.#outcome.checks.push({ type: "checkUpdate", update, author });
  }

  lookup(refs: readonly BlockRef[]): void {
    this.#outcome.lookups.push(...refs);
  }

  request(effects: readonly Effect[]): void {
    if (effects.length === 0) return;
    this.#requests ??= [];
    append(this.#requests, effects);
  }

  report(faults: readonly Fault[]): void {
    for (const fault of faults) this.#reports.push({ type: "report", fault });
  }

  effects(): readonly Effect[] {
    const effects = this.#reports;
    this.#persist(effects);
    if (this.#sends !== undefined) append(effects, this.#sends);
    if (this.#outcomes !== undefined) {
      const { commits, closings, receipts, certificates, checks, lookups } = this.#outcomes;
      for (const list of [commits, closings, receipts, certificates, checks]) append(effects, list);
      if (lookups.length > 0) effects.push({ type: "lookup", refs: lookups });
    }
    if (this.#requests !== undefined) append(effects, this.#requests);
    return effects;
  }

  /** One batch for all: an own block and the commits it led to cost one fsync. */
  #persist(effects: Effect[]): void {
    const commits = this.#commits ?? NOTHING;
    const { blocks } = this;
    if (blocks.length + commits.length === 0 && !this.#hasForgotten) return;
    const sync = this.#signed !== null || commits.length > 0 || this.#hasForgotten;
    // Written out: there is one for every block, and a spread costs more than the rest of the step's effects.
    const signed = this.#signed;
    const acked = this.#acked;
    const unseen = this.#unseen;
    const batch = { type: "persist", sync, blocks, commits, signed, acked, unseen } as const;
    if (!this.#hasForgotten && this.#acksDue.length === 0) effects.push(batch);
    else
      effects.push({
        ...batch,
        ...(this.#acksDue.length > 0 ? { acksDue: this.#acksDue } : {}),
        ...(this.#hasForgotten ? { hasForgotten: true } : {}),
        ...(this.#isRecovering ? { isRecovering: true } : {}),
      });
  }

  get #outcome(): Outcomes {
    this.#outcomes ??= { commits: [], closings: [], receipts: [], certificates: [], checks: [], lookups: [] };
    return this.#outcomes;
  }
}

interface Outcomes {
  readonly commits: Effect[];
  readonly closings: Effect[];
  readonly receipts: Effect[];
  readonly certificates: Effect[];
  readonly checks: Effect[];
  readonly lookups: BlockRef[];
}

function append(effects: Effect[], added: readonly Effect[]): void {
  for (const effect of added) effects.push(effect);
}
