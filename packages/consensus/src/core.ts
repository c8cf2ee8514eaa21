// The parts of one engine and how they are wired. The handlers (handle/) act on these; nobody else holds them.

import {
  type BlockDigest,
  type BlockRef,
  type SealedCommit,
  type ValidatorIndex,
  type VerifiedBlock,
  genesisRefs,
  validatorIndex,
} from "@selvedge/integrity";
import { Acks } from "./acks.ts";
import { SigningGuard } from "./amnesia.ts";
import { CommitRule, FIRST_EPOCH_BASE } from "./commit/commit-rule.ts";
import { epochSeedOf } from "./commit/leader-schedule.ts";
import { OwnContent } from "./content.ts";
import { AuthorFetcher } from "./dag/author-fetcher.ts";
import { BlockManager } from "./dag/block-manager.ts";
import { BranchFetcher } from "./dag/branch-fetcher.ts";
import type { DagState } from "./dag/dag-state.ts";
import { type FetchPeer, Fetcher } from "./dag/fetcher.ts";
import { NewestRounds } from "./dag/newest-rounds.ts";
import { PayloadTracker } from "./dag/payload-tracker.ts";
import { PeerKnowledge } from "./dag/peer-knowledge.ts";
import { RangeFetcher } from "./dag/range-fetcher.ts";
import { ThresholdClock } from "./dag/threshold-clock.ts";
import type { EngineMemo } from "./memo.ts";
import { createPacemakerView } from "./pacemaker-view.ts";
import { Pacemaker, type PacemakerView } from "./pacemaker.ts";
import type { EngineSetup } from "./params.ts";
import { Receipts } from "./receipts.ts";
import { UnseenAcks } from "./unseen-acks.ts";
import { CheckpointVotes } from "./votes-checkpoint.ts";
import { CommitVotes } from "./votes-commit.ts";

export interface Core {
  readonly setup: EngineSetup;
  /** Null in an observer. */
  readonly self: ValidatorIndex | null;
  readonly genesis: readonly BlockRef[];
  readonly dag: DagState;
  readonly rule: CommitRule;
  readonly clock: ThresholdClock;
  readonly parking: BlockManager;
  readonly fetcher: Fetcher;
  readonly ranges: RangeFetcher;
  readonly authors: AuthorFetcher;
  readonly branches: BranchFetcher;
  readonly newest: NewestRounds;
  readonly peers: PeerKnowledge;
  readonly payload: PayloadTracker;
  readonly pacemaker: Pacemaker;
  /** What the pacemaker is told. */
  readonly view: PacemakerView;
  readonly content: OwnContent;
  readonly acks: Acks;
  readonly unseenAcks: UnseenAcks;
  readonly receipts: Receipts;
  readonly commitVotes: CommitVotes;
  readonly checkpointVotes: CheckpointVotes;
  /** D2: authors whose equivocation was reported. */
  readonly equivocators: Set<ValidatorIndex>;
  /** By `refKey`, missing blocks at or below gcRound that our store was asked for; true once it said no. */
  readonly lookups: Map<string, boolean>;
  readonly own: OwnState;
  /** What our store holds begins above this round: the node began with a state, or has pruned. 0: it holds everything. */
  readonly historyRound: number;
  /** §11: whether our key may be used. */
  readonly signing: SigningGuard;
}

export interface OwnState {
  /** Our newest block: the first parent of the next (P1). Genesis at first. */
  previous: BlockRef | null;
  /** The block itself; null if we have made none. */
  newest: VerifiedBlock | null;
  /** Highest round that we are known to have signed, in this life or an earlier one. */
  signedRound: number;
  isStarted: boolean;
  /** §11: the end of the epoch is ordered. */
  isEnding: boolean;
  /** Our end marker is in blocks of ours or waits for one. */
  isMarked: boolean;
  /** Our last commit of this epoch. */
  lastCommit: SealedCommit | null;
}

export interface CoreOrigin {
  readonly dag: DagState;
  readonly memo: EngineMemo;
  readonly resume: Uint8Array | null;
  /** Default 0. */
  readonly historyRound?: number | undefined;
}

export function genesisIdsOf(setup: EngineSetup, memo: EngineMemo): readonly BlockDigest[] {
  return genesisRefsOf(setup, memo).map(({ digest }) => digest);
}

function genesisRefsOf(setup: EngineSetup, memo: EngineMemo): readonly BlockRef[] {
  const { chainId, committee, crypto, epochBase } = setup;
  const { epoch, validators } = committee;
  const place = { chainId, epoch, size: validators.length, startDigest: epochBase?.startDigest };
  return memo.genesis.get(() => genesisRefs(place, crypto.sha256));
}

