// From what a node's store gives back to an engine that goes on as if never stopped (docs/protocol.md §11). Blocks take
// the way they took when they were accepted, in the same order, without effects.

import { type Round, type VerifiedBlock, assert, mustExist, round } from "@selvedge/integrity";
import { decodeConsensusState } from "./commit/consensus-state.ts";
import { type Core, createCore, genesisIdsOf } from "./core.ts";
import { DagState } from "./dag/dag-state.ts";
import type { Fault } from "./fault.ts";
import { enterMemory, noteHeader } from "./handle/accept.ts";
import { noteOwnBlock } from "./handle/make-block.ts";
import { closeSequences } from "./handle/on-local.ts";
import { createEngineMemo } from "./memo.ts";
import type { EngineSetup } from "./params.ts";
import type { RecoveredState } from "./recovered.ts";

export interface Recovery {
  readonly core: Core;
  /** To be reported with the first step. */
  readonly faults: readonly Fault[];
}

export function createFresh(setup: EngineSetup): Core {
  const memo = setup.memo ?? createEngineMemo();
  const genesisIds = genesisIdsOf(setup, memo);
  return createCore(setup, { dag: new DagState({ genesisIds, pool: memo.vertices }), memo, resume: null });
}

export function recover(setup: EngineSetup, recovered: RecoveredState): Recovery {
  const { lastCommit } = recovered;
  const gcRound = lastCommit === null ? 0 : gcRoundOf(lastCommit.consensusState);
  const blocks = recovered.blocks.filter(({ ref }) => ref.round > gcRound);
  const memo = setup.memo ?? createEngineMemo();
  const genesisIds = genesisIdsOf(setup, memo);
  const dag = new DagState({ genesisIds, pool: memo.vertices, lowestRound: gcRound === 0 ? 0 : gcRound + 1 });
  for (const block of blocks) dag.insertBlock(block);
  const { historyRound } = recovered;
  const core = createCore(setup, { dag, memo, resume: lastCommit?.consensusState ?? null, historyRound });
  for (const author of recovered.equivocators) core.equivocators.add(author);
  core.clock.startFrom(gcRound);
  restoreAcks(core, recovered);
  core.own.lastCommit = lastCommit?.sealed ?? null;
  restoreVotes(core, recovered);
  core.newest.restore(recovered.newestBlocks);
  core.newest.restore(blocks.map(({ ref }) => ref));
  for (const block of blocks) restoreBlock(core, block);
  return { core, faults: restoreOwnRound(core, recovered) };
}

/** U3 */
function restoreAcks(core: Core, { acked, acksDue = [], unseen, closed = [], hasForgotten }: RecoveredState): void {
  core.acks.restore(acked);
  const { commitIndex } = core.rule;
  core.unseenAcks.restore(unseen, (update) => core.acks.hasAcked(update), commitIndex);
  for (const update of core.unseenAcks.unchecked) core.acks.onHeader(update, commitIndex);
  for (const sequences of closed) closeSequences(core, sequences);
  core.acks.proposeAgain(acksDue);
  if (hasForgotten !== true) return;
  core.signing.restoreForgotten();
  core.acks.mute();
}

function gcRoundOf(consensusState: Uint8Array): number {
  const state = decodeConsensusState(consensusState);
  assert(state.ok, "our own store gives back the consensus state that we made");
  return state.value.gcRound;
}

function restoreVotes(core: Core, { recentCommits: recent, blocks, newestOwnBlock }: RecoveredState): void {
  // §11: those of earlier epochs are not this committee's to vote for.
  const recentCommits = recent.filter(({ index }) => index > (core.setup.epochBase?.index ?? 0));
  const own = blocks.filter(({ ref }) => ref.author === core.self);
  if (newestOwnBlock !== null) own.push(newestOwnBlock);
  const highest = (votes: readonly { readonly index: number }[]): number =>
    votes.reduce((index, vote) => Math.max(index, vote.index), 0);
  core.commitVotes.restore(recentCommits, highest(own.flatMap(({ header }) => header.commitVotes)));
  core.checkpointVotes.restore(recentCommits, highest(own.flatMap(({ header }) => header.checkpointVotes)));
}

function restoreBlock(core: Core, block: VerifiedBlock): void {
  const vertex = mustExist(core.dag.get(block.ref.digest), "what is restored is in memory");
  enterMemory(core, vertex);
  const lastCommit = core.rule.commitIndex;
  for (const update of block.body.updates) {
    core.acks.onHeader(update, lastCommit);
    noteHeader(core, update, block.ref.round);
  }
  core.receipts.onAccepted(block, lastCommit);
  core.checkpointVotes.onAccepted(block);
  if (block.ref.author === core.self) {
    noteOwnBlock(core, block);
    // A range or a state may have left the block in memory with acks that were kept as due.
    core.acks.onOwnBlock(block.body.acks);
  }
  if (!core.rule.isOutput(vertex)) return;
  core.content.onOutput([block]);
  core.unseenAcks.onOutput([block], core.self);
  core.payload.onOutput([vertex]);
}

/** §11: a signature that our store knows nothing of means that we must not sign: not this round, nor by guess another. */
function restoreOwnRound(core: Core, recovered: RecoveredState): readonly Fault[] {
  const { newestOwnBlock, lastSignedRound, isRecovering } = recovered;
  // What others gave back after an amnesia is among the blocks, and may be newer than what we made ourselves.
  if (newestOwnBlock !== null && newestOwnBlock.ref.round >= (core.own.previous?.round ?? 0)) {
    core.own.previous = newestOwnBlock.ref;
    core.own.newest = newestOwnBlock;
  }
  const newest = core.own.previous;
  if (newest === null) return [];
  core.pacemaker.restore(newest.round);
  const stored = round(Math.max(newest.round, core.newest.of(newest.author) ?? 0));
  core.own.signedRound = Math.max(stored, lastSignedRound ?? 0);
  const amnesia = amnesiaOf(recovered, stored);
  if (amnesia === null && isRecovering !== true) return [];
  core.signing.forget();
  core.acks.mute();
  // Of what a life before has reported there is nothing new to say.
  return amnesia === null || isRecovering === true ? [] : [amnesia];
}

/** `stored` is the round of the newest block by us that our store holds, whoever made it known to it. */
function amnesiaOf(recovered: RecoveredState, stored: Round): Fault | null {
  const noted = recovered.lastSignedRound ?? round(0);
  const made = recovered.newestOwnBlock?.ref.round ?? round(0);
  // Neither made nor noted by us: others gave it back, and not all of them have been asked whether it was the last.
  if (stored > Math.max(made, noted)) return { type: "amnesia", signedRound: stored, storedRound: made };
  if (noted > stored || recovered.isSignedUnknown === true)
    return { type: "amnesia", signedRound: noted, storedRound: stored };
  return null;
}
