// Blocks enter the DAG here and nowhere else (docs/protocol.md, D1, D2): each with everything that its entering means for
// the other parts, and then whatever had waited for it. What follows for commits and timers is settle.ts' work.

import { type BlockRef, type SignedUpdate, type VerifiedBlock, mustExist } from "@selvedge/integrity";
import type { Core } from "../core.ts";
import type { ReceivedBlock } from "../dag/block-manager.ts";
import type { Vertex } from "../dag/vertex-pool.ts";
import type { Step } from "../step.ts";

/** Accepts blocks whose parents are in, and all that this sets free. */
export function acceptBlocks(core: Core, step: Step, ready: readonly ReceivedBlock[]): void {
  const queue = [...ready];
  for (let position = 0; position < queue.length; position += 1) {
    const received = queue[position];
    if (received === undefined) continue;
    const known = core.dag.known(received.block.ref.digest);
    if (known !== undefined && core.dag.isIn(known)) continue;
    enter(core, step, { block: received.block, from: received.from, known });
    if (core.parking.isWaitingFor(received.block.ref)) queue.push(...freed(core, received.block.ref));
  }
}

/** What the store turned out to hold counts as accepted for those that wait for it. */
export function freed(core: Core, ref: BlockRef): readonly ReceivedBlock[] {
  return core.parking.resolve(ref).filter(({ block }) => isWithinLead(core, block.ref));
}

/** §2: blocks far beyond our own round wait, so that nobody can make us hold rounds that will never be. */
export function isWithinLead({ pacemaker, clock, self, setup, signing }: Core, { round }: BlockRef): boolean {
  const own = Math.max(pacemaker.leftRound, pacemaker.ownRound);
  const base = self === null || !signing.maySign ? clock.quorumRound : own;
  return round <= base + setup.params.roundLeadMax;
}

interface EnteringBlock extends ReceivedBlock {
  /** As the pool knows it. */
  readonly known: Vertex | undefined;
}

function enter(core: Core, step: Step, { block, from, known }: EnteringBlock): void {
  const { ref } = block;
  step.blocks.push(block);
  core.newest.onAccepted(ref, core.rule.gcRound);
  // D1: what garbage collection has passed is kept in the store; nothing undecided can reach it.
  if (ref.round <= core.rule.gcRound) return;
  reportEquivocation(core, step, ref);
  const vertex = core.dag.insertBlock(block, known);
  enterMemory(core, vertex);
  if (from !== null) core.peers.markKnown(from, vertex);
  readContent(core, step, block);
}

/** What a restart repeats of entering. */
export function enterMemory(core: Core, vertex: Vertex): void {
  core.clock.add(mustExist(vertex.block, "what enters is a block").ref);
  core.peers.onAccepted(vertex);
  core.payload.onAccepted(vertex);
}

/** D2: two blocks of one author and round. */
function reportEquivocation(core: Core, step: Step, ref: BlockRef): void {
  const first = core.dag.inSlot(ref.round, ref.author)[0]?.block;
  if (first === undefined || first === null || core.equivocators.has(ref.author)) return;
  core.equivocators.add(ref.author);
  step.report([{ type: "equivocation", author: ref.author, first: first.ref, second: ref }]);
}

/** A header that we have acked, or may ack once its payload is checked. */
export function noteHeader({ acks, rule, self, unseenAcks }: Core, update: SignedUpdate, round: number): void {
  if (self === null || !(acks.isOpen(update) || acks.hasAcked(update))) return;
  unseenAcks.onHeader(update, { round, lastCommit: rule.commitIndex });
}

function readContent(core: Core, step: Step, block: VerifiedBlock): void {
  const lastCommit = core.rule.commitIndex;
  for (const update of block.body.updates) {
    const isCheckDue = core.acks.onHeader(update, lastCommit);
    noteHeader(core, update, block.ref.round);
    // U3
    if (isCheckDue && core.self !== null) step.checkUpdate(update, block.ref.author);
  }
  if (block.body.acks.length > 0) {
    // U4
    const { receipts, faults } = core.receipts.onAccepted(block, lastCommit);
    step.receipts(receipts);
    step.report(faults);
  }
  const findings = core.checkpointVotes.onAccepted(block);
  step.certificates(findings.certificates);
  step.report(findings.faults);
}
