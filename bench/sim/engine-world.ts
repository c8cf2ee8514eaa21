// The smallest world that engines run in at full speed: every message takes one constant delay, every node answers its
// engine's questions at once and writes nothing. No faults, no checks; packages/sim is the laboratory.

import { hash } from "node:crypto";
import {
  type ConsensusEngine,
  type Effect,
  type Input,
  type InputEvent,
  type TimerId,
  createEngine,
  createEngineMemo,
} from "@selvedge/consensus";
import { createTestChain } from "@selvedge/consensus/testing";
import {
  type Digest,
  type Sha256,
  type ValidatorIndex,
  type VerifiedBlock,
  digestOf,
  digestToBytes,
  validatorIndex,
} from "@selvedge/integrity";
import { portableCrypto } from "@selvedge/integrity";

export interface WorldOptions {
  readonly size: number;
  readonly isMemoShared: boolean;
}

export interface SpeedLimits {
  readonly rounds: number;
  readonly cpuSeconds: number;
}

export interface SpeedRun {
  readonly deliveries: number;
  readonly cpuSeconds: number;
  readonly rounds: number;
  readonly commits: number;
  readonly heapBytes: number;
  readonly rssBytes: number;
  /** Digest over all engines' traces: two runs of the same code must show the same. */
  readonly trace: string;
}

const DELAY_MS = 50;
const TRANSACTION_BYTES = 64;
/** Compiling and the first, unlike rounds are left out of the figures. */
const WARM_UP_ROUNDS = 4;

interface Node {
  readonly engine: ConsensusEngine;
  readonly index: ValidatorIndex;
  /** What each timer that runs is waiting for: setting one again makes the old one nobody's. */
  readonly timers: Map<TimerId, number>;
  round: number;
}

type Event =
  | {
      readonly type: "message";
      readonly to: number;
      readonly from: ValidatorIndex;
      readonly blocks: readonly VerifiedBlock[];
    }
  | { readonly type: "input"; readonly to: number; readonly input: InputEvent }
  | { readonly type: "timer"; readonly to: number; readonly id: TimerId; readonly token: number };

export class EngineWorld {
  readonly #nodes: readonly Node[];
  readonly #buckets = new Map<number, Event[]>();
  readonly #stateRoots = new Map<string, Digest>();
  #nowMs = 0;
  #token = 0;
  #deliveries = 0;
  #commits = 0;

