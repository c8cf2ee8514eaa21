// A small world in which a chain changes its committee several times while the network partitions and nodes crash
// (docs/protocol.md §11): product engines and ledgers, votes on the change as ordered transactions, and checkers that
// watch every commit of every node: one order, one state, one committee an epoch, and receipts that stay true.

import { TestRandom } from "@selvedge/consensus/testing";
import {
  type CheckpointCertificate,
  type CommitteeChange,
  type EpochStart,
  type ValidatorIndex,
  type VerifiedBlock,
  epochStartDigest,
  epochStartOf,
  isSameBytes,
  mustExist,
  signApproval,
  signProposal,
  updateKeyOf,
  validatorIndex,
} from "@selvedge/integrity";
import { testEncryptionKey, testSigner } from "@selvedge/integrity/testing";
import { LedgerScenario, type ScenarioSigning } from "@selvedge/ledger/testing";
import { sha256 } from "../../src/process/modelled-crypto.ts";
import { EpochNode, type Executed, type NodeWorld, type Seat } from "./epoch-node.ts";

export interface EpochWorldOptions {
  readonly seed: number;
  readonly members: number;
  /** Nodes with keys that may join later: their key numbers follow upon the members'. */
  readonly spares: number;
  readonly gcDepth?: number;
}

/** Links between nodes of different sides are cut; what is sent meanwhile arrives after it. */
export interface Cut {
  readonly fromMs: number;
  readonly toMs: number;
  readonly side: readonly number[];
}

interface Event {
  readonly atMs: number;
  readonly number: number;
  readonly run: () => void;
}

const HELP_BLOCKS_ROUNDS = 60;
const HELP_EVERY_MS = 150;
const NUDGE_EVERY_MS = 400;

/** Sound keys, and signatures that cost one hash. */
const SIGNING: ScenarioSigning = {
  verify: (publicKey, message, signature) => isSameBytes(quick(publicKey, message), signature),
  signerOf: (role, index) => {
    const { publicKey } = testSigner(role, index);
    return { publicKey, sign: (message) => quick(publicKey, message) };
  },
};

function quick(publicKey: Uint8Array, message: Uint8Array): Uint8Array {
  const half = sha256(Uint8Array.from([...publicKey, ...message]));
  return Uint8Array.from([...half, ...half]);
}

export class EpochWorld {
  readonly scenario: LedgerScenario;
  /** By key number. */
  readonly nodes: readonly EpochNode[];
  readonly cuts: Cut[] = [];
  /** What the checkers found; empty in a sound run. */
  readonly violations: string[] = [];
  readonly #random: TestRandom;
  readonly #queue: Event[] = [];
  readonly #commits = new Map<number, { readonly digest: string; readonly stateRoot: string }>();
  readonly #starts = new Map<number, string>();
  readonly #keys = new Map<string, string>();
  readonly #receipted = new Map<string, string>();
  readonly #certified = new Map<string, string>();
  readonly #helped = new Map<string, number>();
  #nowMs = 0;
  #number = 0;

