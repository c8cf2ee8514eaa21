// Connects what node.ts opened: who hands what to whom. The mailbox stands between everybody and the engine, so that the
// desks, the executor and the host loop are made one after the other although they feed each other.

import type { InputEvent } from "@selvedge/consensus";
import { sha256 } from "../crypto.ts";
import { Executor } from "../host/executor.ts";
import { Host } from "../host/host.ts";
import { Mailbox } from "../host/mailbox.ts";
import { PayloadService } from "../payload/payload-service.ts";
import { EventRing } from "./event-feed.ts";
import { NodeJournal } from "./journal.ts";
import type { NodeParts, NodeSetup } from "./parts.ts";
import { ProofDesk } from "./proofs.ts";
import { assembleReceipt } from "./receipts.ts";
import { TransactionPool } from "./transactions.ts";
import { UpdateDesk } from "./updates.ts";

/** What is open before anything is connected. */
export type OpenedParts = Pick<
  NodeParts,
  | "chainId"
  | "committee"
  | "crypto"
  | "engine"
  | "ledger"
  | "chain"
  | "state"
  | "payloadStore"
  | "metrics"
  | "transport"
  | "verify"
>;

type Desks = Pick<NodeParts, "payloads" | "transactions" | "updates" | "proofs" | "journal" | "events" | "lifetime">;

export function wire(setup: NodeSetup, opened: OpenedParts): NodeParts {
  const mailbox = new Mailbox<InputEvent>();
  const desks = openDesks(setup, opened, mailbox);
  const executor = openExecutor(setup, { ...opened, ...desks }, mailbox);
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
    observer: desks.journal,
    nowMs: setup.nowMs,
    stopped: desks.lifetime.signal,
  });
  return { ...opened, ...desks, executor, host };
}

function openDesks(setup: NodeSetup, opened: OpenedParts, mailbox: Mailbox<InputEvent>): Desks {
  const { ledger, state, chain, metrics } = opened;
  const lifetime = new AbortController();
  const events = new EventRing(setup.nowMs);
  const proofs = new ProofDesk(ledger);
  const payloads = openPayloads(setup, opened, lifetime.signal);
  const propose = (content: Pick<LocalContent, "updates" | "transactions">): void =>
    // The desks are bounded themselves, and a full mailbox keeps the content until there is room.
    void mailbox.put({ type: "localContent", control: [], ...content });
  const transactions = new TransactionPool({
    sha256,
    blockBytesMax: setup.genesis.params.transactionBytesMax,
    propose: (batch) => propose({ updates: [], transactions: batch }),
    committedAt: (digest) => state.transactionCommit(digest),
  });
  const journal = new NodeJournal({
    setup,
    events,
    metrics,
    proofs,
    state,
    chain,
    transactions,
    engineStatus: opened.engine.status,
    stopped: lifetime.signal,
  });
  const updates = new UpdateDesk({
    ledger,
    payloads,
    state,
    chunkBytes: setup.genesis.params.payloadChunkBytes,
    propose: (update) => {
      journal.onProposed(update);
      propose({ updates: [update], transactions: [] });
    },
    onRefused: journal.onUpdateRefused,
  });
  return { payloads, transactions, updates, proofs, journal, events, lifetime };
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

function openExecutor(setup: NodeSetup, parts: OpenedParts & Desks, mailbox: Mailbox<InputEvent>): Executor {
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
      onExecuted: (result) => {
        journal.onExecuted(result);
        updates.onExecuted(result.index);
        mailbox.putUrgent({ type: "executed", index: result.index, stateRoot: result.stateRoot });
      },
    },
    (error) => {
      // A payload that was being fetched when the stop began is no failure.
      if (error !== lifetime.signal.reason) setup.onFatal(error);
    },
  );
}
