// One call of `handle`: gathers what it leads to and puts it into the order that is the contract (docs/protocol.md, B1):
// reports, then the one durable batch, then everything that may only happen once that is safe.

import type { BlockRef, CheckpointCertificate, SignedUpdate, ValidatorIndex, VerifiedBlock } from "@selvedge/integrity";
import type {
  AckRecord,
  CommitEffect,
  Effect,
  PersistedCommit,
  ReceiptEffect,
  SafetyRecord,
  SendEffect,
} from "./effect.ts";
import type { Fault } from "./fault.ts";

export class Step {
  readonly wallClockMs: number;
  /** Accepted in this step, in order. */
  readonly blocks: VerifiedBlock[] = [];
  readonly #commits: PersistedCommit[] = [];
  readonly #commitEffects: CommitEffect[] = [];
  readonly #sends: SendEffect[] = [];
  readonly #receipts: ReceiptEffect[] = [];
  readonly #certificates: CheckpointCertificate[] = [];
  readonly #checks: Effect[] = [];
  readonly #lookups: BlockRef[] = [];
  /** Fetches and timers, in the order asked for. */
  readonly #requests: Effect[] = [];
  readonly #faults: Fault[] = [];
  #signed: SafetyRecord | null = null;
  #acked: readonly AckRecord[] = [];

  constructor(wallClockMs: number) {
    this.wallClockMs = wallClockMs;
  }

  sign(signed: SafetyRecord, acked: readonly AckRecord[]): void {
    this.#signed = signed;
    this.#acked = acked;
  }

  send(to: ValidatorIndex, blocks: readonly VerifiedBlock[]): void {
    this.#sends.push({ type: "send", to, blocks });
  }

  commit(persisted: PersistedCommit, effect: CommitEffect): void {
    this.#commits.push(persisted);
    this.#commitEffects.push(effect);
  }

  receipts(receipts: readonly ReceiptEffect[]): void {
    this.#receipts.push(...receipts);
  }

  certificates(certificates: readonly CheckpointCertificate[]): void {
    this.#certificates.push(...certificates);
  }

  get hasChecks(): boolean {
    return this.#checks.length > 0;
  }

  checkUpdate(update: SignedUpdate, author: ValidatorIndex): void {
    this.#checks.push({ type: "checkUpdate", update, author });
  }

  lookup(refs: readonly BlockRef[]): void {
    this.#lookups.push(...refs);
  }

  request(effects: readonly Effect[]): void {
    this.#requests.push(...effects);
  }

  report(faults: readonly Fault[]): void {
    this.#faults.push(...faults);
  }

  effects(): readonly Effect[] {
    const lookups: readonly Effect[] = this.#lookups.length > 0 ? [{ type: "lookup", refs: this.#lookups }] : [];
    return [
      ...this.#faults.map((fault) => ({ type: "report", fault }) as const),
      ...this.#persist(),
      ...this.#sends,
      ...this.#commitEffects,
      ...this.#receipts,
      ...this.#certificates.map((certificate) => ({ type: "checkpoint", certificate }) as const),
      ...this.#checks,
      ...lookups,
      ...this.#requests,
    ];
  }

  /** One batch for all: an own block and the commits it led to cost one fsync. */
  #persist(): readonly Effect[] {
    if (this.blocks.length + this.#commits.length === 0) return [];
    const sync = this.#signed !== null || this.#commits.length > 0;
    const [blocks, commits] = [this.blocks, this.#commits];
    return [{ type: "persist", sync, blocks, commits, signed: this.#signed, acked: this.#acked }];
  }
}
