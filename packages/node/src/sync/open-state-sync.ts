// Whether this node begins with a state from its peers, and the taking of it: before there is a ledger or an engine, over a
// transport of its own behind which nobody is at home. The committee is followed from the genesis first, by the records of
// the epochs alone.

import { type Committee, chainIdOf, verifyBlock } from "@selvedge/integrity";
import { followEpoch } from "@selvedge/ledger";
import { createNodeCrypto, sha256 } from "../crypto.ts";
import { identityIn } from "../daemon/identity.ts";
import { ledgerOptionsOf } from "../daemon/ledger-options.ts";
import type { NodeSetup } from "../daemon/parts.ts";
import { type EpochAt, blockContextOf, placeOf } from "../epoch/epoch-at.ts";
import { decodeEpochStep } from "../epoch/epoch-record.ts";
import { EpochStore } from "../epoch/epoch-store.ts";
import type { Transport, TransportHandler } from "../network/transport.ts";
import { ChainStore } from "../storage/chain-store.ts";
import { StateStore } from "../storage/state-store.ts";
import { TransferStore } from "../storage/transfer-store.ts";
import { CertificateDesk } from "./certificates.ts";
import { syncState } from "./state-sync.ts";
import { NobodyHas, NothingHere, PeerLied, SyncPeers } from "./sync-peers.ts";

const NOBODY_HOME: TransportHandler = {
  onBlocks: () => Promise.resolve(),
  onPayloadOffer: () => Promise.resolve(),
  onPayloadChunk: () => Promise.resolve(),
  serveBlocks: () => Promise.resolve([]),
  servePayload: () => Promise.resolve(undefined),
  serveChain: () => Promise.resolve(undefined),
  onPeerChange: () => undefined,
};

/** Takes a state if one is due; true if it did. The store is then that of a node that stopped at that state. */
export async function syncStateIfDue(setup: NodeSetup): Promise<boolean> {
  const epochs = new EpochStore(setup.store);
  if (!(await isDue(setup, await epochs.latest(setup.genesis)))) return false;
  for (;;) {
    const at = await epochs.latest(setup.genesis);
    const isTaken = await withPeers(setup, at, async (peers) => {
      for (;;) {
        if (await followEpochs({ setup, peers, epochs, at })) return false;
        if (await takeState(setup, at, peers)) return true;
        // Nobody has one of this epoch: while we looked, the network may have entered the next.
      }
    });
    if (isTaken) return true;
  }
}

/** A state that is wanted or half here is due in any mode; otherwise only a home without a commit asks for one. */
async function isDue({ sync, store }: NodeSetup, at: EpochAt): Promise<boolean> {
  if (await new TransferStore(store).isDue()) return true;
  const chain = await ChainStore.open(store, sha256, placeOf(at));
  return sync?.mode === "state" && (await chain.lastCommit()) === undefined;
}

async function withPeers<Value>(
  setup: NodeSetup,
  { committee }: EpochAt,
  work: (peers: SyncPeers) => Promise<Value>,
): Promise<Value> {
  const transport = await openTransport(setup, committee);
  try {
    await transport.start(NOBODY_HOME);
    const self = identityIn(setup.identity, committee).validator?.index ?? null;
    const stopped = setup.stopped ?? new AbortController().signal;
    return await work(new SyncPeers({ transport, self, stopped, nowMs: setup.nowMs, ...setup.sync }));
  } finally {
    await transport.stop();
  }
}

function openTransport(setup: NodeSetup, committee: Committee): Promise<Transport> {
  const identity = identityIn(setup.identity, committee);
  return setup.makeTransport({
    crypto: createNodeCrypto(),
    committee,
    chainId: chainIdOf(setup.genesis, sha256),
    identity,
  });
}

interface Following {
  readonly setup: NodeSetup;
  readonly peers: SyncPeers;
  readonly epochs: EpochStore;
  readonly at: EpochAt;
}

/** One epoch on, if some peer has its record. */
async function followEpochs({ setup, peers, epochs, at }: Following): Promise<boolean> {
  const context = { chainId: chainIdOf(setup.genesis, sha256), crypto: createNodeCrypto() };
  try {
    const { epoch, step } = await peers.ask(async (peer, signal) => {
      const request = { type: "epochs", fromEpoch: at.start.epoch + 1 } as const;
      const [record] = (await peers.fetch(peer, request, signal)).records;
      if (record === undefined) throw new NothingHere();
      const decoded = decodeEpochStep(record);
      if (!decoded.ok) throw new PeerLied(`an epoch's record that does not decode: ${decoded.error.code}`);
      const next = followEpoch(at.start, decoded.value, context);
      if (!next.ok) throw new PeerLied(`an epoch's record that does not hold: ${next.error.code}`);
      return { epoch: next.value.epoch, step: decoded.value };
    }, 1);
    await epochs.put(epoch, step);
    return true;
  } catch (error) {
    if (error instanceof NobodyHas) return false;
    throw error;
  }
}

async function takeState(setup: NodeSetup, at: EpochAt, peers: SyncPeers): Promise<boolean> {
  const { genesis, store, logger } = setup;
  const chainId = chainIdOf(genesis, sha256);
  const crypto = createNodeCrypto();
  const blockContext = blockContextOf(at, { chainId, params: genesis.params, crypto });
  const index = await syncState({
    peers,
    transfers: new TransferStore(store),
    sha256,
    store,
    chain: await ChainStore.open(store, sha256, placeOf(at)),
    state: new StateStore(store, sha256),
    certificates: new CertificateDesk(peers, { chainId, committee: at.committee, crypto }),
    ledgerOptions: ledgerOptionsOf({ genesis, chainId, crypto }),
    verify: (bytes) => verifyBlock(bytes, blockContext),
    self: identityIn(setup.identity, at.committee).validator?.index ?? null,
    epoch: at.committee.epoch,
    trustRoot: setup.sync?.trustRoot ?? null,
    logger,
  });
  return index !== undefined;
}
