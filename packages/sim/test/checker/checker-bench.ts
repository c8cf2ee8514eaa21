// A committee of four, blocks made by hand, and a checker context: what the tests of the checkers stand on.

import { type TestChain, createTestChain } from "@selvedge/consensus/testing";
import {
  type Ack,
  type BlockRef,
  type SignedUpdate,
  type UpdateDigest,
  type VerifiedBlock,
  buildBlock,
  digestOf,
  genesisRefs,
  mustExist,
  round as roundOf,
  validatorIndex,
} from "@selvedge/integrity";
import type { Checker, CheckerContext, Violation } from "../../src/checker/checker.ts";
import type { Observation, Observed } from "../../src/protocol/observation.ts";

export interface BlockDraft {
  readonly parents?: readonly BlockRef[];
  readonly transactions?: readonly Uint8Array[];
  readonly updates?: readonly SignedUpdate[];
  readonly acks?: readonly UpdateDigest[];
  readonly timestampMs?: number;
}

export const SIZE = 4;
export const chain: TestChain = createTestChain({ size: SIZE });
const genesis = genesisRefs({ chainId: chain.chainId, epoch: chain.committee.epoch, size: SIZE }, chain.crypto.sha256);

export function refs(...blocks: readonly VerifiedBlock[]): readonly BlockRef[] {
  return blocks.map(({ ref }) => ref);
}

/** Parents as given; at first those of genesis, the author's own in front. */
export function block(round: number, author: number, draft: BlockDraft = {}): VerifiedBlock {
  const own = mustExist(genesis[author], "a member");
  const parents = draft.parents ?? [own, ...genesis.filter((ref) => ref !== own)];
  const acks: Ack[] = (draft.acks ?? [])
    .toSorted((left, right) => (left < right ? -1 : 1))
    .map((update) => ({ update, score: null }));
  return buildBlock(
    {
      header: {
        version: 1,
        chainId: chain.chainId,
        epoch: chain.committee.epoch,
        round: roundOf(round),
        author: validatorIndex(author),
        parents,
        coinShare: null,
        commitVotes: [],
        checkpointVotes: [],
        timestampMs: draft.timestampMs ?? 1000 * round,
      },
      body: { acks, updates: draft.updates ?? [], transactions: draft.transactions ?? [], control: [] },
    },
    mustExist(chain.signers[author], "a member"),
    chain.crypto.sha256,
  );
}

/** A whole round over the one before, by these authors. */
export function roundOver(
  below: readonly VerifiedBlock[],
  authors: readonly number[],
  draft: BlockDraft = {},
): readonly VerifiedBlock[] {
  const round = mustExist(below[0], "a round has blocks").ref.round + 1;
  return authors.map((author) => {
    const own = below.filter(({ ref }) => ref.author === author);
    const others = below.filter(({ ref }) => ref.author !== author);
    return block(round, author, { ...draft, parents: refs(...own, ...others) });
  });
}

export function text(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}

export function digest(name: string): string {
  return digestOf(chain.crypto.sha256, "commit", text(name));
}

export interface ContextOptions {
  readonly corrupted?: readonly number[];
  readonly gcDepth?: number;
  readonly gauges?: Readonly<Record<string, number>>;
  readonly submitted?: (transaction: Uint8Array) => boolean;
}

export function contextOf({
  corrupted = [],
  gcDepth = 60,
  gauges = {},
  submitted = () => true,
}: ContextOptions = {}): CheckerContext {
  return {
    committee: chain.committee,
    protocol: "selvedge",
    size: SIZE,
    isHonest: (node) => !corrupted.includes(node),
    isUp: () => true,
    wasSubmitted: submitted,
    gcDepth,
    gaugesOf: () => gauges,
  };
}

export type Said = Observation & { readonly node: number; readonly atMs?: number };

/** Shows the checker what nodes said, a millisecond apart, and gives back the first violation. */
export function judge(checker: Checker, said: readonly (Said | { readonly restart: number })[]): Violation | undefined {
  for (const [position, entry] of said.entries()) {
    if ("restart" in entry) {
      checker.lifecycle?.(entry.restart, false);
      checker.lifecycle?.(entry.restart, true);
      continue;
    }
    const { atMs = position, ...observation } = entry;
    const observed: Observed = { ...observation, atUs: 1000 * atMs };
    const violation = checker.watches.includes(observed.type) ? checker.observe(observed) : undefined;
    if (violation !== undefined) return violation;
  }
  return undefined;
}

export function committed(
  node: number,
  index: number,
  more: Partial<Extract<Observation, { type: "committed" }>> = {},
): Extract<Said, { type: "committed" }> {
  return {
    type: "committed",
    node,
    index,
    digest: digest(`commit ${index}`),
    parentDigest: digest(`commit ${index - 1}`),
    blocks: [],
    transactions: [],
    leader: { round: index, author: 0 },
    slot: "P",
    ...more,
  };
}

/** A commit that brings these blocks; the last one is its leader. */
export function committedBlocks(
  node: number,
  index: number,
  blocks: readonly VerifiedBlock[],
): Extract<Said, { type: "committed" }> {
  const { round, author } = mustExist(blocks.at(-1), "a commit has a leader").ref;
  const transactions = blocks.flatMap(({ body }) => body.transactions);
  return committed(node, index, { blocks, transactions, leader: { round, author } });
}

export function executed(
  node: number,
  index: number,
  more: Partial<Extract<Observation, { type: "executed" }>> = {},
): Extract<Said, { type: "executed" }> {
  return { type: "executed", node, index, stateRoot: digest(`state ${index}`), certified: [], versions: [], ...more };
}

export function accepted(node: number, ...blocks: readonly VerifiedBlock[]): readonly Said[] {
  return blocks.map((entry) => ({ type: "accepted", node, block: entry }));
}

export function signed(entry: VerifiedBlock): Said {
  return { type: "signed", node: entry.ref.author, round: entry.ref.round, digest: entry.ref.digest, block: entry };
}