export function createCore(setup: EngineSetup, { dag, memo, resume, historyRound = 0 }: CoreOrigin): Core {
  const { committee, params, local, crypto } = setup;
  const self = setup.validator?.index ?? null;
  const peers = peersOf(setup);
  // A header may wait for its block to be committed, then updateExpiry commits for its acks.
  const keepCommits = params.updateExpiry + params.executionLagMax;
  const acks = new Acks(keepCommits);
  const peerCount = committee.validators.length - (self === null ? 0 : 1);
  const fetching = { peers, peerCount, timeoutMs: local.fetchTimeoutMs };
  const rangeFetching = { ...fetching, roundsMax: local.fetchRangeRoundsMax };
  const nextId = counter();
  const genesis = genesisRefsOf(setup, memo);
  const rule = commitRuleOf(setup, { dag, memo, resume });
  const clock = new ThresholdClock(committee);
  const payload = new PayloadTracker();
  const content = new OwnContent({
    self,
    sha256: crypto.sha256,
    params,
    uncommittedBytesMax: local.ownUncommittedBytesMax,
  });
  const checkpointVotes = checkpointVotesOf(setup, memo);
  return {
    setup,
    self,
    genesis,
    dag,
    rule,
    clock,
    parking: new BlockManager({
      isIn: (ref) => ref.round === 0 || dag.holds(ref),
      acceptedInSlot: ({ round, author }) => dag.inSlot(round, author).length,
      perAuthorMax: local.parkedPerAuthorMax,
      totalMax: local.parkedMax,
    }),
    fetcher: new Fetcher(fetching, nextId),
    ranges: new RangeFetcher(rangeFetching, nextId),
    authors: new AuthorFetcher(rangeFetching, nextId),
    branches: new BranchFetcher(rangeFetching, nextId),
    newest: new NewestRounds(committee.validators.length, resume === null),
    peers: new PeerKnowledge({ committeeSize: committee.validators.length, dag, self, histories: memo.histories }),
    payload,
    pacemaker: new Pacemaker(local),
    view: createPacemakerView({ setup, rule, dag, clock, content, acks, payload, checkpointVotes }),
    content,
    acks,
    unseenAcks: new UnseenAcks(keepCommits),
    receipts: new Receipts({ committee, keyOf: (update) => acks.keyOf(update), keepCommits }),
    commitVotes: new CommitVotes(params.commitVotesMax),
    checkpointVotes,
    equivocators: new Set(),
    lookups: new Map(),
    historyRound,
    own: ownAtGenesis(self === null ? null : (genesis[self] ?? null)),
    signing: new SigningGuard({ committee, self, doppelgangerRounds: local.doppelgangerRounds }),
  };
}

/** Shared with commit/commit-follower.ts. */
function checkpointVotesOf(setup: EngineSetup, memo: EngineMemo): CheckpointVotes {
  const { chainId, committee, crypto, params, epochBase } = setup;
  return new CheckpointVotes({
    baseIndex: epochBase?.index ?? 0,
    chainId,
    committee,
    crypto,
    windowCommits: 2 * params.executionLagMax,
    checkpointEvery: params.checkpointEvery,
    votesMax: params.checkpointVotesMax,
    signatures: memo.signatures,
  });
}

export function commitRuleOf(setup: EngineSetup, { dag, memo, resume }: CoreOrigin): CommitRule {
  const { chainId, committee, crypto, epochBase } = setup;
  return new CommitRule({
    chainId,
    committee,
    params: setup.params,
    crypto,
    dag,
    coin: setup.coin,
    families: setup.slotFamilies ?? "both",
    epochSeed: epochSeedOf(crypto.sha256, { chainId, epoch: committee.epoch, startDigest: epochBase?.startDigest }),
    base: epochBase ?? FIRST_EPOCH_BASE,
    resume,
    sealedCommits: memo.sealedCommits,
  });
}

function ownAtGenesis(previous: BlockRef | null): OwnState {
  return {
    previous,
    newest: null,
    signedRound: 0,
    isStarted: false,
    isEnding: false,
    isMarked: false,
    lastCommit: null,
  };
}

function peersOf({ committee, validator }: EngineSetup): readonly FetchPeer[] {
  if (validator === null) return [null];
  const size = committee.validators.length;
  // Everybody begins with another neighbour, so that the same block is not asked of the same peer by all.
  return Array.from({ length: size - 1 }, (_, offset) => validatorIndex((validator.index + 1 + offset) % size));
}

/** Ids of one engine's requests, fetch and range alike. */
function counter(): () => number {
  let last = 0;
  return () => {
    last += 1;
    return last;
  };
}
