// Joining from a state instead of from the genesis (docs/protocol.md §11): a snapshot that some peer names, the certificate
// of its commit, the portions from anybody, and only then, with the root that a quorum signed, a ledger. What consensus
// goes on from stands under that root too: its state by digest, and the blocks that this one names by theirs. Runs before
// the node has an engine; everything is stored before the transfer is forgotten, so a crash at any point goes on from it.

import { type ConsensusState, acksToKeep, decodeConsensusState } from "@selvedge/consensus";
import {
  type BlockRef,
  type CheckpointCertificate,
  type CommitIndex,
  type Epoch,
  type SealedCommit,
  type Store,
  type ValidatorIndex,
  type VerifiedBlock,
  compareRefs,
  decodeCheckpoint,
  decodeCommit,
  digestOf,
  encodeCheckpoint,
} from "@selvedge/integrity";
import { type Ledger, type LedgerOptions, restoreLedger } from "@selvedge/ledger";
import { restoreBlocks } from "../daemon/restore.ts";
import { NodeError } from "../errors.ts";
import type { NodeLogger } from "../observability/log.ts";
import type { ChainStore } from "../storage/chain-store.ts";
import { pruneMarkOp } from "../storage/prune-mark.ts";
import { shelveOp } from "../storage/snapshot-shelf.ts";
import { SnapshotStore } from "../storage/snapshot-store.ts";
import type { StateStore } from "../storage/state-store.ts";
import type { Transfer } from "../storage/transfer-store.ts";
import { BlockFeed } from "./block-feed.ts";
import type { CertificateDesk } from "./certificates.ts";
import { STATE_BLOCKS_MAX, STATE_MANIFEST_MAX_BYTES, STATE_SMALL_MAX_BYTES, SYNC_EMPTY_ROUNDS_MAX } from "./limits.ts";
import { type TransferSetup, fetchSmall, fetchState } from "./state-transfer.ts";
import { NobodyHas, NothingHere, PeerLied } from "./sync-peers.ts";
import { type TrustRoot, checkTrustRoot } from "./trust-root.ts";
import type { VerifyBlock } from "./verify-block.ts";

export interface StateSyncSetup extends TransferSetup {
  readonly certificates: CertificateDesk;
  readonly store: Store;
  readonly chain: ChainStore;
  readonly state: StateStore;
  readonly ledgerOptions: LedgerOptions;
  readonly verify: VerifyBlock;
  /** Whose acks in the store are ours; null in an observer. */
  readonly self: ValidatorIndex | null;
  /** The epoch that blocks and certificates are checked in. */
  readonly epoch: Epoch;
  /** A commit that the chain must go through, as the operator knows it from elsewhere; null trusts the genesis alone. */
  readonly trustRoot: TrustRoot | null;
  readonly logger: NodeLogger;
}

/**
 * Resolves once the store holds the state of a certified commit, and with that commit's index; with undefined if nobody
 * has a state of this epoch that is newer than what is here: the network may be in the next one by now.
 */
export async function syncState(setup: StateSyncSetup): Promise<CommitIndex | undefined> {
  const { transfers, logger } = setup;
  await dropTransferOfOtherEpoch(setup);
  /** Whose states came to nothing. */
  const fruitless = new Set<ValidatorIndex>();
  for (;;) {
    const transfer = (await transfers.read()) ?? (await beginTransfer(setup, fruitless));
    if (transfer === undefined) return undefined;
    try {
      if (await takeState(setup, transfer)) return transfer.index;
    } catch (error) {
      if (!(error instanceof NobodyHas)) throw error;
      logger.info({}, "the state that was being fetched is no longer served");
    }
    fruitless.add(transfer.source);
    // What was fetched was a lie, or is gone: another one from the beginning.
    await startOver(setup);
  }
}

/** Begun before a stop that an epoch ended in: what belongs to that state would break the rules of this epoch. */
async function dropTransferOfOtherEpoch(setup: StateSyncSetup): Promise<void> {
  const transfer = await setup.transfers.read();
  if (transfer !== undefined && certificateOf(transfer).statement.epoch !== setup.epoch) await startOver(setup);
}

async function startOver({ transfers }: StateSyncSetup): Promise<void> {
  await transfers.clear();
  await transfers.want();
}

