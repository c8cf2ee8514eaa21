// Makes the catch-up of a running node out of its parts, and keeps the snapshots that it serves to joiners.

import type { CommitIndex } from "@selvedge/integrity";
import { sha256 } from "../crypto.ts";
import type { NodeParts, NodeSetup } from "../daemon/parts.ts";
import { tellState } from "../epoch/resume-epoch.ts";
import { NodeError } from "../errors.ts";
import { SnapshotStore } from "../storage/snapshot-store.ts";
import { TransferStore } from "../storage/transfer-store.ts";
import { CatchUp } from "./catch-up.ts";
import { CertificateDesk } from "./certificates.ts";
import { SyncPeers } from "./sync-peers.ts";
import type { UnsettledUpdates } from "./unsettled-updates.ts";

export type CatchUpParts = Omit<NodeParts, "catchUp"> & { readonly unsettled: UnsettledUpdates };

/** What peers know of certificates of this epoch. */
export function openCertificates(
  setup: NodeSetup,
  parts: Pick<NodeParts, "transport" | "lifetime" | "chainId" | "committee" | "crypto">,
): CertificateDesk {
  return new CertificateDesk(openPeers(setup, parts), parts);
}

function openPeers(setup: NodeSetup, { transport, lifetime }: Pick<NodeParts, "transport" | "lifetime">): SyncPeers {
  return new SyncPeers({
    transport,
    self: setup.identity.validator?.index ?? null,
    stopped: lifetime.signal,
    nowMs: setup.nowMs,
    ...setup.sync,
  });
}

export function openCatchUp(setup: NodeSetup, parts: CatchUpParts): CatchUp {
  const { journal, chain, state, executor, verify, engine, engineSetup, restoreEngine, host } = parts;
  const peers = openPeers(setup, parts);
  return new CatchUp({
    peers,
    certificates: new CertificateDesk(peers, parts),
    sha256,
    chain,
    state,
    executor,
    verify,
    engine,
    engineSetup,
    restoreEngine,
    host,
    onCommit: journal.onCommit,
    onCertificate: journal.onCheckpoint,
    goOn: () => {
      tellState(parts);
      proposeAgain(parts);
    },
    onRangeGone: () => takeStateNext(setup),
    onFatal: setup.onFatal,
    logger: setup.logger,
    ...setup.sync,
  });
}

/** The commits after ours are pruned everywhere: the next start, which a supervisor brings about, takes a state. */
async function takeStateNext({ sync, store, logger, onFatal }: NodeSetup): Promise<void> {
  if (sync?.mode === "full") {
    logger.error({}, "no peer serves the commits after ours any more, and sync.mode is full");
    return;
  }
  await new TransferStore(store).want();
  onFatal(
    new NodeError("SYNC_RANGE_GONE", "no peer serves the commits after ours any more; the next start takes a state"),
  );
}

/** What the engine that was replaced had taken from us and no commit has output. */
function proposeAgain({ transactions, unsettled, ledger, host }: CatchUpParts): void {
  transactions.proposeAgain();
  const updates = unsettled.take(ledger);
  if (updates.length > 0) host.submitUrgent({ type: "localContent", control: [], transactions: [], updates });
}

/** Beside the snapshot that a restart begins with: in portions, with the consensus state of its commit. */
export function createSnapshotKeeper(
  { store }: Pick<NodeSetup, "store">,
  { chain }: Pick<NodeParts, "chain">,
): (index: CommitIndex, bytes: Uint8Array) => Promise<void> {
  const snapshots = new SnapshotStore(store, sha256);
  return async (index, bytes) => {
    const consensusState = await chain.consensusStateOf(index);
    // None for a commit from before this node kept them.
    if (consensusState === undefined) return;
    await store.batch(await snapshots.put(index, bytes, consensusState), { sync: false });
  };
}
