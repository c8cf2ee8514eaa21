// Makes our next block (docs/protocol.md §2, §4): parents, coin share, votes and content. The pacemaker said when; the
// caller accepts, persists and sends what comes out.

import {
  type BlockBody,
  type BlockRef,
  type CoinShare,
  StakeTally,
  type VerifiedBlock,
  buildBlock,
  coinShareAt,
  mustExist,
  round as roundOf,
} from "@selvedge/integrity";
import type { Core } from "../core.ts";
import type { ValidatorIdentity } from "../params.ts";

export interface BlockRequest {
  readonly round: number;
  readonly wallClockMs: number;
}

/** Undefined if the DAG does not hold parents of Q stake of the round before. */
export function proposeBlock(core: Core, request: BlockRequest): VerifiedBlock | undefined {
  const { setup } = core;
  const identity = mustExist(setup.validator, "only a validator makes blocks");
  const parents = chooseParents(core, identity, request.round);
  if (parents === undefined) return undefined;
  const header = {
    version: 1,
    chainId: setup.chainId,
    epoch: setup.committee.epoch,
    round: roundOf(request.round),
    author: identity.index,
    parents,
    coinShare: shareFor(core, request.round),
    commitVotes: core.commitVotes.next(),
    checkpointVotes: core.checkpointVotes.next(),
    timestampMs: request.wallClockMs,
  } as const;
  return buildBlock({ header, body: nextBody(core) }, identity.signer, setup.crypto.sha256);
}

function nextBody({ acks, content, setup, rule }: Core): BlockBody {
  // §11: what a closed epoch takes in is ordered nowhere.
  if (content.isGateShut || rule.isClosed) return { acks: [], updates: [], transactions: [], control: [] };
  return { acks: acks.next(setup.params.acksMax), ...content.next() };
}

/** §6: our share of C(k) rides in round r_k + w_C − 1. */
function shareFor({ setup }: Core, round: number): CoinShare | null {
  const coin = coinShareAt(setup.params, round);
  return coin === undefined ? null : setup.coin.shareFor(coin);
}

/** P1–P4: our previous block, then of each other author the newest block that is news; by author index. */
function chooseParents(core: Core, { index }: ValidatorIdentity, round: number): readonly BlockRef[] | undefined {
  const previous = mustExist(core.own.previous, "a validator has a previous block, be it genesis");
  const tally = new StakeTally(core.setup.committee);
  if (previous.round === round - 1) tally.add(index);
  const chosen = new Map<number, BlockRef>();
  const equivocating: BlockRef[] = [];
  for (const { index: author } of core.setup.committee.validators) {
    if (author === index) continue;
    const ref = newestNews(core, author, round);
    if (ref === undefined) continue;
    // D2: not referred to directly, unless quorum cannot be had otherwise.
    if (core.equivocators.has(author)) {
      if (ref.round === round - 1) equivocating.push(ref);
      continue;
    }
    chosen.set(author, ref);
    if (ref.round === round - 1) tally.add(author);
  }
  for (const ref of equivocating) {
    if (tally.hasQuorum) break;
    chosen.set(ref.author, ref);
    tally.add(ref.author);
  }
  // P4
  if (!tally.hasQuorum) return undefined;
  return [previous, ...[...chosen.values()].sort((left, right) => left.author - right.author)];
}

/** The author's newest block below `round`; a weak link only if no block of ours reaches it already. */
function newestNews(core: Core, author: number, round: number): BlockRef | undefined {
  const { dag, peers, self, rule } = core;
  if (round === 1) return core.genesis[author];
  for (let below = round - 1; below > rule.gcRound; below -= 1) {
    const vertex = dag.inSlot(below, author)[0];
    const ref = vertex?.block?.ref;
    if (vertex === undefined || ref === undefined) continue;
    const isNews = below === round - 1 || (self !== null && !peers.isOurs(vertex));
    return isNews ? ref : undefined;
  }
  return undefined;
}