/** Of whoever offered nothing in vain before, if there is anybody; of all otherwise. Undefined if nobody offers one. */
async function beginTransfer(setup: StateSyncSetup, fruitless: Set<ValidatorIndex>): Promise<Transfer | undefined> {
  let found = fruitless.size > 0 ? await findOffer(setup, { without: fruitless, emptyRoundsMax: 1 }) : undefined;
  if (found === undefined) {
    fruitless.clear();
    found = await findOffer(setup, { without: fruitless, emptyRoundsMax: SYNC_EMPTY_ROUNDS_MAX });
  }
  if (found === undefined) return undefined;
  const { offer, certificate } = found;
  if (setup.trustRoot !== null) await checkTrustRoot(setup, certificate, setup.trustRoot);
  const transfer = { ...offer, certificate: encodeCheckpoint(certificate) };
  await setup.transfers.begin(transfer);
  setup.logger.info({ index: offer.index, source: offer.source }, "fetching the state");
  return transfer;
}

interface Offer {
  readonly offer: Omit<Transfer, "certificate">;
  readonly certificate: CheckpointCertificate;
}

async function findOffer(
  { peers, certificates, chain, sha256 }: StateSyncSetup,
  { without, emptyRoundsMax }: { readonly without: ReadonlySet<ValidatorIndex>; readonly emptyRoundsMax: number },
): Promise<Offer | undefined> {
  const [last] = await chain.recentCommits(1);
  const question = async (peer: ValidatorIndex, signal: AbortSignal): Promise<Offer> => {
    if (without.has(peer)) throw new NothingHere();
    const request = { peer, kind: "manifest", bytesMax: STATE_MANIFEST_MAX_BYTES } as const;
    const { index, bytes } = await fetchSmall(peers, request, { index: null, signal });
    if (bytes.length % sha256(new Uint8Array(0)).length !== 0) throw new PeerLied("a manifest of other than hashes");
    if (index === 0) throw new PeerLied("a state of no commit");
    // It would lead back to where nobody has the commits that follow.
    if (last !== undefined && index <= last.index) throw new NothingHere();
    const certificate = await certificates.above(index - 1, index);
    // A snapshot may be newer than its certificate, and a height that nobody signed is worth nothing.
    if (certificate === null || certificate === "later") throw new NothingHere();
    return { offer: { index, manifest: bytes, source: peer }, certificate };
  };
  try {
    return await peers.ask(question, emptyRoundsMax);
  } catch (error) {
    if (error instanceof NobodyHas) return undefined;
    throw error;
  }
}

/** False if it was not the certified state. */
async function takeState(setup: StateSyncSetup, transfer: Transfer): Promise<boolean> {
  const { peers, ledgerOptions } = setup;
  const certificate = certificateOf(transfer);
  const { bytes, deviating } = await fetchState(setup, transfer);
  const ledger = restoreLedger(ledgerOptions, bytes);
  const { index, stateRoot } = certificate.statement;
  if (!ledger.ok || ledger.value.lastCommitIndex() !== index || ledger.value.stateRoot() !== stateRoot) {
    peers.blame(transfer.source, "a manifest of another state than the certified one");
    return false;
  }
  for (const peer of deviating) peers.blame(peer, "a portion of another state than the certified one");
  const consensus = await fetchConsensus(setup, ledger.value);
  const sealed = await fetchCommit(setup, certificate);
  const blocks = await fetchHistory(setup, consensus.state);
  await adopt(setup, { certificate, snapshot: bytes, ledger: ledger.value, consensus, sealed, blocks });
  return true;
}

interface ConsensusPart {
  readonly bytes: Uint8Array;
  readonly state: ConsensusState;
}

async function fetchConsensus({ peers, sha256 }: StateSyncSetup, ledger: Ledger): Promise<ConsensusPart> {
  return peers.ask(async (peer, signal) => {
    const request = { peer, kind: "consensus", bytesMax: STATE_SMALL_MAX_BYTES } as const;
    const { bytes } = await fetchSmall(peers, request, { index: ledger.lastCommitIndex(), signal });
    if (digestOf(sha256, "consensus-state", bytes) !== ledger.consensusStateDigest())
      throw new PeerLied("another consensus state than the certified one");
    const state = decodeConsensusState(bytes);
    if (!state.ok) throw new NodeError("STATE_DIVERGED", `the certified consensus state: ${state.error.detail}`);
    return { bytes, state: state.value };
  });
}

