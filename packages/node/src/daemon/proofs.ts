// Version proofs that lead to a certified state root. A proof is made at the moment a commit is executed and kept until a
// certificate for that commit arrives, three message delays later; by then the ledger has moved on, so it could not be
// made afterwards.

import {
  type CheckpointCertificate,
  type CommitIndex,
  type Digest,
  type ModelId,
  type Rejection,
  type Result,
  type VersionNumber,
  err,
  ok,
  rejection,
} from "@selvedge/integrity";
import type { Ledger, VersionProof } from "@selvedge/ledger";

/** Executed commits whose proofs wait for a certificate. */
const PROOFS_KEPT_MAX = 256;

interface ProvenState {
  readonly stateRoot: Digest;
  /** Proof of each model's newest version at that commit. */
  readonly newest: ReadonlyMap<ModelId, VersionProof>;
}

export interface CertifiedProof {
  readonly proof: VersionProof;
  readonly certificate: CheckpointCertificate;
}

export class ProofDesk {
  readonly #ledger: Ledger;
  readonly #waiting = new Map<CommitIndex, ProvenState>();
  /** A certificate that came before its commit was executed here; the newest such. */
  #early: CheckpointCertificate | undefined;
  #certified: { readonly certificate: CheckpointCertificate; readonly state: ProvenState } | undefined;

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  /** Right after a commit was executed, before the next one is. */
  onExecuted(index: CommitIndex, stateRoot: Digest): void {
    const newest = new Map<ModelId, VersionProof>();
    for (const { id, current } of this.#ledger.models()) {
      const proof = this.#ledger.proveVersion(id, current.record.version);
      if (proof.ok) newest.set(id, proof.value);
    }
    this.#waiting.set(index, { stateRoot, newest });
    if (this.#early?.statement.index === index) this.onCheckpoint(this.#early);
    for (const oldest of this.#waiting.keys()) {
      if (this.#waiting.size <= PROOFS_KEPT_MAX) return;
      this.#waiting.delete(oldest);
    }
  }

  onCheckpoint(certificate: CheckpointCertificate): void {
    const { index, stateRoot } = certificate.statement;
    const state = this.#waiting.get(index);
    // While one waits, later ones are let go: execution that lags on would never reach the newest.
    if (state === undefined && index > this.#ledger.lastCommitIndex()) this.#early ??= certificate;
    else if (this.#early !== undefined && this.#early.statement.index <= index) this.#early = undefined;
    if (state === undefined || state.stateRoot !== stateRoot) return;
    if (this.#certified !== undefined && this.#certified.certificate.statement.index >= index) return;
    this.#certified = { certificate, state };
    for (const older of this.#waiting.keys()) {
      if (older <= index) this.#waiting.delete(older);
    }
  }

  /** Undefined in `ok: false` terms: PROOF_NOT_READY while no certificate covers the version; ask again. */
  prove(id: ModelId, version: VersionNumber): Result<CertifiedProof, Rejection> {
    const newest = this.#certified?.state.newest.get(id);
    if (this.#certified === undefined || newest === undefined || version > newest.version) {
      return err(rejection("PROOF_NOT_READY", "no certificate covers this version yet"));
    }
    const { certificate } = this.#certified;
    if (version === newest.version) return ok({ proof: newest, certificate });
    const older = this.#ledger.proveVersion(id, version);
    if (!older.ok) return older;
    // The model's tree must be the one that the certified state holds: it differs only while a newer version waits.
    if (older.value.record.leafCount !== newest.record.leafCount) {
      return err(rejection("PROOF_NOT_READY", "a newer version is waiting for its certificate"));
    }
    const proof = { ...older.value, modelLeafBytes: newest.modelLeafBytes, modelLeaf: newest.modelLeaf };
    return ok({ proof, certificate });
  }
}
