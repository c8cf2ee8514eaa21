// The node as others may ask about it: fills the port of services.ts from the parts of a running node.

import { type Digest, chunkCount, err, mustExist, rejection } from "@selvedge/integrity";
import { healthOf } from "./health.ts";
import type { NodeParts, NodeSetup } from "./parts.ts";
import type { NodeServices, NodeStatus } from "./services.ts";

/** An observer makes no blocks: what it took would wait in its memory for ever. */
const OBSERVER_REFUSAL = err(rejection("OBSERVER_PROPOSES_NOTHING", "an observer proposes nothing; ask a validator"));

export function createServices(setup: NodeSetup, parts: NodeParts): NodeServices {
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
    latestCheckpoint: () => journal.latestCheckpoint,
    checkpoint: (index) => state.checkpoint(index),
    events: parts.events,
  };
}

function statusOf(setup: NodeSetup, parts: NodeParts, startedMs: number): NodeStatus {
  const { ledger, journal, transport, committee, executor } = parts;
  const engine = parts.engine.status();
  const nowMs = setup.nowMs();
  const sinceLastCommitMs = journal.lastCommitMs === null ? null : nowMs - journal.lastCommitMs;
  const peers = transport.peers();
  const self = setup.identity.validator?.index ?? null;
  const health = healthOf({
    committee,
    self,
    peers,
    engine,
    // A node that has seen no commit since it started is as stalled as one whose commits ended.
    sinceLastCommitMs: sinceLastCommitMs ?? nowMs - startedMs,
    executionLag: executor.queuedCount,
    executionLagMax: setup.genesis.params.executionLagMax,
  });
  return {
    version: setup.version,
    chainId: parts.chainId,
    network: setup.genesis.name,
    role: self === null ? "observer" : "validator",
    validator: self,
    engine,
    executedIndex: ledger.lastCommitIndex(),
    stateRoot: ledger.stateRoot(),
    checkpointIndex: journal.latestCheckpoint?.statement.index ?? null,
    sinceLastCommitMs,
    peers,
    uptimeMs: nowMs - startedMs,
    coin: setup.genesis.coin.setup,
    health: health.reason,
    state: health.state,
  };
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
