// The host of our engine and ledger in the world: what the daemon's host does, over a disk, a network and a clock of the
// world. Inputs are handled one after the other, effects in their order, and `persist` is a barrier: nothing after it
// happens before the disk has it. Decides nothing itself.

import {
  type CommitEffect,
  type ConsensusEngine,
  type Effect,
  type FetchEffect,
  type FetchRangeEffect,
  type InputEvent,
  type NewestAnswer,
  type PersistEffect,
  createEngine,
} from "@selvedge/consensus";
import {
  type BlockRef,
  type Digest,
  type Rejection,
  type SignedUpdate,
  type ValidatorIndex,
  type VerifiedBlock,
  assertNever,
  validatorIndex,
} from "@selvedge/integrity";
import { MICROS_PER_MS } from "../kernel/time.ts";
import type { Envelope } from "../protocol/message.ts";
import type { Process, ProcessPorts, ProcessStatus, Submission } from "../protocol/protocol.ts";
import { type Door, admitted, admittedAnswer, admittedBytes } from "./admission.ts";
import { BlockShelf } from "./block-shelf.ts";
import { CommitExecutor, stateRootWithoutLedger } from "./commit-executor.ts";
import { committed } from "./committed.ts";
import { isEngineTimer } from "./engine-timer.ts";
import { Equivocators } from "./equivocators.ts";
import { newestAnswer } from "./newest-answer.ts";
import { PAYLOAD_TIMER, PayloadShelf } from "./payload-shelf.ts";
import { STATUS_BEFORE_START, statusOf } from "./process-status.ts";
import { PushMessages } from "./push-messages.ts";
import type { SelvedgeFacts } from "./selvedge-chain.ts";
import {
  type RequestId,
  type SelvedgeBody,
  blocksMessage,
  isFor,
  isSelvedgeBody,
  newestMessage,
  newestRequestMessage,
  payloadMessage,
  payloadRequestMessage,
  requestMessage,
} from "./selvedge-message.ts";
import { type StoredChain, batchRecord, openChain, safetyRecord } from "./selvedge-store.ts";
import { UpdateDesk } from "./update-desk.ts";

export interface SelvedgeProcessSetup {
  readonly facts: SelvedgeFacts;
  readonly index: number;
  /** Which process of the run this is: answers to what an earlier one of the node asked are not for it. */
  readonly life: number;
  readonly ports: ProcessPorts;
  readonly hasLedger: boolean;
  /** Every receiver decodes and verifies for itself, instead of sharing the verdict on a body. */
  readonly decodesAlways: boolean;
  /** What a block weighs on the wire beyond its bytes: tokens that stand for many transactions. */
  readonly extraBytesOf: (block: VerifiedBlock) => number;
  readonly transactionsOf: (digest: string, blocks: readonly VerifiedBlock[]) => readonly Uint8Array[];
  /** CPU time of making an own block, in microseconds. */
  readonly ownBlockCostUs: (block: VerifiedBlock) => number;
}

/** Content waiting for a block of ours; a client is refused beyond it, as by the daemon. */
const PENDING_CONTENT_MAX = 50_000;

export class SelvedgeProcess implements Process {
  readonly #setup: SelvedgeProcessSetup;
  readonly #ports: ProcessPorts;
  readonly #index: ValidatorIndex;
  readonly #inbox: InputEvent[] = [];
  readonly #blocks = new BlockShelf();
  readonly #equivocators: Equivocators;
  readonly #pushes: PushMessages;
  #engine: ConsensusEngine | undefined;
  #shelf: PayloadShelf | undefined;
  #executor: CommitExecutor | undefined;
  #desk: UpdateDesk | undefined;
  #batchCount = 0;
  #round = 0;
  #refusedCount = 0;
  /** Effects are under way, or wait for the disk. */
  #isBusy = false;

  constructor(setup: SelvedgeProcessSetup) {
    this.#setup = setup;
    this.#ports = setup.ports;
    this.#index = validatorIndex(setup.index);
    this.#equivocators = new Equivocators(setup.ports.disk);
    this.#pushes = new PushMessages(setup.extraBytesOf);
  }

