// What engines of one chain in one process may share: facts that follow from blocks alone, worked out once for all of
// them. With it or without it every engine answers the same; a daemon, which runs one engine, has one to itself.

import { CheckedSignatures } from "./checked-signatures.ts";
import { SealedCommits } from "./commit/sealed-commits.ts";
import { HISTORY_ROUNDS } from "./dag/peer-knowledge.ts";
import { RecentHistories } from "./dag/recent-histories.ts";
import { VertexPool } from "./dag/vertex-pool.ts";

/** Of one chain and epoch: committee and parameters are the same for all who share it. */
export interface EngineMemo {
  readonly vertices: VertexPool;
  readonly histories: RecentHistories;
  readonly signatures: CheckedSignatures;
  readonly sealedCommits: SealedCommits;
}

export function createEngineMemo(): EngineMemo {
  return {
    vertices: new VertexPool(),
    histories: new RecentHistories(HISTORY_ROUNDS),
    signatures: new CheckedSignatures(),
    sealedCommits: new SealedCommits(),
  };
}
