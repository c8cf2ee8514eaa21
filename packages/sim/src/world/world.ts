// The world of one run: the queue of events in virtual time, the nodes, the traffic between them, the faults and the
// adversary. It executes and reports; what a run means is judged in run/.

import { AdversaryError, adversaryFailed } from "../adversary/adversary-error.ts";
import type { Adversary, AdversaryBudget } from "../adversary/adversary.ts";
import { type BudgetLedger, createBudget } from "../adversary/budget.ts";
import { checkedStreams } from "../adversary/checked-choices.ts";
import type { ChoiceStreams } from "../kernel/decisions.ts";
import { EventQueue } from "../kernel/event-queue.ts";
import { type Micros, microsOfMs } from "../kernel/time.ts";
import { createNetworkModel } from "../network/create-network.ts";
import { SynchronyContract, type SynchronyReport } from "../network/synchrony.ts";
import { SimDiskError } from "../process/sim-disk.ts";
import type { Observation, Observed } from "../protocol/observation.ts";
import type { ProtocolChain } from "../protocol/protocol.ts";
import type { RunObserver } from "../run/observer.ts";
import type { NetworkSpec, Scenario } from "../scenario/schema.ts";
import { ActCounts } from "./act-counts.ts";
import { actorNames, faultName } from "./actor-names.ts";
import { type SeatSetup, mergedBudget, seat } from "./adversary-seats.ts";
import { FaultSchedule } from "./fault-schedule.ts";
import { Flight } from "./flight.ts";
import { ADVERSARY_TIMERS_PER_INSTANT_MAX, EVENTS_PER_INSTANT_MAX } from "./limits.ts";
import { SimNode } from "./sim-node.ts";
import { TraceHash } from "./trace-hash.ts";
import { Traffic } from "./traffic.ts";

export interface WorldSetup {
  readonly scenario: Scenario;
  readonly chain: ProtocolChain;
  readonly streams: ChoiceStreams;
  readonly adversaries: readonly Adversary[];
  readonly observers: readonly RunObserver[];
  /** Told of every observation, corrupted nodes' included. */
  readonly onObserved: (observed: Observed, node: SimNode) => void;
  readonly onLifecycle: (node: SimNode, isUp: boolean) => void;
  /** A process threw what no peer and no disk may cause. */
  readonly onCrashed: (node: SimNode, error: unknown) => void;
  /** So much happened at one instant that the clock would never go on; nothing further happens. */
  readonly onStuck: () => void;
}

export class World {
  readonly chain: ProtocolChain;
  /** By validator; a twin is not among them. */
  readonly nodes: readonly SimNode[];
  readonly traffic: Traffic;
  readonly hash: TraceHash = new TraceHash();
  readonly #acts = new ActCounts();
  readonly #faultNames: ReadonlySet<string>;
  readonly #setup: WorldSetup;
  readonly #queue = new EventQueue<Flight | (() => void)>();
  readonly #copies: (readonly SimNode[])[];
  readonly #budget: BudgetLedger;
  readonly #faults: FaultSchedule;
  #nowUs: Micros = 0;
  #isStopped = false;
  #isHealed = false;
  eventCount = 0;
  /** What `eventCount` may not pass before the clock goes on. */
  #eventsOfInstantEnd = EVENTS_PER_INSTANT_MAX;
  /** Timers that adversaries have set for the instant at which they set them, and that instant. */
  #instantTimers = { atUs: -1, count: 0 };

