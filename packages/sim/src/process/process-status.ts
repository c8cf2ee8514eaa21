// One node of ours as the world asks after it: where it stands, and how full is what must stay bounded.

import type { EngineStatus } from "@selvedge/consensus";
import type { ProcessStatus } from "../protocol/protocol.ts";
import type { CommitExecutor } from "./commit-executor.ts";
import type { PayloadShelf } from "./payload-shelf.ts";
import type { UpdateDesk } from "./update-desk.ts";

export interface StatusParts {
  readonly engine: EngineStatus;
  readonly shelf: PayloadShelf;
  /** Null without a ledger. */
  readonly executor: CommitExecutor | null;
  readonly desk: UpdateDesk | null;
  readonly refusedCount: number;
}

export const STATUS_BEFORE_START: ProcessStatus = { round: 0, lastCommitIndex: 0, gauges: {}, impediment: null };

/** Why it takes no part although it runs. */
function impedimentOf({ signing }: EngineStatus): string | null {
  if (signing.standing === "recovering") return "recovering: the store lacks blocks that were signed";
  if (signing.standing === "listening") return `listening: it goes on at round ${signing.resumeRound}`;
  return signing.standing === "stopped" ? "stopped: somebody else signs with its key" : null;
}

export function statusOf({ engine, shelf, executor, desk, refusedCount }: StatusParts): ProcessStatus {
  return {
    round: engine.round,
    lastCommitIndex: engine.lastCommitIndex,
    gauges: {
      parked: engine.parkedCount,
      blocksInMemory: engine.blocksInMemory,
      ownUncommittedBytes: engine.ownUncommittedBytes,
      pendingContent: engine.pendingContentCount,
      executionLag: executor?.waitingCount ?? 0,
      payloadsWanted: shelf.wantedCount,
      headersWaiting: desk?.waitingCount ?? 0,
      blocksRefused: refusedCount,
    },
    impediment: impedimentOf(engine),
    isAsking: engine.signing.standing === "asking",
  };
}