  get engine(): ConsensusEngine | undefined {
    return this.#engine;
  }

  readonly start = (): void => {
    const { facts, ports, hasLedger } = this.#setup;
    const stored = openChain(ports.disk, this.#index);
    if (stored !== undefined) this.#restore(stored);
    const shelf = new PayloadShelf({
      ports,
      own: this.#index,
      size: facts.committee.validators.length,
      request: (to, root) => ports.send(payloadRequestMessage(to, root)),
    });
    this.#shelf = shelf;
    this.#engine = createEngine(facts.setupOf(this.#index), stored?.recovered);
    if (hasLedger) this.#openLedger(shelf, stored?.snapshot);
    this.#feed({ type: "start" });
    for (const { sealed, consensusStateDigest } of stored?.commits ?? []) {
      const blocks = this.#blocks.findAll(sealed.commit.blocks);
      this.#execute({ type: "commit", sealed, blocks, consensusStateDigest });
    }
  };

  readonly receive = ({ body, from }: Envelope): void => {
    if (isSelvedgeBody(body) && isFor(this.#setup.life, body)) this.#receive(body, from);
  };

  readonly onTimer = (id: string): void => {
    if (id.startsWith(PAYLOAD_TIMER)) this.#shelf?.onTimer(id.slice(PAYLOAD_TIMER.length));
    else if (isEngineTimer(id)) this.#feed({ type: "timer", id });
  };

  readonly submit = ({ transactions, updates }: Submission): boolean => {
    const pending = this.#engine?.status().pendingContentCount ?? 0;
    if (pending + transactions.length > PENDING_CONTENT_MAX) return false;
    if (updates.length > 0 && this.#setup.hasLedger)
      for (const { signed, payload } of updates) this.#propose(signed, payload);
    if (transactions.length > 0) this.#feed({ type: "localContent", updates: [], transactions, control: [] });
    return true;
  };

  readonly status = (): ProcessStatus => {
    if (this.#engine === undefined || this.#shelf === undefined) return STATUS_BEFORE_START;
    return statusOf({
      engine: this.#engine.status(),
      shelf: this.#shelf,
      executor: this.#executor ?? null,
      desk: this.#desk ?? null,
      refusedCount: this.#refusedCount,
    });
  };

  /** Digest of the model's newest version that this node has executed. */
  newestVersion(): string {
    return this.#executor?.ledger.models()[0]?.current.digest ?? "";
  }

  #restore({ blocks, recovered, batchCount }: StoredChain): void {
    for (const block of blocks.values()) this.#blocks.add(block);
    this.#equivocators.restore(recovered.equivocators);
    this.#batchCount = batchCount;
  }

  #openLedger(shelf: PayloadShelf, snapshot: Uint8Array | undefined): void {
    const { facts, ports } = this.#setup;
    shelf.put(facts.rootOf(facts.weights), facts.weights);
    const executor = new CommitExecutor({
      facts,
      ports,
      shelf,
      snapshot,
      onExecuted: (executed) => {
        this.#feed(executed);
        this.#desk?.onExecuted();
      },
    });
    this.#executor = executor;
    this.#desk = new UpdateDesk({
      ledger: executor.ledger,
      shelf,
      answer: ({ digest }, accepted) => this.#feed({ type: "updateChecked", update: digest, accepted, score: null }),
    });
  }

  #propose(update: SignedUpdate, payload: Uint8Array): void {
    this.#shelf?.put(this.#setup.facts.rootOf(payload), payload);
    for (let to = 0; to < this.#setup.facts.committee.validators.length; to += 1)
      if (to !== this.#index) this.#ports.send(payloadMessage(to, payload));
    this.#ports.observe({ type: "updateProposed", update });
    this.#feed({ type: "localContent", updates: [update], transactions: [], control: [] });
  }

  #receive(body: SelvedgeBody, from: number): void {
    switch (body.type) {
      case "blocks":
        return this.#receiveBlocks(body.blocks, { from, request: body.request });
      case "fetch":
        return this.#send(from, this.#blocks.findAll(body.refs), body.request);
      case "fetchRange":
        return this.#send(from, this.#blocks.range(body.rounds), body.request);
      case "newestRequest":
        return this.#answerNewest(from, body.life);
      case "newest":
        return this.#receiveNewest(body, from);
      case "payload":
        this.#shelf?.put(this.#setup.facts.rootOf(body.payload), body.payload);
        return undefined;
      case "payloadRequest":
        return this.#answerPayload(from, body.root);
      case "bytes":
        return this.#receiveBytes(body.bytes, from);
      default:
        return assertNever(body);
    }
  }

  #receiveBytes(bytes: Uint8Array, from: number): void {
    const block = admittedBytes(bytes, this.#doorTo(from));
    if (block !== undefined) this.#receiveBlocks([block], { from, request: null });
  }

  #receiveBlocks(
    received: readonly VerifiedBlock[],
    { from, request }: { readonly from: number; readonly request: RequestId | null },
  ): void {
    const blocks = admitted(received, this.#doorTo(from));
    if (request === null && blocks.length === 0 && received.length > 0) return;
    const answered = request === null ? {} : { fetchId: request.fetchId };
    this.#feed({ type: "blocks", blocks, from: validatorIndex(from), ...answered });
  }

  #receiveNewest(body: NewestAnswer, from: number): void {
    const answer = admittedAnswer(body, this.#doorTo(from));
    if (answer !== undefined) this.#feed({ ...answer, type: "newestAnswer", from: validatorIndex(from) });
  }

  #doorTo(from: number): Door {
    const { facts, decodesAlways } = this.#setup;
    const onRefused = ({ code: fault, detail }: Rejection): void => {
      this.#refusedCount += 1;
      this.#ports.observe({ type: "reported", fault, about: from, detail });
    };
    return { facts, decodesAlways, onRefused };
  }

