// Two-chain HotStuff with a pacemaker, one validator: a state machine of its own, without clock, disk or network. Votes go to
// the next leader; a view that does not end in a certificate ends in a timeout certificate, whose signers' highest
// certificate the next proposal must extend. hotstuff-process.ts executes the effects; block-sync.ts finds missing ancestors.

import { type Digest, assertNever, mustExist } from "@selvedge/integrity";
import type { Micros } from "../../kernel/time.ts";
import { Author, ProposalWatch } from "./author.ts";
import { BlockSync } from "./block-sync.ts";
import { BlockTree } from "./block-tree.ts";
import { TimeoutCollector, VoteCollector } from "./collectors.ts";
import type { HotStuffEffect, HotStuffInput, HotStuffSetup, HotStuffTimer, Recovered } from "./engine-port.ts";
import { Gateway } from "./gateway.ts";
import { HOTSTUFF_MEMPOOL_TRANSACTIONS_MAX, HOTSTUFF_VOTE_WINDOW_VIEWS } from "./limits.ts";
import { Mempool } from "./mempool.ts";
import { timeoutAfter } from "./params.ts";
import type {
  Gossip,
  HotStuffBlock,
  HotStuffMessage,
  Proposal,
  QuorumCertificate,
  SafetyRecord,
  Timeout,
  TimeoutCertificate,
  Vote,
} from "./records.ts";
import { commitsParent, isJustified, mayVote } from "./safety-rules.ts";

/** A chain of one would otherwise make blocks without end in one instant. */
const LONE_BLOCK_DELAY_US = 1000;
/** Views between a block and the view in which its commit is learnt when nothing goes wrong. */
const PIPELINE_VIEWS = 3;

export class HotStuffEngine {
  readonly #setup: HotStuffSetup;
  readonly #size: number;
  readonly #votes: VoteCollector;
  readonly #timeouts: TimeoutCollector;
  readonly #mempool: Mempool;
  readonly #gateway: Gateway;
  readonly #sync: BlockSync;
  #tree: BlockTree;
  /** Each is as in SafetyRecord; all three are written before anything is signed by them. */
  #votedView = 0;
  #high: QuorumCertificate;
  /** Of the view before the present one, if it ended so. */
  #lastTimeouts: TimeoutCertificate | null = null;
  /** Above the view of `#high` and of `#lastTimeouts`. */
  #view = 0;
  /** The view's leader is this validator, and its delay has passed. */
  #isProposalDue = false;
  readonly #author: Author;
  readonly #proposals = new ProposalWatch();
  #effects: HotStuffEffect[] = [];

  constructor(setup: HotStuffSetup) {
    this.#setup = setup;
    this.#size = setup.committee.validators.length;
    this.#author = new Author(setup);
    this.#votes = new VoteCollector(setup.committee);
    this.#timeouts = new TimeoutCollector(setup.committee);
    this.#mempool = new Mempool(setup.names);
    this.#gateway = new Gateway(setup, this.#mempool);
    this.#tree = new BlockTree(setup.genesis);
    this.#high = { view: 0, digest: setup.genesis.digest, signers: [], signatures: [] };
    this.#sync = new BlockSync({ self: setup.self, size: this.#size, retryUs: setup.params.fetchTimeoutUs });
  }

  handle(input: HotStuffInput): readonly HotStuffEffect[] {
    this.#effects = [];
    switch (input.type) {
      case "start":
        this.#start(input.recovered);
        break;
      case "message":
        this.#onMessage(input.from, input.message);
        break;
      case "timer":
        this.#onTimer(input.id);
        break;
      case "transactions":
        this.#emitAll(this.#gateway.take(input.transactions));
        break;
      default:
        assertNever(input);
    }
    return this.#effects;
  }

  get view(): number {
    return this.#view;
  }

  get committedHeight(): number {
    return this.#tree.committed.height;
  }

  get committedDigest(): Digest {
    return this.#tree.committed.digest;
  }

  get isFull(): boolean {
    return this.#mempool.size >= HOTSTUFF_MEMPOOL_TRANSACTIONS_MAX;
  }