  constructor(setup: WorldSetup) {
    const { scenario, chain, streams, adversaries, observers } = setup;
    this.#setup = setup;
    this.chain = chain;
    const size = chain.size;
    const budgets: AdversaryBudget[] = adversaries.flatMap(({ budget }) => budget ?? []);
    if (scenario.adversary.budget !== undefined) budgets.push(plainBudget(scenario.adversary.budget));
    this.#budget = createBudget(mergedBudget(budgets), chain.committee);
    this.traffic = new Traffic(
      {
        chain,
        nowUs: this.nowUs,
        schedule: this.schedule,
        push: (atUs, message) => this.#queue.push(Math.max(atUs, this.#nowUs), message),
        nodesAt: (index) => this.#copies[index] ?? [],
        corruptChoices: streams.of("corruption"),
        budget: this.#budget,
        observers,
        hash: this.hash,
        fired: this.#acts.acted,
        enforced: this.#acts.enforced,
        contract: scenario.network.synchrony === undefined ? null : new SynchronyContract(scenario.network.synchrony),
        // The first instant after the chaos.
        healUs: microsOfMs(scenario.durationMs) + 1,
      },
      createNetworkModel(scenario.network, { size, streams }),
    );
    this.nodes = Array.from({ length: size }, (_, index) => this.#createNode(index, false));
    this.#copies = this.nodes.map((node) => [node]);
    // First of all: a fault of the first instant finds the nodes up.
    this.schedule(0, () => {
      for (const node of this.nodes) node.start();
    });
    this.#faults = new FaultSchedule(
      {
        chain,
        nodes: this.nodes,
        traffic: this.traffic,
        streams,
        observers,
        nowUs: this.nowUs,
        schedule: this.schedule,
        fired: this.#acts.acted,
        lifecycle: this.#onLifecycle,
      },
      scenario,
    );
    this.#faultNames = new Set(scenario.faults.map(faultName));
    const actors = actorNames(
      adversaries.map(({ name }) => name),
      scenario.faults,
    );
    for (const actor of actors) this.#acts.acted(actor, 0);
    const seats = seat(adversaries, actors, this.#seatSetup());
    this.traffic.setSeats(seats);
    this.schedule(0, () => {
      for (const { adversary, world } of seats) adversary.start?.(world);
    });
  }

  #seatSetup(): SeatSetup {
    return {
      chain: this.chain,
      nodes: this.nodes,
      traffic: this.traffic,
      budget: this.#budget,
      streams: checkedStreams(this.#setup.streams),
      nowUs: this.nowUs,
      schedule: this.#scheduleAct,
      corrupt: (node) => this.#corrupt(node),
      spawnTwin: (node) => this.#spawnTwin(node),
      acted: (adversary, what) => this.#acted(adversary, what),
      enforced: this.#acts.enforced,
    };
  }

  readonly nowUs = (): Micros => this.#nowUs;

  readonly schedule = (atUs: Micros, run: () => void): void => {
    this.#queue.push(Math.max(atUs, this.#nowUs), run);
  };

  /** A timer of an adversary: once the network has healed, nothing comes of it. */
  readonly #scheduleAct = (atUs: Micros, run: () => void): void => {
    if (atUs <= this.#nowUs) this.#countInstantTimer();
    this.schedule(atUs, () => {
      if (!this.#isHealed) run();
    });
  };

  #countInstantTimer(): void {
    const timers = this.#instantTimers;
    if (timers.atUs !== this.#nowUs) this.#instantTimers = { atUs: this.#nowUs, count: 1 };
    else if (timers.count < ADVERSARY_TIMERS_PER_INSTANT_MAX) timers.count += 1;
    else {
      const names = this.#setup.adversaries.map(({ name }) => name).join(", ");
      throw adversaryFailed(
        `adversary ${names}: more than ${ADVERSARY_TIMERS_PER_INSTANT_MAX} timers for the same instant, each set when it had come`,
      );
    }
  }

  get adversaryReport(): Readonly<Record<string, number>> {
    return this.traffic.adversaryReport();
  }

  /** Whether the network kept the contract of partial synchrony, if there is one. */
  get synchronyReport(): SynchronyReport | null {
    return this.traffic.synchronyReport(this.#nowUs);
  }

  /** Every fault and adversary, by name (actor-names.ts), with how often it acted; and what else is told of. */
  firedCounts(): ReadonlyMap<string, number> {
    const counts = this.#acts.all();
    for (const [name, count] of this.#networkCounts()) counts.set(name, (counts.get(name) ?? 0) + count);
    return counts;
  }

  /** What the present network did, as results name it: conditions of a fault under the fault's own name. */
  #networkCounts(): readonly (readonly [string, number])[] {
    return Object.entries(this.traffic.network.counts()).map(([name, count]) => [
      this.#faultNames.has(name) ? name : `network.${name}`,
      count,
    ]);
  }

  /** No further event happens. */
  stop(): void {
    this.#isStopped = true;
  }

  /** Everything up to and including this instant, or until the condition holds (asked after each event) or `stop`. */
  runUntil(untilUs: Micros, isDone: () => boolean = () => false): void {
    const queue = this.#queue;
    while (!this.#isStopped && queue.nextAtUs <= untilUs) {
      const atUs = queue.nextAtUs;
      if (atUs !== this.#nowUs) {
        this.#nowUs = atUs;
        this.#eventsOfInstantEnd = this.eventCount + EVENTS_PER_INSTANT_MAX;
      } else if (this.eventCount >= this.#eventsOfInstantEnd) return this.#endStuck();
      const event = queue.pop();
      this.eventCount += 1;
      if (event instanceof Flight) this.traffic.arrive(event);
      else event();
      if (isDone()) return;
    }
    if (!this.#isStopped) this.#nowUs = Math.max(this.#nowUs, untilUs);
  }

  #endStuck(): void {
    this.stop();
    this.#setup.onStuck();
  }

  /** The chaos is over: faults end, the adversary falls silent, the network keeps its delays and loses nothing. */
  heal(network: NetworkSpec): void {
    this.#isHealed = true;
    this.#faults.end();
    for (const [name, count] of this.#networkCounts())
      (this.#faultNames.has(name) ? this.#acts.acted : this.#acts.told)(name, count);
    this.traffic.setSeats([]);
    this.traffic.setNetwork(createNetworkModel(network, { size: this.chain.size, streams: this.#setup.streams }));
    this.traffic.release("adaptive", () => true);
  }

  /** Its twin, if it has one, with it. */
  freeze(node: SimNode): void {
    for (const copy of this.#copies[node.index] ?? []) copy.freeze();
    for (const observer of this.#setup.observers) observer.onLifecycle?.(node.index, "frozen", this.#nowUs);
  }

  /** Starts a node that is down, as an operator would; it stays down if its store is broken. */
  revive(node: SimNode): void {
    node.resume();
    if (node.mayStart) this.#onLifecycle(node, "up");
    node.start();
  }

  #createNode(index: number, isTwin: boolean): SimNode {
    const { chain, streams, scenario } = this.#setup;
    return new SimNode({
      index,
      isTwin,
      cores: scenario.execution.cores ?? 1,
      choices: streams.of(isTwin ? "twin" : "process", index),
      createProcess: (ports) => chain.createProcess(index, ports),
      world: {
        nowUs: this.nowUs,
        schedule: this.schedule,
        send: (node, message) => this.traffic.send(node, message),
        observe: (node, observation) => this.#observe(node, observation),
        guard: (node, run) => this.#guardWith(node, callOnly, run),
        guardWith: (node, run, argument) => this.#guardWith(node, run, argument),
      },
    });
  }

  #guardWith<Argument>(node: SimNode, run: (node: SimNode, argument: Argument) => void, argument: Argument): void {
    try {
      run(node, argument);
    } catch (error) {
      if (error instanceof AdversaryError) throw error;
      if (error instanceof SimDiskError) {
        this.#observe(node, { type: "stopped", reason: error.code });
        node.isBroken = true;
      } else if (!node.isCorrupted) this.#setup.onCrashed(node, error);
      node.kill();
      this.#onLifecycle(node, "down");
    }
  }

  #observe(node: SimNode, observation: Observation): void {
    // Written out: a spread of a union costs more than everything else on this path.
    const observed: Observed = Object.assign(observation, { node: node.index, atUs: this.#nowUs });
    this.#setup.onObserved(observed, node);
    for (const observer of this.#setup.observers) observer.onObserved?.(observed);
  }

  /** A second process with the validator's key and an empty disk; each of the two is heard by half of the others. */
  #spawnTwin(node: SimNode): boolean {
    if ((this.#copies[node.index]?.length ?? 0) > 1) return false;
    const twin = this.#createNode(node.index, true);
    twin.isCorrupted = true;
    this.#copies[node.index] = [node, twin];
    twin.start();
    return true;
  }

  #corrupt(node: SimNode): void {
    node.isCorrupted = true;
    this.traffic.excuse(node.index);
    for (const observer of this.#setup.observers) observer.onLifecycle?.(node.index, "corrupted", this.#nowUs);
  }

  readonly #onLifecycle = (node: SimNode, state: "up" | "down" | "paused" | "resumed"): void => {
    this.hash.addText(`${node.index}${state}`);
    if (state === "up" || state === "down") this.#setup.onLifecycle(node, state === "up");
    const shown = state === "resumed" ? "up" : state;
    for (const observer of this.#setup.observers) observer.onLifecycle?.(node.index, shown, this.#nowUs);
  };

  #acted(adversary: string, what: string): void {
    this.#acts.acted(adversary, 1);
    this.#acts.told(`${adversary}: ${what}`, 1);
    for (const observer of this.#setup.observers)
      observer.onActed?.({ who: adversary, what, node: null, atUs: this.#nowUs });
  }
}

function callOnly(_node: SimNode, run: () => void): void {
  run();
}

function plainBudget(budget: NonNullable<Scenario["adversary"]["budget"]>): AdversaryBudget {
  return {
    ...(budget.nodes !== undefined && { nodes: budget.nodes }),
    ...(budget.stake !== undefined && { stake: budget.stake }),
    ...(budget.messages !== undefined && { messages: budget.messages }),
    ...(budget.delayMs !== undefined && { delayMs: budget.delayMs }),
  };
}
