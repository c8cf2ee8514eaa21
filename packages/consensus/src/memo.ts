// What engines of one chain in one process may share: facts that follow from blocks alone, worked out once for all of
// them. With it or without it every engine answers the same; a daemon, which runs one engine, has one to itself.

import type { BlockRef } from "@selvedge/integrity";
import { CheckedSignatures } from "./checked-signatures.ts";
import { SealedCommits } from "./commit/sealed-commits.ts";
import { HISTORY_ROUNDS } from "./dag/peer-knowledge.ts";
import { RecentHistories } from "./dag/recent-histories.ts";
import { VertexPool } from "./dag/vertex-pool.ts";
import { Once } from "./once.ts";

/** Of one chain and epoch: committee and parameters are the same for all who share it. */
export interface EngineMemo {
  /** The blocks of round 0: a hash for each validator, and as many engines that want them all. */
  readonly genesis: Once<readonly BlockRef[]>;
  readonly vertices: VertexPool;
  readonly histories: RecentHistories;
  readonly signatures: CheckedSignatures;
  readonly sealedCommits: SealedCommits;
}

export function createEngineMemo(): EngineMemo {
  return {
    genesis: new Once(),
    vertices: new VertexPool(),
    histories: new RecentHistories(HISTORY_ROUNDS),
    signatures: new CheckedSignatures(),
    sealedCommits: new SealedCommits(),
  };
}
