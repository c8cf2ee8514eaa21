// A model's lineage: version records that each carry their predecessor's digest, and the RFC 6962 tree over them. Checks
// links; what a record says about weights is chain/audit.ts' and the ledger's business.

import type { Sha256 } from "../crypto/port.ts";
import { type Digest, type VersionDigest, digestFromBytes, zeroDigest } from "../digest.ts";
import { type Rejection, rejection } from "../fault.ts";
import type { ModelId } from "../ids.ts";
import { CompactRange } from "../merkle/compact-range.ts";
import { inclusionPath } from "../merkle/inclusion-proof.ts";
import { leafHash } from "../merkle/tree-hash.ts";
import { leafHashes } from "../merkle/tree.ts";
import { type Result, err, ok } from "../result.ts";
import type { SealedVersionRecord, VersionRecord } from "../version-record.ts";

/** The end of a lineage: enough to go on from. */
export interface LineageHead {
  readonly modelId: ModelId;
  readonly version: number;
  readonly digest: VersionDigest;
  readonly commitIndex: number;
}

/** Why `record` does not follow `head`, or undefined; without a head it must be version 0. */
export function linkFault(head: LineageHead | undefined, record: VersionRecord): Rejection | undefined {
  if (head === undefined) return genesisLinkFault(record);
  if (record.modelId !== head.modelId) {
    return rejection("LINEAGE_MODEL", `a record of ${record.modelId} in the lineage of ${head.modelId}`);
  }
  if (record.version !== head.version + 1) {
    return rejection("LINEAGE_VERSION", `version ${record.version} follows version ${head.version}`);
  }
  if (record.parent !== head.digest) {
    return rejection("LINEAGE_PARENT", `version ${record.version} names another parent than version ${head.version}`);
  }
  // U7: a commit closes at most one version of a model.
  if (record.commitIndex > head.commitIndex) return undefined;
  return rejection("LINEAGE_COMMIT", `version ${record.version} was closed at commit ${record.commitIndex} or before`);
}

export function headOf({ record, digest }: SealedVersionRecord): LineageHead {
  return { modelId: record.modelId, version: record.version, digest, commitIndex: record.commitIndex };
}

/** Appends records one by one; holds no more than the head and the tree's frontier. */
export class Lineage {
  readonly #sha256: Sha256;
  /** One leaf a record, version 0 first. */
  readonly #tree: CompactRange;
  /** Of the record appended last. */
  #head: LineageHead | undefined;

  constructor(sha256: Sha256) {
    this.#sha256 = sha256;
    this.#tree = new CompactRange(sha256);
  }

  get head(): LineageHead | undefined {
    return this.#head;
  }

  get size(): number {
    return this.#tree.size;
  }

  /** Root of the tree over the canonical bytes of all records. */
  root(): Digest {
    return digestFromBytes(this.#tree.root());
  }

  append(sealed: SealedVersionRecord): Result<LineageHead, Rejection> {
    const fault = linkFault(this.#head, sealed.record);
    if (fault !== undefined) return err(fault);
    const head = headOf(sealed);
    this.#tree.append(leafHash(this.#sha256, sealed.bytes));
    this.#head = head;
    return ok(head);
  }
}

/** Every link of a whole lineage, version 0 first. */
export function verifyLineage(records: readonly SealedVersionRecord[], sha256: Sha256): Result<Lineage, Rejection> {
  const lineage = new Lineage(sha256);
  for (const record of records) {
    const appended = lineage.append(record);
    if (!appended.ok) return appended;
  }
  return ok(lineage);
}

/** RFC 6962 audit path of one version's record among all. */
export function lineagePath(
  records: readonly SealedVersionRecord[],
  version: number,
  sha256: Sha256,
): readonly Uint8Array[] {
  const hashes = leafHashes(
    sha256,
    records.map(({ bytes }) => bytes),
  );
  return inclusionPath(sha256, hashes, version);
}

function genesisLinkFault(record: VersionRecord): Rejection | undefined {
  if (record.version !== 0) return rejection("LINEAGE_VERSION", `a lineage begins with version ${record.version}`);
  if (record.parent !== zeroDigest()) return rejection("LINEAGE_PARENT", "version 0 names a parent");
  if (record.commitIndex !== 0) return rejection("LINEAGE_COMMIT", "version 0 was closed at a commit");
  return record.updates.length === 0 ? undefined : rejection("LINEAGE_GENESIS", "version 0 applies updates");
}
