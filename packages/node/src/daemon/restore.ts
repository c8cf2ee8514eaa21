// What a start reads back: the engine's blocks and consensus state, the ledger's snapshot, and the commits between that
// snapshot and the newest durable one. Blocks are verified again on the way in: a store is not trusted more than a peer.

import { type RecoveredState, decodeConsensusState } from "@selvedge/consensus";
import {
  type BlockRef,
  type ClosedSequences,
  type CommitDigest,
  type Rejection,
  type Result,
  type Round,
  type SealedCommit,
  type UpdateKey,
  type VerifiedBlock,
  decodeCommit,
  mustExist,
  updateKeyParts,
  updateStreamOf,
} from "@selvedge/integrity";
import { type CommitInput, type Ledger, type LedgerOptions, createLedger, restoreLedger } from "@selvedge/ledger";
import { sha256 } from "../crypto.ts";
import { NodeError } from "../errors.ts";
import type { ChainStore, LastCommit } from "../storage/chain-store.ts";
import type { StateStore } from "../storage/state-store.ts";
import type { StoredCommit } from "../storage/stored-chain.ts";

export type VerifyStored = (bytes: Uint8Array) => Result<VerifiedBlock, Rejection>;

export interface EngineRestore {
  readonly chain: ChainStore;
  readonly verify: VerifyStored;
  readonly lastSignedRound: Round | null;
  /** As many of the newest commits as the engine may still be asked about. */
  readonly recentCommitsMax: number;
  readonly closed: readonly ClosedSequences[];
  /** Of this epoch: blocks of rounds above it are whole. */
  readonly historyRound: number;
}

/** What the engine needs to go on, or undefined in a node that has stored and signed nothing yet. */
export async function restoreEngineState(options: EngineRestore): Promise<RecoveredState | undefined> {
  const { chain, verify, lastSignedRound } = options;
  const last = await chain.lastCommit();
  const blocks = await restoreBlocks(chain, verify, last);
  if (last === undefined && blocks.length === 0 && lastSignedRound === null) return undefined;
  const newestOwn = await chain.past.newestBlock();
  const isOpen = openKeys(options.closed);
  return {
    lastCommit: last === undefined ? null : { sealed: readCommit(last.commit), consensusState: last.consensusState },
    blocks,
    newestBlocks: await chain.newestBlocks(),
    newestOwnBlock: newestOwn === undefined ? null : mustVerify(verify(newestOwn)),
    lastSignedRound,
    acked: await chain.acks.acked(isOpen),
    acksDue: await chain.acks.due(),
    closed: options.closed,
    unseen: await chain.acks.unseen(isOpen),
    recentCommits: await chain.recentCommits(options.recentCommitsMax),
    equivocators: await chain.equivocators(),
    hasForgotten: await chain.past.hasForgotten(),
    isRecovering: chain.past.isRecovering,
    historyRound: options.historyRound,
  };
}

/** All above the last commit's gcRound, in the order they were accepted. */
export async function restoreBlocks(
  chain: ChainStore,
  verify: VerifyStored,
  last: LastCommit | undefined,
): Promise<readonly VerifiedBlock[]> {
  const stored = await chain.blocksFrom(gcRoundAfter(last) + 1);
  return stored.map(({ bytes }) => mustVerify(verify(bytes)));
}

/** U3: of what the ledger has decided nothing is acked any more, and no end marker need list it. */
function openKeys(closed: readonly ClosedSequences[]): (key: UpdateKey) => boolean {
  const upTo = new Map(closed.map((sequences) => [updateStreamOf(sequences), sequences.upTo]));
  return (key) => {
    const { stream, sequence } = updateKeyParts(key);
    return sequence > (upTo.get(stream) ?? 0);
  };
}

/** 0 before the first commit: no block has that round. */
export function gcRoundAfter(last: LastCommit | undefined): number {
  if (last === undefined) return 0;
  const state = decodeConsensusState(last.consensusState);
  if (!state.ok)
    throw new NodeError("DATA_CORRUPT", `the stored consensus state does not decode: ${state.error.detail}`);
  return state.value.gcRound;
}

/** The ledger as of its newest snapshot, or as of genesis. */
export async function restoreLedgerState(options: LedgerOptions, state: StateStore): Promise<Ledger> {
  const snapshot = await state.snapshot();
  if (snapshot === undefined) return createLedger(options);
  const ledger = restoreLedger(options, snapshot.bytes);
  if (!ledger.ok) throw new NodeError("DATA_CORRUPT", `the ledger snapshot does not hold: ${ledger.error.detail}`);
  return ledger.value;
}

/** Commits after `afterIndex`, ready to be executed, lowest first. */
export async function* commitsToExecute(
  chain: ChainStore,
  verify: VerifyStored,
  afterIndex: number,
): AsyncGenerator<CommitInput, void, undefined> {
  for (let index = afterIndex + 1; ; index += 1) {
    const stored = await chain.commit(index);
    if (stored === undefined) return;
    const commit = readCommit(stored);
    yield {
      commit,
      blocks: await blocksOf(chain, verify, commit.commit.blocks),
      consensusStateDigest: stored.consensusStateDigest,
    };
  }
}

async function blocksOf(chain: ChainStore, verify: VerifyStored, refs: readonly BlockRef[]): Promise<VerifiedBlock[]> {
  const stored = await chain.blocks(refs);
  return stored.map((bytes, position) => {
    if (bytes !== undefined) return mustVerify(verify(bytes));
    const ref = mustExist(refs[position], "one answer for each ref");
    throw new NodeError(
      "DATA_CORRUPT",
      `block ${ref.digest} of round ${ref.round} is in a commit but not in the store`,
    );
  });
}

export function readCommit(stored: StoredCommit): SealedCommit {
  const commit = decodeCommit(stored.bytes, sha256);
  if (!commit.ok) throw new NodeError("DATA_CORRUPT", `a stored commit does not decode: ${commit.error.detail}`);
  if (commit.value.digest !== (stored.digest satisfies CommitDigest))
    throw new NodeError("DATA_CORRUPT", "a stored commit has another digest");
  return commit.value;
}

function mustVerify(result: Result<VerifiedBlock, Rejection>): VerifiedBlock {
  if (result.ok) return result.value;
  throw new NodeError("DATA_CORRUPT", `a stored block does not verify: ${result.error.code} ${result.error.detail}`);
}
