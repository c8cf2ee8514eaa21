// A model's lineage: version records that each carry their predecessor's digest. Checks links; what a record says about
// weights is chain/audit.ts' and the ledger's business, and the tree over the records is the ledger's.

import { type VersionDigest, zeroDigest } from "../digest.ts";
import { type Rejection, rejection } from "../fault.ts";
import type { ModelId } from "../ids.ts";
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

function genesisLinkFault(record: VersionRecord): Rejection | undefined {
  if (record.version !== 0) return rejection("LINEAGE_VERSION", `a lineage begins with version ${record.version}`);
  if (record.parent !== zeroDigest()) return rejection("LINEAGE_PARENT", "version 0 names a parent");
  if (record.commitIndex !== 0) return rejection("LINEAGE_COMMIT", "version 0 was closed at a commit");
  return record.updates.length === 0 ? undefined : rejection("LINEAGE_GENESIS", "version 0 applies updates");
}
