// Votes, blames and certificates of one slot over all blocks of a trace (S1, D3), for drawing: a plain reading that keeps
// nothing between slots. The engine's own is packages/consensus/src/commit.

import type { ViewBlocks, ViewSlot } from "./view-data.ts";

export interface TalliedDag {
  readonly blocks: ViewBlocks;
  readonly stakes: readonly number[];
  readonly quorumStake: number;
  /** Positions of blocks. */
  readonly byRound: ReadonlyMap<number, readonly number[]>;
}

export interface TalliedSlot {
  readonly kind: "P" | "C";
  readonly round: number;
  readonly author: number | null;
  readonly wave: number;
}

export interface SlotTally {
  readonly lists: Pick<ViewSlot, "votes" | "blames" | "certificates">;
  /** Certificates for one block, by authors of quorum stake. */
  readonly isCertified: boolean;
}

const SEVERAL = -1;

export function tallySlot(dag: TalliedDag, slot: TalliedSlot): SlotTally {
  const { author, round, wave } = slot;
  if (author === null) return { lists: { votes: [], blames: [], certificates: [] }, isCertified: false };
  const supports = slot.kind === "P" ? directSupports(dag, { author, round }) : uniqueSupports(dag, slot);
  const votes: number[] = [];
  const blames: number[] = [];
  const votedFor = new Map<number, number>();
  for (const voter of dag.byRound.get(round + wave - 2) ?? []) {
    const leader = supports(voter);
    if (leader === undefined) {
      blames.push(voter);
      continue;
    }
    votes.push(voter, leader);
    votedFor.set(voter, leader);
  }
  const certificates = (dag.byRound.get(round + wave - 1) ?? []).flatMap((block) => {
    const leader = certified(dag, block, votedFor);
    return leader === undefined ? [] : [block, leader];
  });
  return { lists: { votes, blames, certificates }, isCertified: hasQuorum(dag, certificates) };
}

type Supports = (voter: number) => number | undefined;

function directSupports(
  { blocks }: TalliedDag,
  { author, round }: { readonly author: number; readonly round: number },
): Supports {
  return (voter) =>
    blocks.parents[voter]?.find((parent) => blocks.author[parent] === author && blocks.round[parent] === round);
}

/** What each block's history holds of the slot, round by round upward. */
function uniqueSupports({ blocks, byRound }: TalliedDag, { author, round, wave }: TalliedSlot): Supports {
  const seen = new Map<number, number>();
  for (const block of byRound.get(round) ?? []) if (blocks.author[block] === author) seen.set(block, block);
  for (let above = round + 1; above <= round + wave - 2; above += 1) {
    for (const block of byRound.get(above) ?? []) {
      const found = new Set((blocks.parents[block] ?? []).flatMap((parent) => seen.get(parent) ?? []));
      const [only] = found;
      if (only !== undefined) seen.set(block, found.size === 1 ? only : SEVERAL);
    }
  }
  return (voter) => {
    const found = seen.get(voter);
    return found === SEVERAL ? undefined : found;
  };
}

function certified(
  { blocks, stakes, quorumStake }: TalliedDag,
  block: number,
  votedFor: ReadonlyMap<number, number>,
): number | undefined {
  const sums = new Map<number, number>();
  for (const parent of blocks.parents[block] ?? []) {
    const leader = votedFor.get(parent);
    if (leader === undefined) continue;
    const sum = (sums.get(leader) ?? 0) + (stakes[blocks.author[parent] ?? -1] ?? 0);
    if (sum >= quorumStake) return leader;
    sums.set(leader, sum);
  }
  return undefined;
}

function hasQuorum({ blocks, stakes, quorumStake }: TalliedDag, certificates: readonly number[]): boolean {
  const authors = new Map<number, Set<number>>();
  for (let position = 0; position < certificates.length; position += 2) {
    const leader = certificates[position + 1] ?? -1;
    const author = blocks.author[certificates[position] ?? -1] ?? -1;
    authors.set(leader, (authors.get(leader) ?? new Set()).add(author));
  }
  return [...authors.values()].some(
    (of) => [...of].reduce((sum, author) => sum + (stakes[author] ?? 0), 0) >= quorumStake,
  );
}
