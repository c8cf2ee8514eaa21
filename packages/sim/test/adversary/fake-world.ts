// A world of one instant for unit tests of villains: real blocks of a real chain, a queue of timers that the test moves
// on, and a record of everything that was asked of it. Honours corruption and nothing else; the real port has its own tests.

import { type TestChain, createTestChain } from "@selvedge/consensus/testing";
import {
  type BlockBody,
  type VerifiedBlock,
  genesisRefs,
  mustExist,
  verifyBlock,
  validatorIndex,
} from "@selvedge/integrity";
import type {
  Adversary,
  AdversaryWorld,
  Emission,
  MessageVerdict,
  MessageView,
} from "../../src/adversary/adversary.ts";
import type { BlockDraftFields } from "../../src/adversary/block-draft.ts";
import { forgeBlock } from "../../src/adversary/forge.ts";
import { createBehaviour } from "../../src/adversary/registry.ts";
import { RecordedStreams } from "../../src/kernel/random.ts";
import type { BehaviourSpec } from "../../src/scenario/schema.ts";

export interface Sent {
  readonly atMs: number;
  readonly node: number;
  readonly to: number;
  readonly kind: string;
  readonly blocks: readonly VerifiedBlock[];
  readonly bytes: Uint8Array | null;
}

export interface FakeOptions {
  readonly size?: number;
  readonly isRealCrypto?: boolean;
  readonly corrupted?: readonly number[];
  readonly seed?: number;
  /** Nodes that `corrupt` may still take. */
  readonly corruptMax?: number;
}

export class FakeWorld {
  readonly chain: TestChain;
  readonly size: number;
  readonly port: AdversaryWorld;
  readonly sent: Sent[] = [];
  readonly fed: VerifiedBlock[] = [];
  readonly twins: number[] = [];
  readonly acts: Map<string, number> = new Map();
  readonly holding: Map<number, MessageView> = new Map();
  readonly released: number[] = [];
  nowMs = 0;
  highestRound = 0;
  readonly #corrupted: Set<number>;
  #timers: { readonly atMs: number; readonly order: number; readonly run: () => void }[] = [];
  #order = 0;
  #messageId = 0;

