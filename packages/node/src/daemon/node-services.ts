// The node as others may ask about it: fills the port of services.ts from the parts of a running node.

import { type Digest, chunkCount, err, mustExist, rejection } from "@selvedge/integrity";
import type { EpochSetup } from "../epoch/epoch-setup.ts";
import { epochStatusOf, presentInfo } from "../epoch/epoch-status.ts";
import { healthOf } from "./health.ts";
import type { NodeParts, NodeSetup } from "./parts.ts";
import type { NodeServices, NodeStatus } from "./services.ts";

/** An observer makes no blocks: what it took would wait in its memory for ever. */
const OBSERVER_REFUSAL = err(rejection("OBSERVER_PROPOSES_NOTHING", "an observer proposes nothing; ask a validator"));

export function createServices(setup: EpochSetup, parts: NodeParts): NodeServices {
  const { ledger, state, updates, transactions, journal, payloadStore } = parts;
  const startedMs = setup.nowMs();
  const isObserver = setup.identity.validator === null;
  return {
    genesis: setup.genesis,
    chainId: parts.chainId,
    status: () => statusOf(setup, parts, startedMs),
    submitUpdate: async (update, chunkHashes) => (isObserver ? OBSERVER_REFUSAL : updates.submit(update, chunkHashes)),
    openPayload: async (update) => updates.openPayload(update),
    updateView: (update) => updates.view(update),
    receipt: (update) => state.receipt(update),
    submitTransaction: async (bytes) => (isObserver ? OBSERVER_REFUSAL : transactions.submit(bytes)),
    transactionView: (digest) => transactions.view(digest),
    waitForTransaction: (digest, signal) => transactions.wait(digest, signal),
    models: () => ledger.models(),
    model: (id) => ledger.model(id),
    versions: (id) => ledger.versions(id),
    proveVersion: async (id, version) => parts.proofs.prove(id, version),
    sequenceInfo: (device, model) => ledger.sequenceInfo(device, model),
    payloadSize: async (root) => (await payloadStore.manifest(root))?.sizeBytes,
    readPayload: (root, from, to) => readPayload(parts, root, { from, to }),
    epochInfo: () => presentInfo(parts.at, ledger.epochInfo()),
    epochStart: (epoch) => setup.epochs.start(epoch, setup.genesis),
    epochStep: (epoch) => setup.epochs.step(epoch),
    latestCheckpoint: () => journal.latestCheckpoint,
    checkpoint: (index) => state.checkpoint(index),
    events: parts.events,
  };
}

function statusOf(setup: NodeSetup, parts: NodeParts, startedMs: number): NodeStatus {
  const { ledger, journal, transport } = parts;
  const nowMs = setup.nowMs();
  const self = setup.identity.validator?.index ?? null;
  const health = healthNow(setup, parts, { nowMs, startedMs });
  return {
    version: setup.version,
    chainId: parts.chainId,
    network: setup.genesis.name,
    role: self === null ? "observer" : "validator",
    validator: self,
    engine: parts.engine.status(),
    executedIndex: ledger.lastCommitIndex(),
    stateRoot: ledger.stateRoot(),
    checkpointIndex: journal.latestCheckpoint?.statement.index ?? null,
    sinceLastCommitMs: agoMs(journal.lastCommitMs, nowMs),
    peers: transport.peers(),
    uptimeMs: nowMs - startedMs,
    coin: parts.at.start.coin.setup,
    epoch: epochStatusOf(presentInfo(parts.at, ledger.epochInfo())),
    isStarted: parts.reexecution.remaining === 0,
    safety: safetyOf(setup),
    disk: setup.diskRoom?.() ?? null,
    pruning: { keepCommits: setup.prune?.keepCommits ?? null, base: parts.pruner.base },
    lastScrub: setup.lastScrub?.() ?? null,
    health: health.reason,
    state: health.state,
  };
}

function agoMs(timeMs: number | null, nowMs: number): number | null {
  return timeMs === null ? null : nowMs - timeMs;
}

interface Clock {
  readonly nowMs: number;
  readonly startedMs: number;
}

function healthNow(setup: NodeSetup, parts: NodeParts, { nowMs, startedMs }: Clock): ReturnType<typeof healthOf> {
  return healthOf({
    committee: parts.committee,
    self: setup.identity.validator?.index ?? null,
    peers: parts.transport.peers(),
    engine: parts.engine.status(),
    // A node that has seen no commit since it started is as stalled as one whose commits ended.
    sinceLastCommitMs: nowMs - (parts.journal.lastCommitMs ?? startedMs),
    executionLag: parts.executor.queuedCount,
    nameOf: (validator) => parts.at.start.members[validator]?.name ?? `validator ${validator}`,
    reexecutingCount: parts.reexecution.remaining,
    catchUpTarget: parts.catchUp.isRunning ? parts.catchUp.targetIndex : null,
    diskFreeBytes: setup.diskRoom?.()?.freeBytes ?? null,
    executionLagMax: setup.genesis.params.executionLagMax,
  });
}

function safetyOf({ safety }: NodeSetup): NodeStatus["safety"] {
  const last = safety?.last ?? null;
  return last === null ? null : { epoch: last.epoch, round: last.round };
}

async function* readPayload(
  { payloadStore }: NodeParts,
  root: Digest,
  { from, to }: { readonly from: number; readonly to: number },
): AsyncGenerator<Uint8Array, void, undefined> {
  const manifest = mustExist(await payloadStore.manifest(root), "callers ask for the size first");
  const last = Math.min(chunkCount(manifest), Math.ceil(to / manifest.chunkBytes));
  for (let index = Math.floor(from / manifest.chunkBytes); index < last; index += 1) {
    const chunk = await payloadStore.mustChunk(manifest, index);
    const start = index * manifest.chunkBytes;
    yield chunk.subarray(Math.max(0, from - start), Math.min(chunk.length, to - start));
  }
}