  constructor({ size, isMemoShared }: WorldOptions) {
    const sha256: Sha256 = (data) => hash("sha256", data, "buffer");
    const chain = createTestChain({ size, sha256, ...(isMemoShared ? { memo: createEngineMemo() } : {}) });
    this.#nodes = Array.from({ length: size }, (_, index) => ({
      engine: createEngine(chain.setupOf(index)),
      index: validatorIndex(index),
      timers: new Map(),
      round: 0,
    }));
  }

  run(limits: SpeedLimits): SpeedRun {
    for (const node of this.#nodes) this.#feed(node, { type: "start" });
    this.#runRounds(WARM_UP_ROUNDS, limits.cpuSeconds);
    const [deliveries, commits, rounds] = [this.#deliveries, this.#commits, this.#round];
    const before = process.cpuUsage();
    this.#runRounds(limits.rounds, limits.cpuSeconds);
    const { user, system } = process.cpuUsage(before);
    const { heapUsed, rss, arrayBuffers } = process.memoryUsage();
    return {
      deliveries: this.#deliveries - deliveries,
      cpuSeconds: (user + system) / 1e6,
      rounds: this.#round - rounds,
      commits: this.#commits - commits,
      heapBytes: heapUsed + arrayBuffers,
      rssBytes: rss,
      trace: this.#trace(),
    };
  }

  get #round(): number {
    return this.#nodes[0]?.round ?? 0;
  }

  #runRounds(rounds: number, cpuSeconds: number): void {
    const [untilRound, start] = [this.#round + rounds, process.cpuUsage()];
    for (; this.#round < untilRound; this.#nowMs += 1) {
      const bucket = this.#buckets.get(this.#nowMs);
      if (bucket === undefined) continue;
      // Grows while it is read: what is due at once comes last.
      for (let position = 0; position < bucket.length; position += 1) {
        if (position % 1024 === 0 && isSpent(start, cpuSeconds)) return;
        const event = bucket[position];
        if (event !== undefined) this.#dispatch(event);
      }
      this.#buckets.delete(this.#nowMs);
    }
  }

  #dispatch(event: Event): void {
    const node = this.#nodes[event.to];
    if (node === undefined) return;
    if (event.type === "message") {
      this.#deliveries += 1;
      const { blocks, from } = event;
      this.#hand(node, { type: "blocks", blocks, from, wallClockMs: this.#nowMs });
    } else if (event.type === "input") {
      this.#feed(node, event.input);
    } else if (node.timers.get(event.id) === event.token) {
      node.timers.delete(event.id);
      this.#feed(node, { type: "timer", id: event.id });
    }
  }

  #feed(node: Node, event: InputEvent): void {
    this.#hand(node, { ...event, wallClockMs: this.#nowMs });
  }

  #hand(node: Node, input: Input): void {
    for (const effect of node.engine.handle(input)) this.#execute(node, effect);
  }

  #execute(node: Node, effect: Effect): void {
    switch (effect.type) {
      case "persist":
        if (effect.signed !== null) this.#onOwnBlock(node, effect.signed.round);
        return;
      case "send":
        this.#schedule(DELAY_MS, { type: "message", to: effect.to, from: node.index, blocks: effect.blocks });
        return;
      case "setTimer":
        this.#token += 1;
        node.timers.set(effect.id, this.#token);
        this.#schedule(effect.delayMs, { type: "timer", to: node.index, id: effect.id, token: this.#token });
        return;
      case "cancelTimer":
        node.timers.delete(effect.id);
        return;
      case "commit": {
        this.#commits += 1;
        const stateRoot = this.#stateRootOf(effect.sealed.digest);
        const input: InputEvent = { type: "executed", index: effect.sealed.commit.index, stateRoot };
        this.#schedule(0, { type: "input", to: node.index, input });
        return;
      }
      case "fetch":
      case "fetchRange":
      case "lookup":
      case "report":
        throw new Error(`nothing is missing and nobody lies here: ${effect.type}`);
      default:
    }
  }

  #onOwnBlock(node: Node, round: number): void {
    node.round = round;
    const transaction = new Uint8Array(TRANSACTION_BYTES).fill(round & 0xff);
    transaction[0] = node.index & 0xff;
    transaction[1] = node.index >> 8;
    const input: InputEvent = { type: "localContent", updates: [], transactions: [transaction], control: [] };
    this.#schedule(0, { type: "input", to: node.index, input });
  }

  #stateRootOf(commit: Digest): Digest {
    const known = this.#stateRoots.get(commit);
    if (known !== undefined) return known;
    const root = digestOf(portableCrypto.sha256, "ledger", digestToBytes(commit));
    this.#stateRoots.set(commit, root);
    return root;
  }

  #schedule(delayMs: number, event: Event): void {
    const atMs = this.#nowMs + delayMs;
    const bucket = this.#buckets.get(atMs);
    if (bucket === undefined) this.#buckets.set(atMs, [event]);
    else bucket.push(event);
  }

  #trace(): string {
    const { sha256 } = portableCrypto;
    const all = this.#nodes.map(({ engine }) => engine.traceDigest()).join("");
    return digestOf(sha256, "record", new TextEncoder().encode(all));
  }
}

function isSpent(start: NodeJS.CpuUsage, cpuSeconds: number): boolean {
  const { user, system } = process.cpuUsage(start);
  return user + system > cpuSeconds * 1e6;
}
