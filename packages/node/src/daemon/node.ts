// A running node without its HTTP face: stores, ledger, engine, network and host loop, opened in the order of their
// dependencies and closed in the reverse one. The daemon command and the in-process tests both start it from here.

import { DEFAULT_LOCAL_PARAMS, type LocalParams, createEngine } from "@selvedge/consensus";
import { type BlockContext, chainIdOf, committeeOf, verifyBlock } from "@selvedge/integrity";
import type { CommitInput } from "@selvedge/ledger";
import { createNodeCrypto, sha256 } from "../crypto.ts";
import type { Transport } from "../network/transport.ts";
import { NodeMetrics } from "../observability/metrics.ts";
import { ChainStore } from "../storage/chain-store.ts";
import { PayloadStore } from "../storage/payload-store.ts";
import { StateStore } from "../storage/state-store.ts";
import { openCoin } from "./identity.ts";
import { createInbound } from "./inbound.ts";
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

export async function startNode(setup: NodeSetup): Promise<RunningNode> {
  const parts = await openParts(setup);
  try {
    await startParts(setup, parts);
  } catch (error) {
    // Its loops must not outlive it: the owner closes the store beneath them.
    await stopParts(parts);
    throw error;
  }
  return {
    services: createServices(setup, parts),
    metrics: parts.metrics,
    transport: parts.transport,
    stop: () => stopParts(parts),
  };
}

async function startParts(setup: NodeSetup, parts: NodeParts): Promise<void> {
  parts.journal.restoreCheckpoint(await parts.state.latestCheckpoint());
  const toExecute: CommitInput[] = [];
  for await (const input of commitsToExecute(parts.chain, parts.verify, parts.ledger.lastCommitIndex()))
    toExecute.push(input);
  // In one turn of the event loop: `start` is the engine's first input, and no commit that it makes overtakes these.
  parts.host.start();
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
      chain: parts.chain,
      payloads: parts.payloads,
      payloadStore: parts.payloadStore,
      transport: parts.transport,
      metrics: parts.metrics,
      logger: setup.logger,
    }),
  );
}

async function openParts(setup: NodeSetup): Promise<NodeParts> {
  const { genesis, store, identity } = setup;
  const metrics = new NodeMetrics();
  const crypto = createNodeCrypto(() => metrics.count("signatures_slow_total"));
  const chainId = chainIdOf(genesis, sha256);
  const committee = committeeOf(genesis);
  const context = { chainId, committee, params: genesis.params, crypto, hasCoin: genesis.coin.setup !== "none" };
  const verify = createBlockVerifier(context, metrics);
  const chain = await ChainStore.open(store, sha256);
  const state = new StateStore(store, sha256);
  const payloadStore = new PayloadStore(store, sha256);
  const ledger = await restoreLedgerState({ genesis, chainId, committee, crypto }, state);
  for (const { current } of ledger.models()) await state.putVersion(current);
  const engine = createEngine(
    {
      chainId,
      committee,
      params: genesis.params,
      local: localParams(setup),
      crypto,
      coin: openCoin({ genesis, chainId, committee, identity }),
      validator: identity.validator,
    },
    await restoreEngineState({
      chain,
      verify,
      lastSignedRound: setup.safety?.last?.round ?? null,
      recentCommitsMax: genesis.params.executionLagMax + genesis.params.commitVotesMax,
    }),
  );
  const transport = await setup.makeTransport(crypto, committee, chainId);
  return wire(setup, {
    chainId,
    committee,
    crypto,
    engine,
    ledger,
    chain,
    state,
    payloadStore,
    metrics,
    transport,
    verify,
  });
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
  await Promise.all([parts.host.stop(), parts.executor.stop()]);
}
