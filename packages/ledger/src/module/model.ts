// One model: its policy, its lineage, and the certified updates that wait for its next version. Which of them make a version,
// and when, is version-policy.ts.

import {
  type AppliedUpdate,
  type CommitIndex,
  type Digest,
  type Genesis,
  type GenesisModel,
  type ModelId,
  type SealedVersionRecord,
  type Sha256,
  type VersionDigest,
  type VersionMetric,
  type WireValue,
  commitIndex,
  compareDigests,
  digestOf,
  digestToBytes,
  encode,
  sealVersionRecord,
  versionNumber,
  wireInteger,
  zeroDigest,
} from "@selvedge/integrity";
import type { ModelInfo } from "../query.ts";
import { Lineage } from "./lineage.ts";
import type { PendingUpdate } from "./pending-update.ts";

/** What a closed version brings that the record before does not tell. */
export interface ClosedVersion {
  readonly updates: readonly AppliedUpdate[];
  readonly weightsRoot: Digest;
  readonly weightsBytes: number;
  readonly metrics: readonly VersionMetric[];
  readonly commitIndex: CommitIndex;
}

export class Model {
  readonly genesis: GenesisModel;
  readonly #sha256: Sha256;
  readonly #policyDigest: Digest;
  readonly lineage: Lineage;
  /** Certified updates in the order of (certifying commit, header digest). */
  #waiting: readonly PendingUpdate[] = [];
  /** Whether the leaf of the state is out of date. */
  #isChanged = true;

  constructor(sha256: Sha256, genesis: GenesisModel) {
    this.#sha256 = sha256;
    this.genesis = genesis;
    this.#policyDigest = digestOf(sha256, "ledger", encode(policyWire(genesis)));
    this.lineage = new Lineage(sha256, genesisRecord(sha256, genesis));
  }

  get id(): ModelId {
    return this.genesis.id;
  }

  get current(): SealedVersionRecord {
    return this.lineage.current;
  }

  get waiting(): readonly PendingUpdate[] {
    return this.#waiting;
  }

  set waiting(updates: readonly PendingUpdate[]) {
    this.#waiting = updates;
    this.#isChanged = true;
  }

  recordOf(digest: VersionDigest): SealedVersionRecord | undefined {
    const version = this.lineage.versionOf(digest);
    return version === undefined ? undefined : this.lineage.at(version);
  }

  /** Versions that a base lies behind the current one; undefined if it is no version of this model. */
  stalenessOf(base: VersionDigest): number | undefined {
    const version = this.lineage.versionOf(base);
    return version === undefined ? undefined : this.current.record.version - version;
  }

  append(sealed: SealedVersionRecord): void {
    this.lineage.append(sealed);
    this.#isChanged = true;
  }

  close(closed: ClosedVersion): SealedVersionRecord {
    const { digest: parent, record } = this.current;
    const sealed = sealVersionRecord(
      {
        modelId: this.id,
        version: versionNumber(record.version + 1),
        parent,
        aggregator: this.genesis.policy.aggregator,
        ...closed,
      },
      this.#sha256,
    );
    this.append(sealed);
    return sealed;
  }

  info(): ModelInfo {
    const { id, tensors, policy } = this.genesis;
    return { id, tensors, policy, current: this.current, waitingCount: this.#waiting.length };
  }

  /** The model's leaf of the state, read back by state-proof.ts; undefined if it is what it was at the last call. */
  takeChangedFields(): readonly WireValue[] | undefined {
    if (!this.#isChanged) return undefined;
    this.#isChanged = false;
    const { record, digest } = this.current;
    const waiting = encode(this.#waiting.map(({ update }) => digestToBytes(update.digest)));
    return [
      wireInteger(this.lineage.tree.size),
      this.lineage.tree.root(),
      wireInteger(record.version),
      digestToBytes(digest),
      digestToBytes(record.weightsRoot),
      digestToBytes(this.#policyDigest),
      digestToBytes(digestOf(this.#sha256, "ledger", waiting)),
    ];
  }
}

/** Version 0 of every model, ascending by id. */
export function modelsOf(sha256: Sha256, genesis: Genesis): ReadonlyMap<ModelId, Model> {
  const ascending = genesis.models.toSorted((left, right) => compareDigests(left.id, right.id));
  return new Map(ascending.map((model) => [model.id, new Model(sha256, model)]));
}

export function modelKey(id: ModelId): string {
  return `model/${id}`;
}

/** Version 0, which everybody makes from the genesis. */
export function genesisRecord(sha256: Sha256, model: GenesisModel): SealedVersionRecord {
  return sealVersionRecord(
    {
      modelId: model.id,
      version: versionNumber(0),
      parent: zeroDigest<VersionDigest>(),
      updates: [],
      aggregator: model.policy.aggregator,
      weightsRoot: model.weightsRoot,
      weightsBytes: model.weightsBytes,
      metrics: [],
      commitIndex: commitIndex(0),
    },
    sha256,
  );
}

function policyWire({ tensors, policy }: GenesisModel): WireValue {
  return [
    tensors.map(({ name, shape }) => [name, shape.map(wireInteger)]),
    wireInteger(policy.bufferSize),
    wireInteger(policy.minimum),
    wireInteger(policy.windowCommits),
    wireInteger(policy.perDeviceMax),
    wireInteger(policy.maxStaleness),
    wireInteger(policy.sampleWeightMax),
    wireInteger(policy.normMax),
    policy.aggregator.name,
    policy.aggregator.clip,
  ];
}
