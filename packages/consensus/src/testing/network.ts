// Engines in virtual time: a queue ordered by (time, sequence), seeded delays, crashes, and a scheduler that a test may
// take over. The laboratory of packages/sim is the grown-up of this; here is what tests of the engine need.

import { type ValidatorIndex, type VerifiedBlock, assert, validatorIndex } from "@selvedge/integrity";
import type { FetchEffect, FetchRangeEffect } from "../effect.ts";
import { TestRandom } from "./prng.ts";
import { type TestChain, type TestChainOptions, createTestChain } from "./test-chain.ts";
import { type HostOptions, TestHost } from "./test-host.ts";

export interface Message {
  readonly from: number;
  readonly to: number;
  readonly blocks: readonly VerifiedBlock[];
  readonly sentAtMs: number;
  readonly type: "push" | "answer";
}

export interface NetworkOptions extends TestChainOptions {
  readonly seed?: number;
  /** Milliseconds on the way; undefined loses the message. Default: a constant 10. */
  readonly delay?: (message: Message, random: TestRandom) => number | undefined;
  /** While true, an arrived message stays on the doorstep: what an adversary that sees everything may do. */
  readonly isHeld?: (message: Message, network: TestNetwork) => boolean;
  /** Validators without an engine: silent, or played by the test. */
  readonly absent?: readonly number[];
  /** Validators run twice under one key, each half heard by half of the others. */
  readonly twins?: readonly number[];
  /** What the host of each validator answers. */
  readonly hostOf?: (index: number) => Pick<HostOptions, "isUpdateAccepted" | "stateRootOf">;
  /** Most blocks in one answer to a range request. Default 512. */
  readonly rangeBlocksMax?: number;
}

interface Event {
  readonly atMs: number;
  readonly sequence: number;
  readonly run: () => void;
}

const DEFAULT_DELAY_MS = 10;

export class TestNetwork {
  readonly chain: TestChain;
  readonly hosts: readonly TestHost[];
  readonly random: TestRandom;
  /** Told of every push of a played validator's peers: see `listen`. */
  readonly #listeners = new Map<number, (message: Message) => void>();
  readonly #options: NetworkOptions;
  readonly #queue: Event[] = [];
  #held: (() => boolean)[] = [];
  #nowMs = 0;
  #sequence = 0;

