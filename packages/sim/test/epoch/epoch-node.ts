// One node that lives through several epochs (docs/protocol.md §11): the product's engine, anew in each epoch, over a store
// for each, and one ledger that goes through all of them. Moves on once its epoch is closed, executed and certified.

import { type CommitEffect, type Input, createFallbackCoin, epochSeedOf } from "@selvedge/consensus";
import { type HostWorld, TestHost } from "@selvedge/consensus/testing";
import {
  type BlockContext,
  type CheckpointCertificate,
  type Committee,
  type Digest,
  type EpochStart,
  type Signer,
  type SignedUpdate,
  type VerifiedBlock,
  committeeOfEpoch,
  epochStartDigest,
  isSameBytes,
  mustExist,
  validatorIndex,
  verifyBlock,
  verifyCheckpoint,
} from "@selvedge/integrity";
import { type Ledger, createLedger, restoreLedger } from "@selvedge/ledger";
import type { LedgerScenario } from "@selvedge/ledger/testing";

/** A node's place in one epoch. */
export interface Seat {
  readonly start: EpochStart;
  readonly committee: Committee;
  readonly context: BlockContext;
  readonly index: number;
  readonly host: TestHost;
}

export interface NodeWorld extends HostWorld {
  readonly scenario: LedgerScenario;
  readonly onExecuted: (node: EpochNode, executed: Executed) => void;
  readonly onMoved: (node: EpochNode, seat: Seat, certificate: CheckpointCertificate) => void;
}

export interface Executed {
  readonly effect: CommitEffect;
  readonly stateRoot: Digest;
  readonly certified: readonly string[];
}

const LOCAL = {
  roundDelayMinMs: 20,
  leaderTimeoutMs: 80,
  idleRoundDelayMs: 100,
  ownUncommittedBytesMax: 8_388_608,
  parkedPerAuthorMax: 256,
  parkedMax: 4096,
  fetchTimeoutMs: 150,
  fetchRangeRoundsMax: 64,
  doppelgangerRounds: 0,
};

export class EpochNode {
  readonly name: string;
  readonly signer: Signer;
  readonly seats: Map<number, Seat> = new Map();
  readonly #world: NodeWorld;
  readonly #roots = new Map<number, Digest>();
  #ledger: Ledger;
  #current: Seat | undefined;

  constructor(name: string, signer: Signer, world: NodeWorld) {
    this.name = name;
    this.signer = signer;
    this.#world = world;
    this.#ledger = createLedger(world.scenario.options);
  }

  get ledger(): Ledger {
    return this.#ledger;
  }

  get seat(): Seat | undefined {
    return this.#current;
  }

  get isUp(): boolean {
    return this.#current?.host.isUp === true;
  }

  get epoch(): number {
    return this.#current?.start.epoch ?? -1;
  }

  /** Takes its place if it has one in this epoch. */
  enter(start: EpochStart): Seat | undefined {
    const index = start.members.findIndex(({ publicKey }) => isSameBytes(publicKey, this.signer.publicKey));
    this.#current?.host.crash();
    this.#current = undefined;
    if (index < 0) return undefined;
    const seat = this.#seatAt(start, index);
    this.seats.set(start.epoch, seat);
    this.#current = seat;
    seat.host.start();
    return seat;
  }

