// Connects what node.ts opened: who hands what to whom. The mailbox stands between everybody and the engine, so that the
// desks, the executor and the host loop are made one after the other although they feed each other.

import type { InputEvent } from "@selvedge/consensus";
import { sha256 } from "../crypto.ts";
import { EpochEvents } from "../epoch/epoch-events.ts";
import type { EpochSetup } from "../epoch/epoch-setup.ts";
import { Executor } from "../host/executor.ts";
import { Host } from "../host/host.ts";
import { Mailbox } from "../host/mailbox.ts";
import { PayloadService } from "../payload/payload-service.ts";
import { openPruner } from "../prune/open-pruner.ts";
import { type AskNewest, createNewestAsker } from "../safety/ask-newest.ts";
import { createSnapshotKeeper, openCatchUp } from "../sync/open-catch-up.ts";
import type { UnsettledUpdates } from "../sync/unsettled-updates.ts";
import { NodeJournal } from "./journal.ts";
import type { NodeParts, NodeSetup } from "./parts.ts";
import { assembleReceipt } from "./receipts.ts";
import { Reexecution } from "./reexecution.ts";
import { UpdateDesk } from "./updates.ts";

/** What is open before anything is connected. */
export type OpenedParts = Pick<
  NodeParts,
  | "chainId"
  | "at"
  | "committee"
  | "crypto"
  | "engine"
  | "engineSetup"
  | "restoreEngine"
  | "ledger"
  | "chain"
  | "state"
  | "payloadStore"
  | "metrics"
  | "transport"
  | "verify"
>;

type Desks = Pick<
  NodeParts,
  "payloads" | "transactions" | "updates" | "proofs" | "journal" | "events" | "lifetime" | "pruner" | "reexecution"
> & {
  readonly unsettled: UnsettledUpdates;
};

export function wire(setup: EpochSetup, opened: OpenedParts): NodeParts {
  const mailbox = new Mailbox<InputEvent>();
  const desks = openDesks(setup, opened, mailbox);
  const epochEvents = new EpochEvents(setup, { ...opened, ...desks }, mailbox);
  const executor = openExecutor(setup, { ...opened, ...desks, epochEvents }, mailbox);
  const host = new Host({
    mailbox,
    engine: opened.engine,
    chain: opened.chain,
    safety: setup.safety,
    transport: opened.transport,
    executor,
    verifyBlock: opened.verify,
    checkUpdate: (update, author) => desks.updates.check(update, author),
    buildReceipt: (effect) => assembleReceipt(opened.chain, opened.verify, effect),
    askNewest: openNewestAsker(setup, opened, desks.lifetime.signal),
    observer: desks.journal,
    nowMs: setup.nowMs,
    stopped: desks.lifetime.signal,
  });
  const parts = { ...opened, ...desks, executor, host, epochEvents };
  return { ...parts, catchUp: openCatchUp(setup, parts) };
}

function openDesks(setup: EpochSetup, opened: OpenedParts, mailbox: Mailbox<InputEvent>): Desks {
  const { ledger, state, chain, metrics } = opened;
  const lifetime = new AbortController();
  const { events, transactions, unsettled } = setup.shared;
  const proofs = setup.shared.proofsOf(ledger);
  const payloads = openPayloads(setup, opened, lifetime.signal);
  const propose = (content: Pick<LocalContent, "updates" | "transactions">): void =>
    // The desks are bounded themselves, and a full mailbox keeps the content until there is room.
    void mailbox.put({ type: "localContent", control: [], ...content });
  setup.shared.proposeTo((batch) => propose({ updates: [], transactions: batch }));
  const journal = new NodeJournal({
    setup,
    events,
    metrics,
    proofs,
    state,
    chain,
    transactions,
    engineStatus: opened.engine.status,
    onCertificate: setup.change.onCertificate,
    stopped: lifetime.signal,
  });
  const updates = new UpdateDesk({
    ledger,
    payloads,
    state,
    chunkBytes: setup.genesis.params.payloadChunkBytes,
    propose: (update) => {
      journal.onProposed(update);
      unsettled.note(update, ledger);
      propose({ updates: [update], transactions: [] });
    },
    hasRoom: (device) => unsettled.hasRoom(device, ledger),
    onRefused: journal.onUpdateRefused,
  });
  const pruner = openPruner(setup, { ...opened, payloads, lifetime });
  return {
    payloads,
    transactions,
    updates,
    proofs,
    journal,
    events,
    lifetime,
    pruner,
    reexecution: new Reexecution(ledger),
    unsettled,
  };
}

type LocalContent = Extract<InputEvent, { readonly type: "localContent" }>;

function openPayloads(setup: NodeSetup, opened: OpenedParts, stopped: AbortSignal): PayloadService {
  const self = setup.identity.validator?.index ?? null;
  return new PayloadService({
    sha256,
    chunkBytes: setup.genesis.params.payloadChunkBytes,
    store: opened.payloadStore,
    ledger: opened.ledger,
    work: setup.work,
    transport: opened.transport,
    others: opened.committee.validators.map(({ index }) => index).filter((index) => index !== self),
    stopped,
  });
}

function openExecutor(
  setup: EpochSetup,
  parts: OpenedParts & Desks & Pick<NodeParts, "epochEvents">,
  mailbox: Mailbox<InputEvent>,
): Executor {
  const { ledger, state, payloadStore, payloads, journal, updates, lifetime } = parts;
  return new Executor(
    {
      ledger,
      state,
      payloads: payloadStore,
      work: setup.work,
      chunkBytes: setup.genesis.params.payloadChunkBytes,
      snapshotEveryCommits: setup.snapshotEveryCommits,
      lagMax: setup.genesis.params.executionLagMax,
      obtain: (wanted) => payloads.obtain(wanted),
      onSnapshot: createSnapshotKeeper(setup, parts),
      onExecuted: (result) => {
        journal.onExecuted(result);
        updates.onExecuted(result.index);
        parts.transactions.onExecuted(result.index);
        parts.pruner.onExecuted(result.index);
        const { index, stateRoot, closed } = result;
        mailbox.putUrgent({ type: "executed", index, stateRoot, closed });
        parts.epochEvents.onExecuted(result.events);
      },
    },
    (error) => {
      // A payload that was being fetched when the stop began is no failure.
      if (error !== lifetime.signal.reason) setup.onFatal(error);
    },
  );
}

/** An observer's engine asks nobody. */
function openNewestAsker(
  { identity }: EpochSetup,
  { transport, verify }: OpenedParts,
  stopped: AbortSignal,
): AskNewest {
  const { validator } = identity;
  if (validator === null) return () => Promise.resolve(undefined);
  return createNewestAsker({ self: validator.index, transport, verifyBlock: verify, stopped });
}