  get gauges(): Readonly<Record<string, number>> {
    return { mempool: this.#mempool.size, blocksInMemory: this.#tree.size, parked: this.#tree.detachedCount };
  }

  leaderOf(view: number): number {
    return view % this.#size;
  }

  // --- inputs

  #start({ safety, committed, uncommitted }: Recovered): void {
    const head = committed.at(-1);
    if (head !== undefined) this.#tree = new BlockTree(head);
    for (const block of committed) this.#mempool.commit(block);
    for (const block of uncommitted) this.#tree.insert(block, true);
    if (safety !== null) {
      this.#votedView = safety.votedView;
      this.#high = safety.high;
      this.#lastTimeouts = safety.timeouts;
    }
    const proven = Math.max(this.#high.view, this.#lastTimeouts?.view ?? 0) + 1;
    this.#enter(Math.max(proven, this.#votedView));
    this.#fetch(this.#high.digest, null);
  }

  #onMessage(from: number, message: HotStuffMessage): void {
    switch (message.type) {
      case "proposal":
        return this.#onProposal(message);
      case "vote":
        return this.#onVote(message);
      case "timeout":
        return this.#onTimeout(message);
      case "advance":
        return this.#onAdvance(from, message.high, message.timeouts);
      case "transactions":
        return this.#onGossip(message);
      case "request":
        return this.#emit({ type: "serve", to: from, digest: message.digest, aboveHeight: message.aboveHeight });
      case "blocks":
        return this.#onBlocks(from, message.blocks);
      default:
        return assertNever(message);
    }
  }

  #onGossip(gossip: Gossip): void {
    if (!this.#setup.verifier.isGossip(gossip)) return this.#report("invalidTransactions", gossip.gateway, "signature");
    this.#mempool.add(gossip.transactions);
  }

