// Just enough of a world to run baseline validators in virtual time: a queue ordered by time and sequence, constant or chosen
// delays, disks that survive a crash. The real world is tested elsewhere; here only the protocol is.

import { createHotStuffChain } from "../../../src/baseline/hotstuff/create-hotstuff-chain.ts";
import type { HotStuffMessage } from "../../../src/baseline/hotstuff/records.ts";
import type { Choices } from "../../../src/kernel/decisions.ts";
import { FaultyDisk } from "../../../src/process/sim-disk.ts";
import { makeToken } from "../../../src/process/token.ts";
import type { OutgoingMessage } from "../../../src/protocol/message.ts";
import type { Observation } from "../../../src/protocol/observation.ts";
import type { Process, ProcessPorts, ProtocolChain } from "../../../src/protocol/protocol.ts";
import type { Scenario } from "../../../src/scenario/schema.ts";

export interface Sent {
  readonly from: number;
  readonly to: number;
  readonly message: HotStuffMessage;
  readonly sizeBytes: number;
  readonly atUs: number;
}

/** Microseconds on the way; undefined loses the message. */
export type Delay = (sent: Sent, draw: () => number) => number | undefined;

export interface Commit {
  readonly node: number;
  readonly atUs: number;
  readonly index: number;
  readonly digest: string;
  readonly parentDigest: string;
  readonly transactions: readonly Uint8Array[];
  readonly leader: { readonly round: number; readonly author: number };
}

export function hotStuffScenario(size: number, local: Record<string, number> = {}): Scenario {
  return {
    format: 1,
    name: "hotstuff",
    seed: 1,
    durationMs: 10_000,
    committee: { size },
    protocol: { name: "hotstuff", local },
    execution: { crypto: "modelled" },
    network: { latency: { type: "constant", ms: 10 } },
    faults: [],
    adversary: { behaviours: [] },
    workload: { transactionsPerSecond: 0, transactionBytes: 32 },
  };
}

export class SmallWorld {
  readonly chain: ProtocolChain;
  readonly sent: Sent[] = [];
  readonly commits: Commit[] = [];
  readonly observed: { readonly node: number; readonly atUs: number; readonly observation: Observation }[] = [];
  nowUs = 0;
  readonly #delay: Delay;
  /** Latest first; of the same instant, the last one first. */
  readonly #queue: { readonly atUs: number; readonly run: () => void }[] = [];
  readonly #nodes: (Process | undefined)[];
  readonly #lives: object[];
  readonly disks: readonly FaultyDisk[];
  #seed: number;

  constructor(scenario: Scenario, delay: Delay, seed = 1) {
    this.chain = createHotStuffChain(scenario);
    this.#delay = delay;
    this.#seed = seed;
    this.disks = Array.from({ length: this.chain.size }, () => new FaultyDisk(() => this.nowUs));
    this.#nodes = Array.from({ length: this.chain.size }, () => undefined);
    this.#lives = Array.from({ length: this.chain.size }, () => ({}));
  }

  startAll(): void {
    for (let node = 0; node < this.chain.size; node += 1) this.start(node);
  }