  /** A joiner's ledger: the snapshot of a member, believed because a quorum has certified its root. */
  adopt(snapshot: Uint8Array, certificate: CheckpointCertificate): void {
    const restored = restoreLedger(this.#world.scenario.options, snapshot);
    if (!restored.ok) throw new Error(`the snapshot does not hold: ${restored.error.detail}`);
    if (restored.value.stateRoot() !== certificate.statement.stateRoot)
      throw new Error("the snapshot is of another state");
    this.#ledger = restored.value;
  }

  offer(content: { readonly updates?: readonly SignedUpdate[]; readonly transactions?: readonly Uint8Array[] }): void {
    const { updates = [], transactions = [] } = content;
    this.#current?.host.feed({ type: "localContent", updates, transactions, control: [] });
  }

  /** Of whatever epoch it has been in. */
  receive(blocks: readonly VerifiedBlock[], from: number, fetchId?: number): void {
    const seat = this.#current;
    if (seat === undefined) return;
    const good = blocks.filter((block) => verifyBlock(block.bytes, seat.context).ok);
    const answered = fetchId === undefined ? {} : { fetchId };
    seat.host.feed({ type: "blocks", blocks: good, from: validatorIndex(from), ...answered });
  }

  crash(): void {
    this.#current?.host.crash();
  }

  restart(): void {
    const { host } = mustExist(this.#current, "a node that is down has a seat");
    host.start();
    const index = this.#ledger.lastCommitIndex();
    const stateRoot = this.#roots.get(index);
    if (stateRoot !== undefined) host.feed({ type: "executed", index, stateRoot });
    if (this.#ledger.epochInfo().isEnding) host.feed({ type: "endEpoch" });
  }

  #seatAt(start: EpochStart, index: number): Seat {
    const { scenario } = this.#world;
    const { chainId, genesis, options } = scenario;
    const { crypto } = options;
    const committee = committeeOfEpoch(start);
    const startDigest = start.epoch === 0 ? undefined : epochStartDigest(start, crypto.sha256);
    const epochSeed = epochSeedOf(crypto.sha256, { chainId, epoch: start.epoch, startDigest });
    const host = new TestHost({
      setup: {
        chainId,
        committee,
        params: genesis.params,
        local: LOCAL,
        crypto,
        coin: createFallbackCoin({ sha256: crypto.sha256, committee, epochSeed }),
        validator: { index: validatorIndex(index), signer: this.signer },
        ...(startDigest !== undefined && { epochBase: { ...start.base, startDigest } }),
      },
      name: `${this.name}/${start.epoch}`,
      world: this.#world,
      isUpdateAccepted: ({ header }) => this.#ledger.checkUpdate(header).ok,
      stateRootOf: (effect) => this.#execute(effect),
    });
    host.onStep = (input) => this.#afterStep(input);
    return {
      start,
      committee,
      context: { chainId, committee, params: genesis.params, crypto, hasCoin: false, startDigest },
      index,
      host,
    };
  }

  #execute(effect: CommitEffect): Digest {
    const { sealed, blocks, consensusStateDigest } = effect;
    const known = this.#roots.get(sealed.commit.index);
    if (known !== undefined) return known;
    const { scenario, onExecuted, schedule } = this.#world;
    const { stateRoot, events } = scenario.execute(this.#ledger, { commit: sealed, blocks, consensusStateDigest });
    this.#roots.set(sealed.commit.index, stateRoot);
    const certified = events.flatMap((event) => (event.type === "updateCertified" ? [event.update] : []));
    onExecuted(this, { effect, stateRoot, certified });
    if (events.some(({ type }) => type === "epochEnding")) {
      const { host } = mustExist(this.#current, "who executes has a seat");
      schedule(0, () => host.feed({ type: "endEpoch" }));
    }
    return stateRoot;
  }

  #afterStep(_input: Input): void {
    const seat = this.#current;
    if (seat !== undefined) this.#world.schedule(0, () => this.#tryMove(seat));
  }

  /** Closed, executed, and the last state root signed by a quorum: then the next epoch begins here. */
  #tryMove(seat: Seat): void {
    if (this.#current !== seat || !seat.host.isUp) return;
    const closing = seat.host.closings.at(-1)?.value;
    const { next } = this.#ledger.epochInfo();
    if (closing === undefined || next === null) return;
    const { index } = closing.last.commit;
    const certificate = seat.host.checkpoints.find(({ value }) => value.certificate.statement.index === index)?.value
      .certificate;
    if (certificate === undefined) return;
    const isSound = verifyCheckpoint(certificate, seat.context).ok;
    if (!isSound || certificate.statement.stateRoot !== this.#ledger.stateRoot())
      throw new Error("a false certificate");
    const { leftover } = closing;
    const moved = this.enter(next);
    if (moved === undefined) return;
    this.#world.onMoved(this, moved, certificate);
    this.offer({ ...leftover, updates: [...leftover.updates, ...this.#ledger.uncertifiedUpdates()] });
  }
}
