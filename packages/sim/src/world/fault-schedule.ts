// Puts the scenario's faults into the world at their times and takes them out again, counting each that really acted: a
// fault that never fired makes the run inconclusive.

import type { ChoiceStreams } from "../kernel/decisions.ts";
import { type Micros, microsOfMs } from "../kernel/time.ts";
import { linkConditionsOf } from "../network/conditions.ts";
import type { LinkConditions } from "../network/network.ts";
import { createPartition } from "../network/partition.ts";
import type { ProtocolChain } from "../protocol/protocol.ts";
import type { RunObserver } from "../run/observer.ts";
import { nodesOf } from "../scenario/nodes.ts";
import type { FaultSpec, PartitionSpec, Scenario } from "../scenario/schema.ts";
import { faultName } from "./actor-names.ts";
import { Outages } from "./outages.ts";
import type { SimNode } from "./sim-node.ts";
import type { NamedPartition, Traffic } from "./traffic.ts";

export interface FaultWorld {
  readonly chain: ProtocolChain;
  readonly nodes: readonly SimNode[];
  readonly traffic: Traffic;
  readonly streams: ChoiceStreams;
  readonly observers: readonly RunObserver[];
  readonly nowUs: () => Micros;
  readonly schedule: (atUs: Micros, run: () => void) => void;
  readonly fired: (name: string, count: number) => void;
  readonly lifecycle: (node: SimNode, state: "up" | "down" | "paused" | "resumed") => void;
}

type FaultOf<Type extends FaultSpec["type"]> = Extract<FaultSpec, { type: Type }>;

export class FaultSchedule {
  readonly #world: FaultWorld;
  readonly #size: number;
  readonly #names: readonly string[];
  #partitions: readonly NamedPartition[] = [];
  #conditions: readonly LinkConditions[] = [];
  readonly #crashes = new Outages();
  readonly #pauses = new Outages();
  #isOver = false;

  constructor(world: FaultWorld, scenario: Scenario) {
    this.#world = world;
    this.#size = scenario.committee.size;
    this.#names = scenario.faults.map(faultName);
    for (const [position, fault] of scenario.faults.entries()) this.#plan(fault, faultName(fault, position));
  }

  /** All faults end: nothing that is planned happens any more. Processes that are down stay so until they are started. */
  end(): void {
    this.#isOver = true;
    this.#partitions = [];
    this.#conditions = [];
    this.#world.traffic.setPartitions([]);
    this.#world.traffic.network.setConditions([]);
    for (const node of this.#world.nodes) for (const name of this.#names) endOn(node, name);
  }

  #plan(fault: FaultSpec, name: string): void {
    this.#world.fired(name, 0);
    const { fromMs = 0, toMs } = fault;
    this.#at(fromMs, () => this.#begin(fault, name));
    if (toMs !== undefined) this.#at(toMs, () => this.#finish(fault, name));
  }