  constructor({ seed, members, spares, gcDepth = 12 }: EpochWorldOptions) {
    this.#random = new TestRandom(seed);
    this.scenario = new LedgerScenario({
      stakes: Array.from({ length: members }, () => 1),
      deviceCount: 4,
      params: { gcDepth, updateExpiry: 200, scheduleEvery: 20 },
      policies: [{ bufferSize: 4, windowCommits: 10_000 }],
      signing: SIGNING,
      sha256,
    });
    this.nodes = Array.from({ length: members + spares }, (_, key) => {
      return new EpochNode(String(key), this.scenario.validator(key), this.#worldOf(key));
    });
  }

  get nowMs(): number {
    return this.#nowMs;
  }

  get epoch(): number {
    return Math.max(...this.nodes.map(({ epoch }) => epoch));
  }

  get commitCount(): number {
    return this.#commits.size;
  }

  get receiptCount(): number {
    return this.#receipted.size;
  }

  get certifiedCount(): number {
    return this.#certified.size;
  }

  start(): void {
    const first = epochStartOf(this.scenario.genesis);
    for (const node of this.nodes) node.enter(first);
  }

  at(ms: number, run: () => void): void {
    this.schedule(Math.max(0, ms - this.#nowMs), run);
  }

  schedule(delayMs: number, run: () => void): void {
    this.#number += 1;
    const event = { atMs: this.#nowMs + delayMs, number: this.#number, run };
    const queue = this.#queue;
    let low = 0;
    let high = queue.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const other = queue[middle];
      if (other !== undefined && other.atMs <= event.atMs) low = middle + 1;
      else high = middle;
    }
    queue.splice(low, 0, event);
  }

  runUntil(untilMs: number): void {
    for (let next = this.#queue[0]; next !== undefined && next.atMs <= untilMs; next = this.#queue[0]) {
      this.#queue.shift();
      this.#nowMs = next.atMs;
      next.run();
    }
    this.#nowMs = untilMs;
  }

  runUntilTrue(condition: () => boolean, untilMs: number): boolean {
    while (!condition() && this.#nowMs < untilMs) this.runUntil(this.#nowMs + 50);
    return condition();
  }

  /** A device's update, handed to the first node that is up from `gateway` on. */
  offerUpdate(
    gateway: number,
    draft: { readonly device: number; readonly sequence: number; readonly variant: number },
  ): void {
    const { device, sequence, variant } = draft;
    const update = this.scenario.update({ device, sequence, values: [1 + variant, 2, 3, 4, 5] });
    this.#keys.set(update.digest, updateKeyOf(update.header));
    this.#upFrom(gateway)?.offer({ updates: [update] });
  }

  /** Members vote for this change until the epoch in which they do so is over. */
  change(changes: readonly CommitteeChange[]): void {
    const { epoch } = this;
    const start = this.#startOf(epoch);
    const proposer = this.#signerAt(start, 0);
    const proposal = signProposal(
      { chainId: this.scenario.chainId, epoch: start.epoch, nonce: 1, changes },
      proposer,
      sha256,
    );
    const nudge = (): void => {
      if (this.epoch !== epoch) return;
      for (const [position] of start.members.entries()) {
        const approval = signApproval(proposal.digest, this.#signerAt(start, position), sha256);
        const transactions = position === 0 ? [proposal.transaction] : [proposal.transaction, approval];
        this.#upFrom(position)?.offer({ transactions });
      }
      this.schedule(NUDGE_EVERY_MS, nudge);
    };
    nudge();
  }

  member(key: number, stake = 1): Extract<CommitteeChange, { type: "add" }> {
    const { publicKey } = this.scenario.validator(key);
    return { type: "add", name: `validator-${key}`, publicKey, encryptionKey: testEncryptionKey(key), stake };
  }

  /** Receipts of which a rival was certified, in whatever epoch. */
  brokenReceipts(): readonly string[] {
    return [...this.#receipted]
      .filter(([key, update]) => (this.#certified.get(key) ?? update) !== update)
      .map(([key]) => key);
  }

  #startOf(epoch: number): EpochStart {
    for (const node of this.nodes) {
      const seat = node.seats.get(epoch);
      if (seat !== undefined) return seat.start;
    }
    throw new Error(`nobody is in epoch ${epoch}`);
  }

  #signerAt(start: EpochStart, position: number) {
    const { publicKey } = mustExist(start.members[position], "a member");
    const node = mustExist(
      this.nodes.find(({ signer }) => isSameBytes(signer.publicKey, publicKey)),
      "a member has a node",
    );
    return { validator: validatorIndex(position), signer: node.signer };
  }

  #upFrom(first: number): EpochNode | undefined {
    for (let step = 0; step < this.nodes.length; step += 1) {
      const node = this.nodes[(first + step) % this.nodes.length];
      if (node?.isUp === true && node.epoch === this.epoch) return node;
    }
    return undefined;
  }

  #worldOf(key: number): NodeWorld {
    return {
      scenario: this.scenario,
      nowMs: () => this.#nowMs,
      schedule: (delayMs, run) => this.schedule(delayMs, run),
      push: (_host, to, blocks) => this.#push(key, to, blocks),
      fetch: (host, effect) => {
        const seat = this.nodes[key]?.seat;
        if (seat === undefined || effect.from === null || seat.host !== host) return;
        const servant = this.#nodeAt(seat.start, effect.from);
        this.#travel(key, servant, () => {
          const store = this.nodes[servant]?.seats.get(seat.start.epoch)?.host.store;
          if (store === undefined || this.#isDown(servant)) return;
          const blocks =
            effect.type === "fetch"
              ? effect.refs.flatMap((ref) => store.get(ref) ?? [])
              : store.range(effect.fromRound, effect.toRound, effect.author).slice(0, 256);
          this.#travel(servant, key, () => {
            if (this.nodes[key]?.seat === seat) this.nodes[key].receive(blocks, effect.from ?? 0, effect.fetchId);
          });
        });
      },
      ask: () => undefined,
      onExecuted: (node, executed) => this.#onExecuted(node, executed),
      onMoved: (node, seat, certificate) => this.#onMoved(node, seat, certificate),
    };
  }

  /** Retired nodes serve on. */
  #isDown(key: number): boolean {
    const node = this.nodes[key];
    return node === undefined || (node.seat !== undefined && !node.isUp);
  }

