// Catching up by ranges (docs/protocol.md §11): certificate by certificate towards the newest one, each stretch of commits
// checked against its certificate before its blocks are asked for, then followed, stored and executed commit by commit.
// Everything that is stored is final, so a crash costs what was not stored yet. Memory holds one segment of commits, the
// block feed and what waits for the ledger: the length of the way plays no part.

import type { CommitFollower } from "@selvedge/consensus";
import { type CheckpointCertificate, type SealedCommit, type Sha256, type VerifiedBlock } from "@selvedge/integrity";
import { NodeError } from "../errors.ts";
import type { Executor } from "../host/executor.ts";
import type { ChainStore } from "../storage/chain-store.ts";
import type { StateStore } from "../storage/state-store.ts";
import { BlockFeed } from "./block-feed.ts";
import type { CertificateDesk } from "./certificates.ts";
import { type SegmentStart, fetchSegment } from "./commit-segment.ts";
import { SEGMENT_COMMITS_MAX, SYNC_EXECUTION_LAG, SYNC_REST_COMMITS } from "./limits.ts";
import type { SyncPeers } from "./sync-peers.ts";
import type { VerifyBlock } from "./verify-block.ts";

export interface RangeSyncSetup {
  readonly peers: SyncPeers;
  readonly certificates: CertificateDesk;
  readonly sha256: Sha256;
  readonly chain: ChainStore;
  readonly state: StateStore;
  readonly executor: Executor;
  readonly verify: VerifyBlock;
  readonly onCommit: (sealed: SealedCommit, blocks: readonly VerifiedBlock[]) => void;
  readonly onCertificate: (certificate: CheckpointCertificate) => void;
  readonly onTarget: (index: number) => void;
  readonly bufferBytesMax?: number;
}

/** What is to be taken in: the commits from one of ours on, and what the network showed to have them. */
export interface Range {
  readonly start: SegmentStart;
  readonly newest: Newest;
  readonly follower: CommitFollower;
}

/** The newest certificate that a peer showed, or that there are some of a later epoch. */
export type Newest = CheckpointCertificate | "later";

/** Goes on from `start` until the network's newest certificate is near. Answers with the last commit that is ours. */
export async function syncRange(setup: RangeSyncSetup, range: Range): Promise<SegmentStart> {
  const { follower } = range;
  let { start: at, newest } = range;
  while (!follower.isClosed) {
    // Only at the end of what is certified already: a peer that shows an old certificate for its newest cannot end it before.
    if (isNear(newest, at)) {
      const next = await setup.certificates.above(at.index, null);
      if (next === null || isNear(next, at)) return at;
      newest = next;
    }
    if (newest !== "later") setup.onTarget(newest.statement.index);
    const certificate = await nextCertificate(setup, at, newest);
    if (certificate === undefined) return at;
    at = await syncSegment(setup, { start: at, certificate, follower });
  }
  return at;
}

/** The engine pulls what is left. */
function isNear(newest: Newest, { index }: SegmentStart): boolean {
  return newest !== "later" && newest.statement.index - index <= SYNC_REST_COMMITS;
}

/** The one to go to next. Where none is near, the newest will do, unless it is too far. */
async function nextCertificate(
  { certificates }: RangeSyncSetup,
  { index }: SegmentStart,
  newest: Newest,
): Promise<CheckpointCertificate | undefined> {
  const next = await certificates.next(index);
  if (next !== null) return next;
  return newest === "later" || newest.statement.index - index > SEGMENT_COMMITS_MAX ? undefined : newest;
}

interface Segment {
  readonly start: SegmentStart;
  readonly certificate: CheckpointCertificate;
  readonly follower: CommitFollower;
}

async function syncSegment(setup: RangeSyncSetup, { start, certificate, follower }: Segment): Promise<SegmentStart> {
  const { peers, sha256 } = setup;
  const { index, commitDigest } = certificate.statement;
  const commits = await fetchSegment(peers, sha256, { start, end: { index, digest: commitDigest } });
  const feed = new BlockFeed(
    setup,
    commits.flatMap(({ commit }) => commit.blocks),
  );
  try {
    for (const sealed of commits) {
      peers.stopped.throwIfAborted();
      await syncCommit(setup, { sealed, feed, follower, isLast: sealed === commits.at(-1) });
    }
  } finally {
    await feed.close();
  }
  await confirm(setup, certificate);
  return { index, digest: commitDigest };
}

interface CommitStep {
  readonly sealed: SealedCommit;
  readonly feed: BlockFeed;
  readonly follower: CommitFollower;
  readonly isLast: boolean;
}

async function syncCommit(
  { chain, executor, onCommit }: RangeSyncSetup,
  { sealed, feed, follower, isLast }: CommitStep,
): Promise<void> {
  const fed = await feed.take(sealed.commit.blocks);
  const blocks = fed.map(({ block }) => block);
  const followed = follower.follow(sealed, blocks);
  if (!followed.ok) throw new NodeError("STATE_DIVERGED", followed.error.detail);
  const { consensusState, consensusStateDigest } = followed.value;
  await chain.persist({
    type: "persist",
    // What is stored keeps the place in which it was accepted: after its parents, before its children.
    blocks: fed.flatMap(({ block, isStored }) => (isStored ? [] : [block])),
    commits: [{ sealed, consensusState }],
    acked: [],
    unseen: [],
    signed: null,
    sync: isLast,
  });
  onCommit(sealed, blocks);
  executor.enqueue({ sealed, blocks, consensusStateDigest });
  await executor.roomFor(SYNC_EXECUTION_LAG);
}

/** What our ledger made of the segment is what Q stake has signed. */
async function confirm(
  { executor, state, onCertificate }: RangeSyncSetup,
  certificate: CheckpointCertificate,
): Promise<void> {
  await executor.idle();
  const { index, stateRoot } = certificate.statement;
  const ours = await state.stateRoot(index);
  // Undefined once the executor has failed, which it has reported itself, or was stopped.
  if (ours === undefined) return;
  if (ours !== stateRoot)
    throw new NodeError("STATE_DIVERGED", `our state of commit ${index} is ${ours}, a quorum signed ${stateRoot}`);
  onCertificate(certificate);
}