  #at(atMs: number, run: () => void): void {
    this.#world.schedule(microsOfMs(atMs), () => {
      if (!this.#isOver) run();
    });
  }

  #begin(fault: FaultSpec, name: string): void {
    for (const observer of this.#world.observers)
      observer.onActed?.({ who: name, what: "begins", node: null, atUs: this.#world.nowUs() });
    switch (fault.type) {
      case "partition":
        this.#partitions = [...this.#partitions, this.#partition(fault, name)];
        return this.#world.traffic.setPartitions(this.#partitions);
      case "link":
        this.#conditions = [...this.#conditions, linkConditionsOf(fault, this.#size, name)];
        return this.#world.traffic.network.setConditions(this.#conditions);
      case "crash":
        return this.#crash(fault, name);
      case "pause":
        return this.#pause(fault, name);
      case "clock":
        return this.#clock(fault, name);
      case "disk":
        return this.#disk(fault, name);
    }
  }

  #finish(fault: FaultSpec, name: string): void {
    for (const observer of this.#world.observers)
      observer.onActed?.({ who: name, what: "ends", node: null, atUs: this.#world.nowUs() });
    switch (fault.type) {
      case "partition":
        this.#partitions = this.#partitions.filter((partition) => partition.name !== name);
        return this.#world.traffic.setPartitions(this.#partitions);
      case "link":
        this.#conditions = this.#conditions.filter((condition) => condition.name !== name);
        return this.#world.traffic.network.setConditions(this.#conditions);
      case "crash":
        return this.#each(fault, (node) => this.#restart(node, this.#crashes.release(node, name)));
      case "pause":
        return this.#each(fault, (node) => this.#resume(node, this.#pauses.release(node, name)));
      case "clock":
      case "disk":
        return this.#each(fault, (node) => endOn(node, name));
    }
  }

  /** Unless others hold it down: that is what these do then. */
  #restart(node: SimNode, holders: readonly string[]): void {
    if (!node.mayStart) return;
    for (const holder of holders) this.#world.fired(holder, 1);
    if (holders.length > 0) return;
    // Told before: what a restart does at once belongs to its new life.
    this.#world.lifecycle(node, "up");
    node.start();
  }

  #resume(node: SimNode, holders: readonly string[]): void {
    if (node.state !== "paused") return;
    for (const holder of holders) this.#world.fired(holder, 1);
    if (holders.length > 0) return;
    this.#world.lifecycle(node, "resumed");
    node.resume();
  }

  #each(fault: { readonly nodes: FaultOf<"crash">["nodes"] }, act: (node: SimNode) => void): void {
    for (const index of nodesOf(fault.nodes, this.#size)) {
      const node = this.#world.nodes[index];
      if (node !== undefined) act(node);
    }
  }

  #partition(fault: PartitionSpec, name: string): NamedPartition {
    const { chain, nowUs, traffic, nodes, streams } = this.#world;
    const view = createPartition(fault, {
      size: chain.size,
      stakes: chain.stakes,
      quorumStake: chain.quorumStake,
      nowUs,
      highestRound: () => traffic.highestHonestRound,
      knownLeader: (round) => chain.knownLeader(round, nodes.find(({ process }) => process !== undefined)?.process),
      choices: streams.of(name),
    });
    return { name, pass: view.pass };
  }

  #crash(fault: FaultOf<"crash">, name: string): void {
    this.#each(fault, (node) => {
      this.#crashes.hold(node, name);
      if (node.state === "down") return;
      node.kill();
      node.disk.crash(fault.disk ?? "clean", this.#world.streams.of(name, node.index));
      this.#world.fired(name, 1);
      this.#world.lifecycle(node, "down");
    });
  }

  #pause(fault: FaultOf<"pause">, name: string): void {
    this.#each(fault, (node) => {
      if (node.isUp || node.state === "paused") this.#pauses.hold(node, name);
      if (!node.isUp) return;
      node.pause();
      this.#world.fired(name, 1);
      this.#world.lifecycle(node, "paused");
    });
  }

  #clock(fault: FaultOf<"clock">, name: string): void {
    this.#each(fault, (node) => {
      node.clock.begin(name, {
        offsetMs: fault.offsetMs ?? 0,
        driftPpm: fault.driftPpm ?? 0,
        stepEveryMs: fault.stepEveryMs,
        sinceUs: this.#world.nowUs(),
        onBite: this.#firstBite(name),
      });
    });
  }

  #disk(fault: FaultOf<"disk">, name: string): void {
    this.#each(fault, (node) => {
      const onBite = this.#firstBite(name);
      const { slowMs = 0, fullAfterBytes = Number.POSITIVE_INFINITY } = fault;
      node.disk.begin(name, { slowUs: microsOfMs(slowMs), growthBytes: fullAfterBytes, onBite });
      if (fault.flipBits === undefined) return;
      const damaged = node.disk.flipBits(fault.flipBits, this.#world.streams.of(name, node.index));
      if (damaged.length > 0) onBite();
    });
  }

  /** A clock or disk fault has acted on a node once it made a difference there, and counts once for it. */
  #firstBite(name: string): () => void {
    let hasBitten = false;
    return () => {
      if (!hasBitten) this.#world.fired(name, 1);
      hasBitten = true;
    };
  }
}

function endOn({ clock, disk }: SimNode, fault: string): void {
  clock.end(fault);
  disk.end(fault);
}
