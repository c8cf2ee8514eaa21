// A running node without its HTTP face: stores, ledger, engine, network and host loop, opened in the order of their
// dependencies and closed in the reverse one. The daemon command and the in-process tests both start it from here.

import {
  DEFAULT_LOCAL_PARAMS,
  type EngineSetup,
  type LocalParams,
  type RecoveredState,
  type SafetyRecord,
  createEngine,
} from "@selvedge/consensus";
import { type BlockContext, chainIdOf, verifyBlock } from "@selvedge/integrity";
import type { CommitInput } from "@selvedge/ledger";
import { sha256 } from "../crypto.ts";
import { type EpochAt, blockContextOf, engineBaseOf, placeOf } from "../epoch/epoch-at.ts";
import type { EpochEnd } from "../epoch/epoch-end.ts";
import { type EpochNode, EpochRunner } from "../epoch/epoch-runner.ts";
import type { EpochSetup } from "../epoch/epoch-setup.ts";
import { resumeEpoch, tellState } from "../epoch/resume-epoch.ts";
import { healBeforeStart } from "../heal/heal-before-start.ts";
import { EngineSlot } from "../host/engine-slot.ts";
import type { Transport } from "../network/transport.ts";
import type { NodeMetrics } from "../observability/metrics.ts";
import { knowsNewestOf } from "../safety/ask-newest.ts";
import { checkSafetyRecord, unrecordedSignature, withDoubts } from "../safety/safety-check.ts";
import { ChainStore } from "../storage/chain-store.ts";
import { PayloadStore } from "../storage/payload-store.ts";
import { historyRoundIn } from "../storage/prune-mark.ts";
import type { SafetyFile } from "../storage/safety-file.ts";
import { SnapshotStore } from "../storage/snapshot-store.ts";
import { StateStore } from "../storage/state-store.ts";
import { fetchMissingWeights } from "../sync/fetch-weights.ts";
import { openCertificates } from "../sync/open-catch-up.ts";
import { syncStateIfDue } from "../sync/open-state-sync.ts";
import { openCoin } from "./identity.ts";
import { createInbound } from "./inbound.ts";
import { ledgerOptionsOf } from "./ledger-options.ts";
import { createServices } from "./node-services.ts";
import type { BlockVerifier, NodeParts, NodeSetup } from "./parts.ts";
import { commitsToExecute, restoreEngineState, restoreLedgerState } from "./restore.ts";
import type { NodeServices } from "./services.ts";
import { wire } from "./wiring.ts";

export interface RunningNode {
  readonly services: NodeServices;
  readonly metrics: NodeMetrics;
  readonly transport: Transport;
  readonly stop: () => Promise<void>;
}

/** Runs through all epochs until it is stopped. */
export async function startNode(setup: NodeSetup): Promise<RunningNode> {
  await syncStateIfDue(setup);
  return EpochRunner.start(setup, startEpoch);
}

async function startEpoch(setup: EpochSetup, end: EpochEnd): Promise<EpochNode> {
  const parts = await openParts(setup);
  try {
    await startParts(setup, parts);
  } catch (error) {
    // Its loops must not outlive it: the owner closes the store beneath them.
    await stopParts(parts);
    throw error;
  }
  const watching = end.watch(
    { state: parts.state, certificates: openCertificates(setup, parts) },
    parts.lifetime.signal,
  );
  return {
    parts,
    services: createServices(setup, parts),
    stop: async () => {
      await stopParts(parts);
      await watching;
    },
  };
}

async function startParts(setup: EpochSetup, parts: NodeParts): Promise<void> {
  await parts.pruner.open(setup.store);
  await parts.reexecution.open(setup.store);
  parts.journal.restoreCheckpoint(await parts.state.latestCheckpoint());
  const toExecute: CommitInput[] = [];
  for await (const input of commitsToExecute(parts.chain, parts.verify, parts.ledger.lastCommitIndex()))
    toExecute.push(input);
  // In one turn of the event loop: `start` is the engine's first input, and no commit that it makes overtakes these.
  parts.host.start();
  tellState(parts);
  for (const { commit, blocks, consensusStateDigest } of toExecute) {
    // Durable already, though the index that says so may be made only now.
    parts.transactions.onCommit(commit.commit.index, blocks);
    parts.executor.enqueue({ sealed: commit, blocks, consensusStateDigest });
  }
  await parts.transport.start(
    createInbound({
      verifyBlock: parts.verify,
      crypto: parts.crypto,
      host: parts.host,
      catchUp: parts.catchUp,
      chain: parts.chain,
      state: parts.state,
      knowsNewestOf: (author) => knowsNewestOf(parts.engine.status(), setup.identity.validator?.index ?? null, author),
      snapshots: new SnapshotStore(setup.store, sha256),
      epochRecords: (fromEpoch) => setup.epochs.recordsFrom(fromEpoch),
      payloads: parts.payloads,
      payloadStore: parts.payloadStore,
      transport: parts.transport,
      metrics: parts.metrics,
      logger: setup.logger,
    }),
  );
  parts.catchUp.start();
  fetchMissingWeights(parts, setup.onFatal);
  resumeEpoch(setup, parts);
}

