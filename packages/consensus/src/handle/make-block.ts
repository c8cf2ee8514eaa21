// Our own block: made, accepted like any other, made durable and only then sent (docs/protocol.md, B1, B2).

import { type VerifiedBlock, mustExist } from "@selvedge/integrity";
import type { Core } from "../core.ts";
import { proposeBlock } from "../dag/proposer.ts";
import type { Vertex } from "../dag/vertex-pool.ts";
import type { Step } from "../step.ts";
import { acceptBlocks } from "./accept.ts";

export function makeBlock(core: Core, step: Step, round: number): void {
  const block = proposeBlock(core, { round, wallClockMs: step.wallClockMs });
  if (block === undefined) {
    step.request(core.pacemaker.onNoParents());
    return;
  }
  push(core, step, block);
  noteOwnBlock(core, block);
  // §11: garbage collection may have passed a header while its payload was checked, and the next commit may come too late.
  if (block.body.acks.length > 0) step.keepUnseen(core.unseenAcks.toKeep(core.rule.gcRound, core.rule.commitIndex));
  const { ref } = block;
  step.sign({ epoch: block.header.epoch, round: ref.round, digest: ref.digest }, core.acks.onOwnBlock(block.body.acks));
  core.commitVotes.onOwnBlock();
  core.checkpointVotes.onOwnBlock();
  acceptBlocks(core, step, [{ block, from: null }]);
  core.peers.markSent(mustExist(core.dag.get(ref.digest), "our new block is above gcRound"));
  core.signing.onOwnBlock();
  step.request(core.pacemaker.onOwnBlock(ref.round));
}

/** The part that a restart repeats for each block of ours. */
export function noteOwnBlock(core: Core, block: VerifiedBlock): void {
  core.own.previous = block.ref;
  core.own.newest = block;
  core.own.signedRound = Math.max(core.own.signedRound, block.ref.round);
  core.content.onOwnBlock(block);
  core.unseenAcks.onOwnBlock(block);
}

/** B2: our newest block once more, to everybody; whoever lacks what it refers to fetches that from us. */
export function sendAgain(core: Core, step: Step): void {
  const { newest } = core.own;
  // After an amnesia we may wait for a round without having a block to send.
  if (newest === null) return;
  for (const { index } of core.setup.committee.validators) if (index !== core.self) step.send(index, [newest]);
}

/** B2: to each other validator, with every accepted block that it probably lacks. */
function push(core: Core, step: Step, block: VerifiedBlock): void {
  const self = mustExist(core.self, "only a validator pushes");
  const alone = [block];
  for (const { index } of core.setup.committee.validators) {
    if (index === self) continue;
    const lacked = core.peers.lackedBy(index);
    step.send(index, lacked.length === 0 ? alone : [...lacked.map(blockOf), block]);
    for (const vertex of lacked) core.peers.markKnown(index, vertex);
  }
}

function blockOf(vertex: Vertex): VerifiedBlock {
  return mustExist(vertex.block, "what is relayed is a block in memory");
}