  start(node: number): void {
    const life = {};
    this.#lives[node] = life;
    const process = this.chain.createProcess(node, this.#ports(node, life));
    this.#nodes[node] = process;
    process.start();
  }

  crash(node: number, mode: "clean" | "unsynced" | "torn" = "unsynced"): void {
    this.#nodes[node] = undefined;
    this.#lives[node] = {};
    this.disks[node]?.crash(mode, this.choices());
  }

  process(node: number): Process {
    const process = this.#nodes[node];
    if (process === undefined) throw new Error(`node ${node} is down`);
    return process;
  }

  submit(node: number, id: number, sizeBytes = 32): void {
    this.#nodes[node]?.submit({ transactions: [makeToken(id, sizeBytes)], updates: [] });
  }

  after(delayUs: number, run: () => void): void {
    const atUs = this.nowUs + delayUs;
    let position = this.#queue.length;
    while (position > 0 && (this.#queue[position - 1]?.atUs ?? 0) <= atUs) position -= 1;
    this.#queue.splice(position, 0, { atUs, run });
  }

  runUntil(untilUs: number): void {
    for (;;) {
      const next = this.#queue.at(-1);
      if (next === undefined || next.atUs > untilUs) break;
      this.#queue.pop();
      this.nowUs = next.atUs;
      next.run();
    }
    this.nowUs = untilUs;
  }

  draw = (): number => {
    this.#seed = (Math.imul(this.#seed, 1_664_525) + 1_013_904_223) >>> 0;
    return this.#seed / 2 ** 32;
  };

  choices(): Choices {
    return {
      fraction: this.draw,
      below: (below) => Math.floor(this.draw() * below),
      chance: (probability) => this.draw() < probability,
      shuffled: (items) => items,
    };
  }

  commitsOf(node: number): readonly Commit[] {
    return this.commits.filter((commit) => commit.node === node);
  }

  faults(): readonly string[] {
    return this.observed.flatMap(({ observation }) => (observation.type === "reported" ? [observation.fault] : []));
  }

  deliver(from: number, outgoing: OutgoingMessage): void {
    const process = this.#nodes[outgoing.to];
    process?.receive({ ...outgoing, id: 0, from, sentAtUs: this.nowUs });
  }

  #ports(node: number, life: object): ProcessPorts {
    const timers = new Map<string, object>();
    const isAlive = (): boolean => this.#lives[node] === life;
    return {
      nowUs: () => this.nowUs,
      wallClockMs: () => this.nowUs / 1000,
      send: (outgoing) => this.#send(node, outgoing),
      setTimer: (id, delayUs) => {
        const token = {};
        timers.set(id, token);
        this.after(delayUs, () => {
          if (isAlive() && timers.get(id) === token) this.#nodes[node]?.onTimer(id);
        });
      },
      cancelTimer: (id) => {
        timers.delete(id);
      },
      at: (atUs, run) => this.after(atUs - this.nowUs, () => isAlive() && run()),
      spendCpu: () => {},
      observe: (observation) => this.#observe(node, observation),
      disk: this.disks[node] ?? new FaultyDisk(() => this.nowUs),
      choices: this.choices(),
    };
  }

  #observe(node: number, observation: Observation): void {
    this.observed.push({ node, atUs: this.nowUs, observation });
    if (observation.type === "committed") this.commits.push({ node, atUs: this.nowUs, ...observation });
  }

  #send(from: number, outgoing: OutgoingMessage): void {
    const { to, sizeBytes } = outgoing;
    const sent: Sent = { from, to, message: outgoing.body as HotStuffMessage, sizeBytes, atUs: this.nowUs };
    this.sent.push(sent);
    const delayUs = this.#delay(sent, this.draw);
    if (delayUs !== undefined) this.after(delayUs, () => this.deliver(from, outgoing));
  }
}

/** All nodes committed prefixes of one chain, and nobody signed two blocks in a view or went back. */
export function faultsOfSafety(world: SmallWorld): readonly string[] {
  const faults: string[] = [];
  const digests = new Map<number, string>();
  for (const { index, digest, node } of world.commits) {
    const known = digests.get(index);
    if (known !== undefined && known !== digest) faults.push(`node ${node} commits another block at ${index}`);
    digests.set(index, digest);
  }
  for (const { index, parentDigest } of world.commits) {
    const parent = digests.get(index - 1);
    if (parent !== undefined && parent !== parentDigest) faults.push(`commit ${index} has another parent`);
  }
  const signed = new Map<string, string>();
  for (const { node, observation } of world.observed) {
    if (observation.type !== "signed") continue;
    const key = `${node}/${observation.round}`;
    const known = signed.get(key);
    if (known !== undefined && known !== observation.digest)
      faults.push(`node ${node} signs twice in ${observation.round}`);
    signed.set(key, observation.digest);
  }
  return faults;
}