async function openParts(setup: EpochSetup): Promise<NodeParts> {
  const { genesis, store, at, shared } = setup;
  const { metrics, crypto } = shared;
  const chainId = chainIdOf(genesis, sha256);
  const { committee } = at;
  const verifierOf = (epoch: EpochAt): BlockVerifier =>
    createBlockVerifier(blockContextOf(epoch, { chainId, params: genesis.params, crypto }), metrics);
  const verify = verifierOf(at);
  const chain = await ChainStore.open(store, sha256, placeOf(at));
  chain.keepStatesEvery(setup.snapshotEveryCommits);
  const state = new StateStore(store, sha256);
  const payloadStore = new PayloadStore(store, sha256);
  await healBeforeStart(setup, { chain, state, payloads: payloadStore, verify, verifierOf, chainId });
  const ledger = await shared.ledgerFrom(() =>
    restoreLedgerState(ledgerOptionsOf({ genesis, chainId, crypto }), state),
  );
  for (const { current } of ledger.models()) await state.putVersion(current);
  const restoreEngine = async (): ReturnType<typeof restoreEngineState> => {
    const stored = await restoreEngineState({
      chain,
      verify,
      lastSignedRound: signedIn(setup)?.round ?? null,
      recentCommitsMax: genesis.params.executionLagMax + genesis.params.commitVotesMax,
      closed: ledger.closedSequences(),
      historyRound: await historyRoundIn(store, at.start.epoch),
    });
    return withDoubts(stored, setup);
  };
  const recovered = await restoreEngine();
  if (setup.safety !== null && recovered !== undefined) await agreeOnSigned(setup, setup.safety, recovered);
  const engineSetup: EngineSetup = {
    chainId,
    committee,
    params: genesis.params,
    local: localParams(setup),
    crypto,
    coin: openCoin({ at, chainId, identity: setup.identity, keyDealings: ledger.keyDealings(at.start.epoch) }),
    epochBase: engineBaseOf(at),
    validator: hasSignedLater(setup) ? null : setup.identity.validator,
  };
  const engine = new EngineSlot(createEngine(engineSetup, recovered));
  const transport = await setup.makeTransport({ crypto, committee, chainId, identity: setup.identity });
  return wire(setup, {
    chainId,
    at,
    committee,
    crypto,
    engine,
    engineSetup,
    restoreEngine,
    ledger,
    chain,
    state,
    payloadStore,
    metrics,
    transport,
    verify,
  });
}

/** The safety file and the store name the same newest signature from here on, or the node does not start. */
async function agreeOnSigned(setup: EpochSetup, safety: SafetyFile, recovered: RecoveredState): Promise<void> {
  checkSafetyRecord(signedIn(setup), recovered);
  // The file's own last, of whatever epoch: a record is never lowered.
  const unrecorded = unrecordedSignature(safety.last, recovered);
  if (unrecorded !== null) await safety.append(unrecorded);
}

/** What was signed in the epoch that the parts are for. */
function signedIn({ safety, at }: EpochSetup): SafetyRecord | null {
  const last = safety?.last ?? null;
  return last?.epoch === at.start.epoch ? last : null;
}

/** The store is older than the safety file: whatever was signed in this epoch is forgotten, so nothing more is. */
function hasSignedLater({ safety, at }: EpochSetup): boolean {
  return (safety?.last?.epoch ?? 0) > at.start.epoch;
}

function createBlockVerifier(context: BlockContext, metrics: NodeMetrics): BlockVerifier {
  return (bytes) => {
    const verified = verifyBlock(bytes, context);
    if (!verified.ok) metrics.count("blocks_refused_total");
    return verified;
  };
}

function localParams({ consensus }: NodeSetup): LocalParams {
  return { ...DEFAULT_LOCAL_PARAMS, ...consensus };
}

/** Stop accepting, stop signing, finish what is being executed; the owner closes the store. */
async function stopParts(parts: NodeParts): Promise<void> {
  parts.lifetime.abort();
  await parts.transport.stop();
  // Together: the host may be waiting for the executor to catch up.
  await Promise.all([parts.host.stop(), parts.executor.stop(), parts.catchUp.stop(), parts.pruner.stop()]);
}
