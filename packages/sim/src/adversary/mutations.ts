// Small changes to a block's draft, each to one field: some give another valid block (an equivocation), some an invalid
// one. A mutation that finds nothing to change falls back to the time.

import {
  type BlockBody,
  type BlockHeader,
  type Digest,
  commitIndex,
  digestFromBytes,
  digestToBytes,
  epoch,
} from "@selvedge/integrity";
import type { Choices } from "../kernel/decisions.ts";
import type { BlockDraftFields } from "./block-draft.ts";

type Draft = BlockDraftFields & {
  readonly header: Pick<BlockHeader, "coinShare" | "commitVotes" | "checkpointVotes" | "timestampMs">;
  readonly body: BlockBody;
};

export type Mutation = (draft: Draft, choices: Choices) => BlockDraftFields;

const withTime: Mutation = (draft) => ({
  ...draft,
  header: { ...draft.header, timestampMs: draft.header.timestampMs + 1 },
});

const roundUp: Mutation = (draft) => ({ ...draft, round: draft.round + 1 });

const roundDown: Mutation = (draft) => ({ ...draft, round: Math.max(0, draft.round - 1) });

const wrongEpoch: Mutation = (draft) => ({ ...draft, header: { ...draft.header, epoch: epoch(1) } });

const oneParentLess: Mutation = (draft, choices) => ({
  ...draft,
  parents: withoutOne(draft.parents, choices),
});

const parentsSwapped: Mutation = (draft, choices) => ({ ...draft, parents: choices.shuffled(draft.parents) });

const parentTurned: Mutation = (draft, choices) => {
  const victim = choices.below(Math.max(1, draft.parents.length));
  return {
    ...draft,
    parents: draft.parents.map((parent, position) =>
      position === victim ? { ...parent, digest: turned(parent.digest) } : parent,
    ),
  };
};

const commitVoteTurned: Mutation = (draft, choices) => {
  const [vote, ...rest] = draft.header.commitVotes;
  if (vote === undefined) return withTime(draft, choices);
  const commitVotes = [{ index: commitIndex(vote.index), digest: turned(vote.digest) }, ...rest];
  return { ...draft, header: { ...draft.header, commitVotes } };
};

const checkpointVoteTurned: Mutation = (draft, choices) => {
  const [vote, ...rest] = draft.header.checkpointVotes;
  if (vote === undefined) return withTime(draft, choices);
  const checkpointVotes = [{ ...vote, stateRoot: turned(vote.stateRoot) }, ...rest];
  return { ...draft, header: { ...draft.header, checkpointVotes } };
};

const shareMissing: Mutation = (draft, choices) =>
  draft.header.coinShare === null
    ? withTime(draft, choices)
    : { ...draft, header: { ...draft.header, coinShare: null } };

const transactionLess: Mutation = (draft, choices) => {
  const { transactions } = draft.body;
  if (transactions.length === 0) return withTime(draft, choices);
  return { ...draft, body: { ...draft.body, transactions: withoutOne(transactions, choices) } };
};

const acksTurned: Mutation = (draft, choices) => {
  const { acks } = draft.body;
  if (acks.length === 0) return withTime(draft, choices);
  return {
    ...draft,
    body: { ...draft.body, acks: acks.map((ack) => ({ ...ack, update: turned(ack.update) })).toReversed() },
  };
};

export const MUTATIONS: readonly Mutation[] = [
  withTime,
  roundUp,
  roundDown,
  wrongEpoch,
  oneParentLess,
  parentsSwapped,
  parentTurned,
  commitVoteTurned,
  checkpointVoteTurned,
  shareMissing,
  transactionLess,
  acksTurned,
];

function withoutOne<Item>(items: readonly Item[], choices: Choices): readonly Item[] {
  const victim = choices.below(Math.max(1, items.length));
  return items.filter((_, position) => position !== victim);
}

/** The same digest with its last bit turned. */
function turned<Kind extends Digest>(digest: Kind): Kind {
  const bytes = new Uint8Array(digestToBytes(digest));
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
  return digestFromBytes<Kind>(bytes);
}