  constructor(options: NetworkOptions) {
    this.#options = options;
    this.chain = createTestChain(options);
    this.random = new TestRandom(options.seed ?? 1);
    const hosts: TestHost[] = [];
    for (let index = 0; index < options.size; index += 1) {
      if (options.absent?.includes(index) === true) continue;
      const halves = options.twins?.includes(index) === true ? ["a", "b"] : [""];
      for (const half of halves) hosts.push(this.#createHost(index, `${index}${half}`));
    }
    this.hosts = hosts;
  }

  get nowMs(): number {
    return this.#nowMs;
  }

  /** Hosts of validators that are not twins: those whose outputs must agree. */
  get honest(): readonly TestHost[] {
    return this.hosts.filter(({ name }) => /^\d+$/.test(name));
  }

  host(index: number): TestHost {
    const found = this.hosts.find(({ name }) => name === String(index));
    assert(found !== undefined, "the validator has an engine of its own");
    return found;
  }

  start(): void {
    for (const host of this.hosts) host.start();
  }

  /** Everything up to and including this moment. */
  runUntil(untilMs: number): void {
    for (let next = this.#queue[0]; next !== undefined && next.atMs <= untilMs; next = this.#queue[0]) {
      this.#pop();
      this.#nowMs = next.atMs;
      next.run();
      if (this.#held.length > 0) this.#held = this.#held.filter((tryDeliver) => !tryDeliver());
    }
    this.#nowMs = untilMs;
  }

  /** Steps of `stepMs` until the condition holds; false if it does not by then. */
  runUntilTrue(condition: () => boolean, limits: { readonly untilMs: number; readonly stepMs?: number }): boolean {
    while (!condition()) {
      if (this.#nowMs >= limits.untilMs) return false;
      this.runUntil(this.#nowMs + (limits.stepMs ?? 10));
    }
    return true;
  }

  schedule(delayMs: number, run: () => void): void {
    assert(delayMs >= 0, "time does not run backwards");
    this.#sequence += 1;
    this.#insert({ atMs: this.#nowMs + delayMs, sequence: this.#sequence, run });
  }

  /** A validator played by the test: what is pushed to it goes to this function. */
  listen(index: number, onMessage: (message: Message) => void): void {
    this.#listeners.set(index, onMessage);
  }

  /** Sends as the validator would. */
  sendAs(from: number, to: number, blocks: readonly VerifiedBlock[]): void {
    this.#transmit({ from, to, blocks, sentAtMs: this.#nowMs, type: "push" }, () => this.#arrive(from, to, blocks));
  }

  #createHost(index: number, name: string): TestHost {
    return new TestHost({
      setup: this.chain.setupOf(index),
      name,
      ...this.#options.hostOf?.(index),
      world: {
        nowMs: () => this.#nowMs,
        schedule: (delayMs, run) => this.schedule(delayMs, run),
        push: (host, to, blocks) => {
          if (isHeardBy(host, to)) this.sendAs(index, to, blocks);
        },
        fetch: (host, effect) => this.#fetch(host, index, effect),
        ask: (host, to) => this.#ask(host, index, to),
      },
    });
  }

  #arrive(from: number, to: number, blocks: readonly VerifiedBlock[]): void {
    this.#listeners.get(to)?.({ from, to, blocks, sentAtMs: this.#nowMs, type: "push" });
    for (const host of this.hosts) {
      if (host.index === to) host.feed({ type: "blocks", blocks, from: validatorIndex(from) });
    }
  }

  /** There and back; a peer that is down answers nothing, and a twin is asked as either half. */
  #fetch(host: TestHost, asker: number, effect: FetchEffect | FetchRangeEffect): void {
    const { from: peer, fetchId } = effect;
    assert(peer !== null, "validators fetch from validators");
    const request: Message = { from: asker, to: peer, blocks: [], sentAtMs: this.#nowMs, type: "answer" };
    const engine = host.engine;
    this.#transmit(request, () => {
      const servant = this.hosts.find((candidate) => candidate.index === peer && candidate.isUp);
      if (servant === undefined) return;
      const blocks = this.#serve(servant, effect);
      this.#transmit({ from: peer, to: asker, blocks, sentAtMs: this.#nowMs, type: "answer" }, () => {
        if (host.engine === engine) host.feed({ type: "blocks", blocks, from: peer, fetchId });
      });
    });
  }

  /** A validator that signs nothing now answers for others, and not for itself; one that recovers, for nobody. */
  #ask(host: TestHost, asker: number, to: ValidatorIndex): void {
    const { engine } = host;
    this.#transmit({ from: asker, to, blocks: [], sentAtMs: this.#nowMs, type: "answer" }, () => {
      const servant = this.hosts.find((candidate) => candidate.index === to && candidate.isUp);
      const standing = servant?.engine?.status().signing.standing;
      if (servant === undefined || standing === "recovering" || standing === "stopped") return;
      const ours = servant.store.newestOf(validatorIndex(asker));
      const theirs = servant.store.newestOf(to);
      const blocks = [ours, theirs].filter((block) => block !== null);
      this.#transmit({ from: to, to: asker, blocks, sentAtMs: this.#nowMs, type: "answer" }, () => {
        const vouches = standing === "signing";
        if (host.engine === engine) host.feed({ type: "newestAnswer", from: to, ours, theirs, vouches });
      });
    });
  }

  #serve({ store }: TestHost, effect: FetchEffect | FetchRangeEffect): readonly VerifiedBlock[] {
    if (effect.type === "fetch") return effect.refs.flatMap((ref) => store.get(ref) ?? []);
    const { fromRound, toRound, author } = effect;
    return store.range(fromRound, toRound, author).slice(0, this.#options.rangeBlocksMax ?? 512);
  }

  #transmit(message: Message, arrive: () => void): void {
    const delayMs = this.#options.delay ? this.#options.delay(message, this.random) : DEFAULT_DELAY_MS;
    if (delayMs === undefined) return;
    this.schedule(delayMs, () => {
      const tryArrive = (): boolean => {
        if (this.#options.isHeld?.(message, this) === true) return false;
        arrive();
        return true;
      };
      if (!tryArrive()) this.#held.push(tryArrive);
    });
  }

  #insert(event: Event): void {
    const queue = this.#queue;
    let position = queue.push(event) - 1;
    while (position > 0) {
      const above = (position - 1) >> 1;
      if (!isBefore(event, queue[above])) break;
      [queue[position], queue[above]] = [queue[above] ?? event, event];
      position = above;
    }
  }

  #pop(): void {
    const queue = this.#queue;
    const last = queue.pop();
    if (last === undefined || queue.length === 0) return;
    queue[0] = last;
    for (let position = 0; ;) {
      const left = 2 * position + 1;
      const least = isBefore(queue[left + 1], queue[left]) ? left + 1 : left;
      const below = queue[least];
      if (below === undefined || !isBefore(below, last)) return;
      queue[position] = below;
      queue[least] = last;
      position = least;
    }
  }
}

function isBefore(left: Event | undefined, right: Event | undefined): boolean {
  if (left === undefined) return false;
  if (right === undefined) return true;
  return left.atMs < right.atMs || (left.atMs === right.atMs && left.sequence < right.sequence);
}

/** One half of a twin speaks to even validators, the other to odd ones. */
function isHeardBy(host: TestHost, to: ValidatorIndex): boolean {
  if (host.name.endsWith("a")) return to % 2 === 0;
  if (host.name.endsWith("b")) return to % 2 === 1;
  return true;
}
