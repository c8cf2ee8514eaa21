// What a store must hold and does not: commits up to the one that its consensus state is of, the blocks that they output,
// the ancestors of what is above the garbage-collection round. A record that is not there is told apart from one that
// never was by what names it.

import { decodeConsensusState } from "@selvedge/consensus";
import { type BlockRef, type CommitDigest, type SealedCommit, type VerifiedBlock } from "@selvedge/integrity";
import type { BlockVerifier } from "../daemon/parts.ts";
import { readCommit } from "../daemon/restore.ts";
import { NodeError } from "../errors.ts";
import type { ChainStore } from "../storage/chain-store.ts";

export interface ChainPlace {
  readonly index: number;
  readonly digest: CommitDigest;
}

/** Where a check of the chain begins: after a commit whose digest may not be known here any more. */
export interface ChainBegin {
  readonly index: number;
  readonly digest: CommitDigest | null;
}

/** Commits that are missing: after `start`, up to `end`. */
export interface CommitHole {
  readonly start: ChainBegin;
  readonly end: ChainPlace;
}

/** The commit that the stored consensus state is of; nothing before the first one. */
export async function chainEnd(chain: ChainStore): Promise<(ChainPlace & { readonly gcRound: number }) | undefined> {
  const stored = await chain.consensusState();
  if (stored === undefined) return undefined;
  const state = decodeConsensusState(stored);
  if (!state.ok)
    throw new NodeError("DATA_CORRUPT", `the stored consensus state does not decode: ${state.error.detail}`);
  return { index: state.value.commitIndex, digest: state.value.commitDigest, gcRound: state.value.gcRound };
}

/** Holes in the chain of commits after `begin`, lowest first; each commit that is there must fit to its neighbours. */
export async function commitHoles(
  chain: ChainStore,
  begin: ChainBegin,
  end: ChainPlace,
): Promise<readonly CommitHole[]> {
  const holes: CommitHole[] = [];
  let before = begin;
  let isOpen = false;
  for (let index = begin.index + 1; index <= end.index; index += 1) {
    const sealed = await commitAt(chain, index);
    if (sealed === undefined) {
      isOpen = true;
      continue;
    }
    if (isOpen) holes.push({ start: before, end: { index: index - 1, digest: sealed.commit.previous } });
    else checkLink(before, sealed.commit.previous);
    before = { index, digest: sealed.digest };
    isOpen = false;
  }
  if (isOpen) holes.push({ start: before, end });
  else checkLink(before, end.digest);
  return holes;
}

function checkLink({ index, digest }: ChainBegin, named: CommitDigest): void {
  if (digest !== null && digest !== named)
    throw new NodeError("DATA_CORRUPT", `commit ${index} has the digest ${digest}, but what follows it names ${named}`);
}

export async function commitAt(chain: ChainStore, index: number): Promise<SealedCommit | undefined> {
  const stored = await chain.commit(index);
  return stored === undefined ? undefined : readCommit(stored);
}

/** Blocks that commits after `from` output and that are not there. Every commit is. */
export async function missingOutput(chain: ChainStore, from: number, to: number): Promise<readonly BlockRef[]> {
  const missing: BlockRef[] = [];
  for (let index = from + 1; index <= to; index += 1) {
    const sealed = await commitAt(chain, index);
    missing.push(...(await absentOf(chain, sealed?.commit.blocks ?? [])));
  }
  return missing;
}

export interface MissingParent {
  readonly ref: BlockRef;
  /** The lowest number of a child: it was accepted before. */
  readonly acceptedBefore: number;
}

/** Parents above gcRound that blocks above it name and that are not there. */
export async function missingParents(
  chain: ChainStore,
  verify: BlockVerifier,
  gcRound: number,
): Promise<readonly MissingParent[]> {
  const lowest = new Map<string, MissingParent>();
  for (const { bytes, acceptedAs } of await chain.blocksFrom(gcRound + 1)) {
    const block = verify(bytes);
    if (!block.ok) throw new NodeError("DATA_CORRUPT", `a stored block does not verify: ${block.error.detail}`);
    for (const ref of parentsAbove(block.value, gcRound)) {
      const before = Math.min(acceptedAs, lowest.get(ref.digest)?.acceptedBefore ?? acceptedAs);
      lowest.set(ref.digest, { ref, acceptedBefore: before });
    }
  }
  const absent = await absentOf(
    chain,
    [...lowest.values()].map(({ ref }) => ref),
  );
  return absent.flatMap(({ digest }) => lowest.get(digest) ?? []);
}

function parentsAbove({ header }: VerifiedBlock, gcRound: number): readonly BlockRef[] {
  return header.parents.filter(({ round }) => round > gcRound && round > 0);
}

async function absentOf(chain: ChainStore, refs: readonly BlockRef[]): Promise<readonly BlockRef[]> {
  const found = await chain.blocks(refs);
  return refs.filter((_, position) => found[position] === undefined);
}