  constructor(options: FakeOptions = {}) {
    this.size = options.size ?? 4;
    this.chain = createTestChain({ size: this.size, isRealCrypto: options.isRealCrypto ?? false });
    this.#corrupted = new Set(options.corrupted ?? [this.size - 1]);
    let corruptLeft = options.corruptMax ?? 1;
    this.port = this.#portOf(new RecordedStreams(options.seed ?? 1), (node) => {
      if (this.#corrupted.has(node)) return true;
      if (corruptLeft === 0) return false;
      corruptLeft -= 1;
      this.#corrupted.add(node);
      return true;
    });
  }

  get actCount(): number {
    return [...this.acts.values()].reduce((sum, count) => sum + count, 0);
  }

  leaderOf(round: number): number {
    return round % this.size;
  }

  behaviour(spec: BehaviourSpec): Adversary {
    const { faultyStakeMax, validators } = this.chain.committee;
    const stakes = validators.map(({ stake }) => stake);
    const adversary = createBehaviour(spec, { size: this.size, faultyStakeMax, stakes });
    adversary.start?.(this.port);
    return adversary;
  }

  /** Blocks of all validators up to a round, each referring to all of the round before, by round and author. */
  dag(rounds: number, body: (author: number, round: number) => Partial<BlockBody> = () => ({})): VerifiedBlock[][] {
    const { chainId, committee, crypto } = this.chain;
    let parents = genesisRefs({ chainId, epoch: committee.epoch, size: this.size }, crypto.sha256);
    return Array.from({ length: rounds }, (_, index) => {
      const before = parents;
      const blocks = Array.from({ length: this.size }, (_unused, author) =>
        this.forge(author, {
          round: index + 1,
          parents: [mustExist(before[author], "an own parent"), ...before.filter((ref) => ref.author !== author)],
          body: body(author, index + 1),
        }),
      );
      parents = blocks.map(({ ref }) => ref);
      return blocks;
    });
  }

  forge(author: number, draft: BlockDraftFields): VerifiedBlock {
    const order = {
      setup: this.chain.setupOf(author),
      signer: mustExist(this.chain.signers[author], "a member's signer"),
      author,
      timestampMs: 1_000_000 + this.nowMs,
    };
    return mustExist(forgeBlock(order, draft), "a block");
  }

  /** Why an honest validator would refuse the block; undefined if it would not. */
  refusal(block: VerifiedBlock): string | undefined {
    const { chainId, committee, params, crypto, hasCoin } = this.chain;
    const verified = verifyBlock(block.bytes, { chainId, committee, params, crypto, hasCoin });
    return verified.ok ? undefined : verified.error.code;
  }

  push(to: number, blocks: readonly VerifiedBlock[], kind = "blocks"): Emission {
    return { to, kind, sizeBytes: 100, body: blocks, blocks };
  }

  /** What reaches the others when the node pushes a block to each of them; emissions that are let pass included. */
  pushToAll(adversary: Adversary, node: number, block: VerifiedBlock): readonly Emission[] {
    return Array.from({ length: this.size }, (_, to) => to)
      .filter((to) => to !== node)
      .flatMap((to) => {
        const emission = this.push(to, [block]);
        return adversary.onEmit?.(node, emission, this.port) ?? [emission];
      });
  }

  message(
    adversary: Adversary,
    fields: Pick<MessageView, "from" | "to"> & Partial<MessageView>,
  ): MessageVerdict | undefined {
    const id = this.#messageId;
    this.#messageId += 1;
    const message: MessageView = { id, kind: "blocks", sizeBytes: 100, sentAtMs: this.nowMs, blocks: [], ...fields };
    const verdict = adversary.onMessage?.(message, this.port);
    if (verdict?.type === "hold") this.holding.set(id, message);
    return verdict;
  }

  runUntil(untilMs: number): void {
    for (;;) {
      const [next] = this.#timers.sort((left, right) => left.atMs - right.atMs || left.order - right.order);
      if (next === undefined || next.atMs > untilMs) break;
      this.#timers.shift();
      this.nowMs = next.atMs;
      next.run();
    }
    this.nowMs = untilMs;
  }

  #portOf(streams: RecordedStreams, corrupt: (node: number) => boolean): AdversaryWorld {
    const { committee } = this.chain;
    const isOurs = (node: number): boolean => this.#corrupted.has(node);
    const send = (sent: Omit<Sent, "atMs">): boolean => {
      if (isOurs(sent.node)) this.sent.push({ ...sent, atMs: this.nowMs });
      return isOurs(sent.node);
    };
    return {
      nowMs: () => this.nowMs,
      size: this.size,
      faultyStakeMax: committee.faultyStakeMax,
      quorumStake: committee.quorumStake,
      committee,
      choices: streams.of("adversary"),
      corrupted: () => this.#corrupted,
      isUp: () => true,
      knownLeader: (round) => this.leaderOf(round),
      highestRound: () => this.highestRound,
      corrupt,
      held: () => [...this.holding.values()],
      release: (which) => this.#release(which),
      after: (ms, run) => {
        this.#timers.push({ atMs: this.nowMs + ms, order: (this.#order += 1), run });
      },
      sendAs: (node, { to, kind, body }) => send({ node, to, kind, blocks: blocksIn(body), bytes: null }),
      sendBlocksAs: (node, to, blocks) => send({ node, to, kind: "blocks", blocks, bytes: null }),
      withBlocks: (emission, blocks) => ({ ...emission, body: blocks, blocks }),
      feed: (node, blocks) => {
        if (isOurs(node)) this.fed.push(...blocks);
        return isOurs(node);
      },
      spawnTwin: (node) => {
        if (isOurs(node)) this.twins.push(node);
        return isOurs(node);
      },
      makeUpdate: ({ device, sequence, variant }) => ({
        device,
        sequence,
        signed: this.chain.update(device, sequence, variant),
        payload: new Uint8Array(8),
      }),
      forge: (node, draft) => (isOurs(node) ? this.forge(validatorIndex(node), draft) : null),
      sendBytesAs: (node, to, bytes) => send({ node, to, kind: "garbage", blocks: [], bytes }),
      acted: (what) => {
        this.acts.set(what, (this.acts.get(what) ?? 0) + 1);
      },
    };
  }

  #release(which: (message: MessageView) => boolean): number {
    const free = [...this.holding.values()].filter(which);
    for (const { id } of free) {
      this.holding.delete(id);
      this.released.push(id);
    }
    return free.length;
  }
}

function blocksIn(body: unknown): readonly VerifiedBlock[] {
  return Array.isArray(body) ? body : [];
}