  #push(from: number, to: ValidatorIndex, blocks: readonly VerifiedBlock[]): void {
    const seat = this.nodes[from]?.seat;
    if (seat === undefined) return;
    const target = this.#nodeAt(seat.start, to);
    this.#travel(from, target, () => {
      const node = mustExist(this.nodes[target], "a node");
      if (node.epoch === seat.start.epoch) node.receive(blocks, seat.index);
      else
        this.#help(target, from, { epoch: seat.start.epoch, round: Math.min(...blocks.map(({ ref }) => ref.round)) });
    });
  }

  /** Who has gone on hands a node of an old epoch that epoch's blocks. */
  #help(servant: number, asker: number, { epoch, round }: { readonly epoch: number; readonly round: number }): void {
    const seat = this.nodes[servant]?.seats.get(epoch);
    const name = `${servant}/${asker}`;
    if (
      seat === undefined ||
      this.#isDown(servant) ||
      (this.#helped.get(name) ?? -HELP_EVERY_MS) + HELP_EVERY_MS > this.#nowMs
    )
      return;
    this.#helped.set(name, this.#nowMs);
    const blocks = seat.host.store.range(Math.max(1, round - 4), round + HELP_BLOCKS_ROUNDS);
    this.#travel(servant, asker, () => {
      const node = this.nodes[asker];
      if (node?.epoch === epoch) node.receive(blocks, seat.index);
    });
  }

  #travel(from: number, to: number, arrive: () => void): void {
    const delayMs = 5 + this.#random.below(this.#random.below(10) === 0 ? 120 : 30);
    const isCut = ({ fromMs, toMs, side }: Cut): boolean =>
      this.#nowMs >= fromMs && this.#nowMs < toMs && side.includes(from) !== side.includes(to);
    const cut = this.cuts.find(isCut);
    this.schedule(cut === undefined ? delayMs : cut.toMs - this.#nowMs + delayMs, arrive);
  }

  #nodeAt(start: EpochStart, index: number): number {
    const { publicKey } = mustExist(start.members[index], "a member");
    return this.nodes.findIndex(({ signer }) => isSameBytes(signer.publicKey, publicKey));
  }

  #onMoved(node: EpochNode, { start }: Seat, certificate: CheckpointCertificate): void {
    const digest = epochStartDigest(start, sha256);
    const known = this.#starts.get(start.epoch) ?? digest;
    if (known !== digest)
      this.violations.push(`node ${node.name} begins epoch ${start.epoch} as ${digest}, others ${known}`);
    this.#starts.set(start.epoch, known);
    // A member that was not in the epoch before joins with the state of the one that came first.
    for (const joiner of this.nodes) {
      const isMember = start.members.some(({ publicKey }) => isSameBytes(publicKey, joiner.signer.publicKey));
      if (!isMember || joiner.seat !== undefined || joiner.seats.has(start.epoch)) continue;
      const snapshot = node.ledger.exportSnapshot();
      joiner.adopt(snapshot, certificate);
      joiner.enter(start);
    }
  }

  #onExecuted(node: EpochNode, { effect, stateRoot, certified }: Executed): void {
    const { commit, digest } = effect.sealed;
    const first = this.#commits.get(commit.index) ?? { digest, stateRoot };
    this.#commits.set(commit.index, first);
    if (first.digest !== digest) this.violations.push(`commit ${commit.index} differs at node ${node.name}`);
    if (first.stateRoot !== stateRoot) this.violations.push(`state after ${commit.index} differs at node ${node.name}`);
    for (const update of certified) {
      const key = this.#keys.get(update) ?? update;
      const rival = this.#certified.get(key) ?? update;
      if (rival !== update) this.violations.push(`two updates of ${key} are certified`);
      this.#certified.set(key, update);
    }
    for (const { value } of node.seat?.host.receipts ?? []) {
      const key = this.#keys.get(value.update) ?? value.update;
      const rival = this.#receipted.get(key) ?? value.update;
      if (rival !== value.update) this.violations.push(`two receipts for ${key}`);
      this.#receipted.set(key, rival);
    }
  }
}