async function fetchCommit(
  { peers, sha256 }: StateSyncSetup,
  { statement }: CheckpointCertificate,
): Promise<SealedCommit> {
  return peers.ask(async (peer, signal) => {
    const request = { type: "commits", fromIndex: statement.index, count: 1 } as const;
    const [bytes] = (await peers.fetch(peer, request, signal)).commits;
    if (bytes === undefined) throw new NothingHere();
    const sealed = decodeCommit(bytes, sha256);
    if (!sealed.ok || sealed.value.digest !== statement.commitDigest)
      throw new PeerLied("another commit than the certified one");
    return sealed.value;
  });
}

/** All output blocks above gcRound: the heads and whatever they reach. Parents first. */
async function fetchHistory(
  setup: StateSyncSetup,
  { heads, gcRound }: Pick<ConsensusState, "heads" | "gcRound">,
): Promise<readonly VerifiedBlock[]> {
  const blocks = new Map<string, VerifiedBlock>();
  const isNew = (ref: BlockRef): boolean => ref.round > gcRound && !blocks.has(ref.digest);
  for (let next = heads.filter(isNew); next.length > 0;) {
    const feed = new BlockFeed(setup, next);
    try {
      for (const { block } of await feed.take(next)) blocks.set(block.ref.digest, block);
    } finally {
      await feed.close();
    }
    if (blocks.size > STATE_BLOCKS_MAX)
      throw new NodeError("STATE_DIVERGED", "the certified consensus state reaches too many blocks");
    const parents = next.flatMap(({ digest }) => blocks.get(digest)?.header.parents ?? []).filter(isNew);
    next = [...new Map(parents.map((ref) => [ref.digest, ref])).values()];
  }
  return [...blocks.values()].sort((left, right) => compareRefs(left.ref, right.ref));
}

interface TakenState {
  readonly certificate: CheckpointCertificate;
  readonly snapshot: Uint8Array;
  readonly ledger: Ledger;
  readonly consensus: ConsensusPart;
  readonly sealed: SealedCommit;
  readonly blocks: readonly VerifiedBlock[];
}

/** The commits last: a store that has them has everything. */
async function adopt(setup: StateSyncSetup, taken: TakenState): Promise<void> {
  const { store, state, chain, transfers, sha256 } = setup;
  const { certificate, snapshot, ledger, consensus, sealed } = taken;
  const { index, stateRoot } = certificate.statement;
  for (const { id } of ledger.models()) for (const record of ledger.versions(id)) await state.putVersion(record);
  await state.putCheckpoint(certificate);
  await state.putExecuted({ index, stateRoot, events: [], snapshot });
  const served = await new SnapshotStore(store, sha256).put(index, snapshot, consensus.bytes);
  const mark = pruneMarkOp({
    base: index,
    epoch: sealed.commit.epoch,
    gcRound: consensus.state.gcRound,
    isDone: false,
  });
  await store.batch([...served, shelveOp(index, snapshot), mark], { sync: true });
  // §11: the state's gcRound is above blocks of ours that no commit may have output.
  const kept = acksToKeep(await restoreBlocks(chain, setup.verify, await chain.lastCommit()), setup.self);
  const known = await chain.blocks(taken.blocks.map(({ ref }) => ref));
  await chain.persist({
    type: "persist",
    blocks: taken.blocks.filter((_, position) => known[position] === undefined),
    commits: [{ sealed, consensusState: consensus.bytes }],
    acked: [],
    ...kept,
    signed: null,
    sync: true,
  });
  await transfers.clear();
  setup.logger.info({ index, blocks: taken.blocks.length, snapshotBytes: snapshot.length }, "the state is here");
}

function certificateOf({ certificate }: Transfer): CheckpointCertificate {
  const decoded = decodeCheckpoint(certificate);
  if (!decoded.ok) throw new NodeError("DATA_CORRUPT", `the stored certificate: ${decoded.error.detail}`);
  return decoded.value;
}
