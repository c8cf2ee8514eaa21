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
  #partitions: readonly NamedPartition[] = [];
  #conditions: readonly LinkConditions[] = [];
  #isOver = false;

  constructor(world: FaultWorld, scenario: Scenario) {
    this.#world = world;
    this.#size = scenario.committee.size;
    for (const [position, fault] of scenario.faults.entries()) this.#plan(fault, faultName(fault, position));
  }

  /** All faults end: nothing that is planned happens any more. Processes that are down stay so until they are started. */
  end(): void {
    this.#isOver = true;
    this.#partitions = [];
    this.#conditions = [];
    this.#world.traffic.setPartitions([]);
    this.#world.traffic.network.setConditions([]);
    for (const node of this.#world.nodes) {
      node.clock.setFault(undefined);
      node.disk.setSlow(0);
      node.disk.limitGrowth(undefined);
    }
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
        return this.#each(fault, (node) => {
          // Told before: what a restart does at once belongs to its new life.
          if (node.mayStart) this.#world.lifecycle(node, "up");
          node.start();
        });
      case "pause":
        return this.#each(fault, (node) => {
          if (node.state === "paused") this.#world.lifecycle(node, "resumed");
          node.resume();
        });
      case "clock":
        return this.#each(fault, ({ clock }) => clock.setFault(undefined));
      case "disk":
        return this.#each(fault, ({ disk }) => {
          disk.setSlow(0);
          disk.limitGrowth(undefined);
        });
    }
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
      highestRound: () => traffic.highestRound,
      knownLeader: (round) => chain.knownLeader(round, nodes.find(({ process }) => process !== undefined)?.process),
      choices: streams.of(name),
    });
    return { name, pass: view.pass };
  }

  #crash(fault: FaultOf<"crash">, name: string): void {
    this.#each(fault, (node) => {
      if (node.state === "down") return;
      node.kill();
      node.disk.crash(fault.disk ?? "clean", this.#world.streams.of(name, node.index));
      this.#world.fired(name, 1);
      this.#world.lifecycle(node, "down");
    });
  }

  #pause(fault: FaultOf<"pause">, name: string): void {
    this.#each(fault, (node) => {
      if (!node.isUp) return;
      node.pause();
      this.#world.fired(name, 1);
      this.#world.lifecycle(node, "paused");
    });
  }

  #clock(fault: FaultOf<"clock">, name: string): void {
    this.#each(fault, (node) => {
      node.clock.setFault({
        offsetMs: fault.offsetMs ?? 0,
        driftPpm: fault.driftPpm ?? 0,
        stepEveryMs: fault.stepEveryMs,
        sinceUs: this.#world.nowUs(),
      });
      this.#world.fired(name, 1);
    });
  }

  #disk(fault: FaultOf<"disk">, name: string): void {
    this.#each(fault, (node) => {
      if (fault.slowMs !== undefined) node.disk.setSlow(microsOfMs(fault.slowMs));
      if (fault.fullAfterBytes !== undefined) node.disk.limitGrowth(fault.fullAfterBytes);
      if (fault.flipBits !== undefined) node.disk.flipBits(fault.flipBits, this.#world.streams.of(name, node.index));
      this.#world.fired(name, 1);
    });
  }
}

/** As results name it: kind and position in the scenario. */
function faultName(fault: FaultSpec, position: number): string {
  return `${fault.type}#${position}`;
}
