// A stretch of commits from one that is ours to one that is certified, fetched in parts from several peers at once and
// then checked backwards: the certificate names the last one, each names the one before. A commit that does not have the
// digest asked for shows who lied. At most SEGMENT_COMMITS_MAX commits are in memory, however long the way is.

import {
  type CommitDigest,
  type SealedCommit,
  type Sha256,
  type ValidatorIndex,
  commitIndex,
  decodeCommit,
  mustExist,
} from "@selvedge/integrity";
import { NodeError } from "../errors.ts";
import { SEGMENT_PART_COMMITS } from "./limits.ts";
import { NothingHere, PeerLied, type SyncPeers } from "./sync-peers.ts";

/** A commit that a segment follows, or ends with. */
export interface SegmentStart {
  readonly index: number;
  readonly digest: CommitDigest;
}

interface Fetched {
  readonly sealed: SealedCommit;
  readonly from: ValidatorIndex;
}

/** Rejects with NobodyHas if the peers no longer have these commits. */
export async function fetchSegment(
  peers: SyncPeers,
  sha256: Sha256,
  { start, end }: { readonly start: SegmentStart; readonly end: SegmentStart },
): Promise<readonly SealedCommit[]> {
  const slots: (Fetched | undefined)[] = Array.from({ length: end.index - start.index });
  for (;;) {
    const parts = missingParts(slots);
    // Every part settles before anybody leaves: a request that nobody waits for would outlive the sync.
    const fetched = await Promise.allSettled(
      parts.map((part) => fetchPart(peers, sha256, { ...part, firstIndex: start.index + 1, slots })),
    );
    for (const outcome of fetched) if (outcome.status === "rejected") throw outcome.reason;
    const wrong = firstWrong(slots, end.digest);
    if (wrong === undefined) break;
    blame(peers, slots, wrong);
  }
  const commits = slots.map((slot) => mustExist(slot, "every part was fetched").sealed);
  if (commits[0]?.commit.previous !== start.digest)
    throw new NodeError(
      "STATE_DIVERGED",
      `the certified chain goes through another commit ${start.index} than ours, ${start.digest}`,
    );
  return commits;
}

interface Part {
  readonly from: number;
  readonly to: number;
}

/** Runs of empty slots, none longer than a part. */
function missingParts(slots: readonly unknown[]): readonly Part[] {
  const parts: Part[] = [];
  for (let from = 0; from < slots.length; from += 1) {
    if (slots[from] !== undefined) continue;
    let to = from + 1;
    while (to < slots.length && slots[to] === undefined && to - from < SEGMENT_PART_COMMITS) to += 1;
    parts.push({ from, to });
    from = to - 1;
  }
  return parts;
}

interface PartRequest extends Part {
  readonly firstIndex: number;
  readonly slots: (Fetched | undefined)[];
}

async function fetchPart(peers: SyncPeers, sha256: Sha256, part: PartRequest): Promise<void> {
  const { slots, firstIndex, to } = part;
  for (let next = part.from; next < to;) {
    const fromIndex = firstIndex + next;
    next += await peers.ask(async (peer, signal) => {
      const request = { type: "commits", fromIndex: commitIndex(fromIndex), count: to - next } as const;
      const { commits } = await peers.fetch(peer, request, signal);
      if (commits.length === 0) throw new NothingHere();
      const sealed = commits.map((bytes, offset) => decoded(bytes, sha256, fromIndex + offset));
      sealed.forEach((commit, offset) => (slots[next + offset] = { sealed: commit, from: peer }));
      return sealed.length;
    });
  }
}

function decoded(bytes: Uint8Array, sha256: Sha256, index: number): SealedCommit {
  const sealed = decodeCommit(bytes, sha256);
  if (!sealed.ok) throw new PeerLied(`a commit that does not decode: ${sealed.error.code}`);
  if (sealed.value.commit.index !== index) throw new PeerLied(`commit ${sealed.value.commit.index} in place ${index}`);
  return sealed.value;
}

/** From the certified end backwards: the last slot whose commit is not the one named. */
function firstWrong(slots: readonly (Fetched | undefined)[], lastDigest: CommitDigest): number | undefined {
  let expected = lastDigest;
  for (let position = slots.length - 1; position >= 0; position -= 1) {
    const { sealed } = mustExist(slots[position], "every part was fetched");
    if (sealed.digest !== expected) return position;
    expected = sealed.commit.previous;
  }
  return undefined;
}

/** Everything from this liar up to the wrong commit is asked of somebody else. */
function blame(peers: SyncPeers, slots: (Fetched | undefined)[], wrong: number): void {
  const { from } = mustExist(slots[wrong], "every part was fetched");
  peers.blame(from, "a commit that is not on the certified chain");
  for (let position = 0; position <= wrong; position += 1) {
    if (slots[position]?.from === from) slots[position] = undefined;
  }
}