  #answerNewest(asker: number, life: number): void {
    const { standing } = this.#engine?.status().signing ?? {};
    const answer = newestAnswer(this.#blocks, { asker, own: this.#index, standing });
    if (answer !== undefined) this.#ports.send(newestMessage(asker, life, answer));
  }

  #answerPayload(asker: number, root: Digest): void {
    const payload = this.#shelf?.get(root);
    if (payload !== undefined) this.#ports.send(payloadMessage(asker, payload));
  }

  #send(to: number, blocks: readonly VerifiedBlock[], request: RequestId): void {
    this.#ports.send(blocksMessage(to, blocks, { request, extraBytesOf: this.#setup.extraBytesOf }));
  }

  #feed(event: InputEvent): void {
    this.#inbox.push(event);
    if (!this.#isBusy) this.#work();
  }

  #work(): void {
    for (let event = this.#inbox.shift(); event !== undefined; event = this.#inbox.shift()) {
      if (this.#engine === undefined) return;
      this.#isBusy = true;
      const wallClockMs = Math.max(0, Math.round(this.#ports.wallClockMs()));
      // Ours, and handed on once: a spread would copy each of them.
      const effects = this.#engine.handle(Object.assign(event, { wallClockMs }));
      if (!this.#perform(effects, 0)) return;
      this.#isBusy = false;
    }
  }

  /** False if the rest waits for the disk. */
  #perform(effects: readonly Effect[], from: number): boolean {
    for (let position = from; position < effects.length; position += 1) {
      const effect = effects[position];
      if (effect === undefined) continue;
      const doneUs = this.#do(effect);
      if (doneUs > this.#ports.nowUs()) {
        this.#ports.at(doneUs, () => {
          if (!this.#perform(effects, position + 1)) return;
          this.#isBusy = false;
          this.#work();
        });
        return false;
      }
    }
    return true;
  }

  /** Instant at which the effect is done. */
  #do(effect: Effect): number {
    if (effect.type === "persist") return this.#persist(effect);
    // No scenario changes the committee: packages/sim/test/epoch has a world of its own for that.
    if (effect.type === "checkpoint" || effect.type === "epochClosed") return 0;
    this.#doAtOnce(effect);
    return 0;
  }

  #doAtOnce(effect: Exclude<Effect, { type: "persist" | "checkpoint" | "epochClosed" }>): void {
    switch (effect.type) {
      case "send":
        return this.#ports.send(this.#pushes.to(effect.to, effect.blocks));
      case "fetch":
      case "fetchRange":
        return this.#fetch(effect);
      case "lookup":
        return this.#lookUp(effect.refs);
      case "askNewest":
        return this.#ports.send(newestRequestMessage(effect.to, this.#setup.life));
      case "checkUpdate":
        return this.#checkUpdate(effect.update, effect.author);
      case "setTimer":
        return this.#ports.setTimer(effect.id, Math.round(effect.delayMs * MICROS_PER_MS));
      case "cancelTimer":
        return this.#ports.cancelTimer(effect.id);
      case "commit":
        return this.#commit(effect);
      case "receipt":
        return this.#observeReceipt(effect);
      case "report":
        return this.#report(effect.fault);
      default:
        return assertNever(effect);
    }
  }

  #lookUp(refs: readonly BlockRef[]): void {
    const isPresent = (ref: BlockRef): boolean => this.#blocks.find(ref) !== undefined;
    this.#inbox.push({
      type: "lookedUp",
      present: refs.filter(isPresent),
      absent: refs.filter((ref) => !isPresent(ref)),
    });
  }

  #persist(effect: PersistEffect): number {
    const { facts, ownBlockCostUs } = this.#setup;
    this.#batchCount += 1;
    let doneUs = this.#ports.disk.write({ records: [batchRecord(effect, this.#batchCount)], sync: effect.sync });
    for (const block of effect.blocks) this.#blocks.add(block);
    if (effect.signed !== null) doneUs = this.#ports.disk.write({ records: [safetyRecord(effect.signed)], sync: true });
    for (const block of effect.blocks) {
      if (block.ref.digest === effect.signed?.digest) {
        facts.trust(block);
        this.#ports.spendCpu(ownBlockCostUs(block));
        this.#ports.observe({ type: "signed", round: block.ref.round, digest: block.ref.digest, block });
        if (block.ref.round > this.#round) {
          this.#round = block.ref.round;
          this.#ports.observe({ type: "round", round: block.ref.round });
        }
      }
      this.#ports.observe({ type: "accepted", block });
    }
    for (const { key, update } of effect.acked) this.#ports.observe({ type: "acked", key, update });
    return doneUs;
  }

  #fetch(effect: FetchEffect | FetchRangeEffect): void {
    if (effect.from !== null) this.#ports.send(requestMessage(effect.from, effect, this.#setup.life));
  }

  #checkUpdate(update: SignedUpdate, author: ValidatorIndex): void {
    if (this.#desk !== undefined) this.#desk.check(update, author);
    else this.#inbox.push({ type: "updateChecked", update: update.digest, accepted: false, score: null });
  }

  #commit(effect: CommitEffect): void {
    this.#ports.observe(committed(effect, this.#setup.transactionsOf(effect.sealed.digest, effect.blocks)));
    this.#execute(effect);
  }

  #execute(effect: CommitEffect): void {
    const { sealed, blocks, consensusStateDigest } = effect;
    if (this.#executor === undefined) {
      this.#feed({ type: "executed", index: sealed.commit.index, stateRoot: stateRootWithoutLedger(sealed.digest) });
      return;
    }
    // A restart hands on every stored commit; the ledger's snapshot holds the first of them already.
    if (sealed.commit.index > this.#executor.ledger.lastCommitIndex())
      this.#executor.push({ commit: sealed, blocks, consensusStateDigest });
  }

  #observeReceipt({ update, acks }: Extract<Effect, { type: "receipt" }>): void {
    this.#ports.observe({ type: "receipt", update, key: null, ackers: acks.map(({ block }) => block.author) });
  }

  #report(fault: Extract<Effect, { type: "report" }>["fault"]): void {
    const about = "author" in fault ? fault.author : null;
    this.#ports.observe({ type: "reported", fault: fault.type, about, detail: "" });
    if (fault.type === "equivocation") this.#equivocators.note(fault.author);
  }
}