  #onTimer(id: HotStuffTimer): void {
    switch (id) {
      case "view":
        return this.#giveUpView();
      case "propose":
        this.#isProposalDue = true;
        return this.#tryPropose();
      case "batch":
        return this.#emitAll(this.#gateway.flush());
      case "fetch":
        return this.#emitAll(this.#sync.retry(this.#tree.committed.height));
      default:
        return assertNever(id);
    }
  }

  #onProposal(proposal: Proposal): void {
    const { block, timeouts } = proposal;
    if (
      this.leaderOf(block.view) !== block.author ||
      !isJustified(proposal) ||
      !this.#setup.verifier.isProposal(proposal)
    ) {
      return this.#report("invalidProposal", block.author, `view ${block.view}`);
    }
    this.#onCertificate(block.justify, block.author);
    if (timeouts !== null) this.#onTimeouts(timeouts);
    // Should a quorum certify it all the same, it will be fetched.
    if (this.#proposals.isSecond(block)) return this.#report("equivocation", block.author, `view ${block.view}`);
    this.#insert(block, false);
    this.#tryVote(block);
  }

  #onVote(vote: Vote): void {
    if (!this.#setup.verifier.isVote(vote)) return this.#report("invalidVote", vote.voter, `view ${vote.view}`);
    this.#count(vote);
  }

  #onTimeout(timeout: Timeout): void {
    if (!this.#setup.verifier.isTimeout(timeout)) {
      return this.#report("invalidTimeout", timeout.voter, `view ${timeout.view}`);
    }
    this.#onCertificate(timeout.high, timeout.voter);
    if (timeout.timeouts !== null) this.#onTimeouts(timeout.timeouts);
    if (timeout.view < this.#view) {
      return this.#send(timeout.voter, { type: "advance", high: this.#high, timeouts: this.#lastTimeouts });
    }
    this.#timeouts.add(timeout);
    this.#countTimeouts();
  }

  #onAdvance(from: number, high: QuorumCertificate, timeouts: TimeoutCertificate | null): void {
    const { verifier } = this.#setup;
    if (!verifier.isQuorum(high) || (timeouts !== null && !verifier.isTimeoutQuorum(timeouts))) {
      return this.#report("invalidAdvance", from, `view ${high.view}`);
    }
    this.#onCertificate(high, from);
    if (timeouts !== null) this.#onTimeouts(timeouts);
  }

  #onBlocks(from: number, answer: readonly HotStuffBlock[]): void {
    const blocks = this.#sync.pinned(answer, (justify) => this.#setup.verifier.isQuorum(justify));
    for (const block of [...blocks].reverse()) this.#insert(block, true, from);
  }

  // --- certificates and views

  #onCertificate(certificate: QuorumCertificate, holder: number | null): void {
    if (certificate.view > this.#high.view) {
      this.#high = certificate;
      this.#votes.forget(certificate.view);
      this.#fetch(certificate.digest, holder);
    }
    this.#commitBy(certificate);
    if (certificate.view >= this.#view) this.#enter(certificate.view + 1);
  }

  #onTimeouts(timeouts: TimeoutCertificate): void {
    if (timeouts.view < this.#view) return;
    this.#lastTimeouts = timeouts;
    this.#enter(timeouts.view + 1);
  }

  #enter(view: number): void {
    this.#view = view;
    if (this.#lastTimeouts !== null && this.#lastTimeouts.view + 1 !== view) this.#lastTimeouts = null;
    this.#emit({ type: "view", view });
    this.#setTimer("view", this.#timeoutUs());
    this.#isProposalDue = false;
    if (this.leaderOf(view) !== this.#setup.self) return this.#emit({ type: "cancelTimer", id: "propose" });
    const delayUs = Math.max(this.#setup.params.blockDelayMinUs, this.#size === 1 ? LONE_BLOCK_DELAY_US : 0);
    if (delayUs > 0) return this.#setTimer("propose", delayUs);
    this.#isProposalDue = true;
    return this.#tryPropose();
  }

  #timeoutUs(): Micros {
    return timeoutAfter(this.#setup.params, this.#view - this.#tree.committed.view - PIPELINE_VIEWS);
  }

  #giveUpView(): void {
    this.#votedView = Math.max(this.#votedView, this.#view);
    this.#persistSafety([]);
    const timeout = this.#author.timeout(this.#view, this.#high, this.#lastTimeouts);
    this.#setTimer("view", this.#timeoutUs());
    this.#send(null, timeout);
    this.#timeouts.add(timeout);
    this.#countTimeouts();
  }

  /** A quorum ends the view; before that, one honest validator's timeout is enough to join in. */
  #countTimeouts(): void {
    const certificate = this.#timeouts.certificateAt(this.#view);
    if (certificate !== undefined) return this.#onTimeouts(certificate);
    const isJoining = this.#timeouts.stakeAt(this.#view) >= this.#setup.committee.validityStake;
    if (isJoining && this.#timeouts.viewOf(this.#setup.self) !== this.#view) this.#giveUpView();
  }

  // --- proposals and votes

  #tryPropose(): void {
    const parent = this.#tree.get(this.#high.digest);
    if (!this.#isProposalDue || parent === undefined || this.#view <= this.#votedView) return;
    const end = { height: parent.height, blocks: this.#tree.pathTo(parent.digest) };
    const block = this.#gateway.nextBlock(this.#view, this.#high, end);
    const timeouts = this.#high.view + 1 === this.#view ? null : this.#lastTimeouts;
    if (!isJustified({ block, timeouts })) return;
    const proposal = this.#author.proposal(block, timeouts);
    this.#isProposalDue = false;
    this.#votedView = this.#view;
    this.#tree.insert(block, true);
    this.#persistSafety([block]);
    this.#emit({ type: "signed", view: block.view, digest: block.digest });
    this.#send(null, proposal);
    this.#sendVote(block);
  }

  #tryVote(block: HotStuffBlock): void {
    const isConnected = this.#tree.get(block.digest) !== undefined;
    if (!isConnected || !mayVote({ view: this.#view, votedView: this.#votedView }, block)) return;
    this.#votedView = block.view;
    this.#persistSafety([]);
    this.#emit({ type: "signed", view: block.view, digest: block.digest });
    this.#sendVote(block);
  }

  /** The caller has written down that it votes. */
  #sendVote(block: HotStuffBlock): void {
    const vote = this.#author.vote(block);
    const collector = this.leaderOf(block.view + 1);
    if (collector === this.#setup.self) this.#count(vote);
    else this.#send(collector, vote);
  }

  #count(vote: Vote): void {
    const isMine = this.leaderOf(vote.view + 1) === this.#setup.self;
    if (!isMine || vote.view <= this.#high.view || vote.view > this.#view + HOTSTUFF_VOTE_WINDOW_VIEWS) return;
    const certificate = this.#votes.add(vote);
    if (certificate !== undefined) this.#onCertificate(certificate, vote.voter);
  }

  // --- blocks and commits

  /** Connects the block and whatever waited for it; each may vote, commit or let a proposal go out. */
  #insert(block: HotStuffBlock, isWanted: boolean, holder: number = block.author): void {
    const outcome = this.#tree.insert(block, isWanted);
    if (outcome !== "known") this.#sync.found(block.digest);
    if (outcome === "detached") return this.#fetch(block.justify.digest, holder);
    if (outcome === "refused") return this.#judgeRefused(block);
    if (outcome !== "connected") return;
    this.#emit({ type: "persist", sync: false, blocks: [block], committed: [], safety: null });
    const queue: HotStuffBlock[] = [block];
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      this.#onConnected(next);
      for (const child of this.#tree.takeChildren(next.digest)) {
        if (this.#tree.insert(child, true) !== "connected") continue;
        this.#emit({ type: "persist", sync: false, blocks: [child], committed: [], safety: null });
        queue.push(child);
      }
    }
  }

  #onConnected(block: HotStuffBlock): void {
    this.#onCertificate(block.justify, block.author);
    if (block.digest === this.#high.digest) this.#commitBy(this.#high);
    if (this.#proposals.isProposed(block)) this.#tryVote(block);
    this.#tryPropose();
  }

  /** A certified block beside the committed one: more validators are faulty than the protocol bears. */
  #judgeRefused(block: HotStuffBlock): void {
    const { committed } = this.#tree;
    if (block.height === committed.height && block.digest !== committed.digest && block.digest === this.#high.digest) {
      this.#report("conflictingCertificate", block.author, `height ${block.height}`);
    }
  }

  #commitBy(certificate: QuorumCertificate): void {
    const block = this.#tree.get(certificate.digest);
    if (block === undefined || block.height <= this.#tree.committed.height + 1 || !commitsParent(block, certificate))
      return;
    const path = this.#tree.pathTo(block.justify.digest);
    if (path.length === 0) return;
    this.#emit({ type: "persist", sync: true, blocks: [], committed: path, safety: null });
    for (const each of path) this.#emit({ type: "commit", block: each, transactions: this.#mempool.commit(each) });
    this.#tree.commit(mustExist(path.at(-1), "a path that is not empty has an end"));
  }

  #fetch(digest: Digest, holder: number | null): void {
    if (this.#tree.holds(digest)) return;
    this.#emitAll(this.#sync.ask(digest, { holder, aboveHeight: this.#tree.committed.height }));
  }

  // --- effects

  #persistSafety(blocks: readonly HotStuffBlock[]): void {
    const safety: SafetyRecord = {
      votedView: this.#votedView,
      high: this.#high,
      timeouts: this.#lastTimeouts,
    };
    this.#emit({ type: "persist", sync: true, blocks, committed: [], safety });
  }

  #report(fault: string, about: number | null, detail: string): void {
    this.#emit({ type: "report", fault, about, detail });
  }

  #setTimer(id: HotStuffTimer, delayUs: Micros): void {
    this.#emit({ type: "setTimer", id, delayUs });
  }

  #send(to: number | null, message: HotStuffMessage): void {
    if (to !== this.#setup.self) this.#emit({ type: "send", to, message });
  }

  #emitAll(effects: readonly HotStuffEffect[]): void {
    this.#effects.push(...effects);
  }

  #emit(effect: HotStuffEffect): void {
    this.#effects.push(effect);
  }
}
