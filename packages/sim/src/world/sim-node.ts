// One node of the world: its process while it lives, its disk and clock that outlive it, its timers and its processors.
// Knows how to be killed, paused and started; what happens to messages is traffic.ts.

import type { Choices } from "../kernel/decisions.ts";
import type { Micros } from "../kernel/time.ts";
import { FaultyDisk } from "../process/sim-disk.ts";
import type { OutgoingMessage } from "../protocol/message.ts";
import type { Observation } from "../protocol/observation.ts";
import type { Process, ProcessPorts } from "../protocol/protocol.ts";
import { NodeClock } from "./node-clock.ts";

/** Timers of one node that may fire at one instant; an honest process needs a few. */
const TIMERS_AT_ONCE_MAX = 10_000;

export type NodeState = "up" | "down" | "paused" | "frozen";

export interface NodeWorld {
  readonly nowUs: () => Micros;
  readonly schedule: (atUs: Micros, run: () => void) => void;
  readonly send: (node: SimNode, message: OutgoingMessage) => void;
  readonly observe: (node: SimNode, observation: Observation) => void;
  /** Runs code of the process; what it throws ends the node or the run, never the world. */
  readonly guard: (node: SimNode, run: () => void) => void;
  readonly guardWith: <Argument>(
    node: SimNode,
    run: (node: SimNode, argument: Argument) => void,
    argument: Argument,
  ) => void;
}

export interface SimNodeSetup {
  readonly index: number;
  /** Two nodes may share an index: a validator and its twin. */
  readonly isTwin: boolean;
  readonly cores: number;
  readonly choices: Choices;
  readonly world: NodeWorld;
  readonly createProcess: (ports: ProcessPorts) => Process;
}

export class SimNode {
  readonly index: number;
  readonly isTwin: boolean;
  readonly disk: FaultyDisk;
  readonly clock: NodeClock = new NodeClock();
  readonly #setup: SimNodeSetup;
  /** A timer that was replaced or whose process died has another token. */
  readonly #timers = new Map<string, object>();
  /** When each processor is free again. */
  readonly #coresFreeUs: Float64Array;
  #state: NodeState = "down";
  #process: Process | undefined;
  #life: object = {};
  /** What waits for the end of a pause. */
  #backlog: (() => void)[] = [];
  /** The store is damaged or full: it does not come back by itself. */
  isBroken = false;
  isCorrupted = false;

  constructor(setup: SimNodeSetup) {
    this.#setup = setup;
    this.index = setup.index;
    this.isTwin = setup.isTwin;
    this.disk = new FaultyDisk(setup.world.nowUs);
    this.#coresFreeUs = new Float64Array(setup.cores);
  }

  get state(): NodeState {
    return this.#state;
  }

  get isUp(): boolean {
    return this.#state === "up";
  }

  get process(): Process | undefined {
    return this.#process;
  }

  get mayStart(): boolean {
    return this.#state === "down" && !this.isBroken;
  }

  start(): void {
    if (!this.mayStart) return;
    this.#state = "up";
    this.#life = {};
    this.#setup.world.guard(this, () => {
      const process = this.#setup.createProcess(this.#ports());
      this.#process = process;
      process.start();
    });
  }

  kill(): void {
    this.#state = "down";
    this.#process = undefined;
    this.#life = {};
    this.#timers.clear();
    this.#backlog = [];
    this.#coresFreeUs.fill(0);
  }

  pause(): void {
    if (this.#state === "up") this.#state = "paused";
  }

  resume(): void {
    if (this.#state !== "paused") return;
    this.#state = "up";
    const backlog = this.#backlog;
    this.#backlog = [];
    for (const run of backlog) this.run(run);
  }

  /** Neither hears nor speaks any more. */
  freeze(): void {
    this.#state = "frozen";
    this.#backlog = [];
  }

  /** Runs code of the process now, after a pause, or never. */
  run(step: () => void): void {
    if (this.#state === "up") this.#setup.world.guard(this, step);
    else if (this.#state === "paused") this.#backlog.push(step);
  }

  /** As `run`, for a node that is up, without a closure: most of a run's events come this way. */
  runWith<Argument>(step: (node: SimNode, argument: Argument) => void, argument: Argument): void {
    this.#setup.world.guardWith(this, step, argument);
  }

  /** Takes CPU time; answers when it is done. */
  spend(micros: Micros): Micros {
    const nowUs = this.#setup.world.nowUs();
    if (micros <= 0) return nowUs;
    const cores = this.#coresFreeUs;
    let best = 0;
    for (let core = 1; core < cores.length; core += 1) if ((cores[core] ?? 0) < (cores[best] ?? 0)) best = core;
    const doneUs = Math.max(nowUs, cores[best] ?? 0) + micros;
    cores[best] = doneUs;
    return doneUs;
  }

  /** When what the process does now leaves the node. */
  get departureUs(): Micros {
    return Math.max(this.#setup.world.nowUs(), this.#spentUntilUs);
  }

  #spentUntilUs: Micros = 0;
  /** The instant at which a timer fired last, and how many did. */
  #timersAtUs: Micros = -1;
  #timersAtOnce = 0;

  #ports(): ProcessPorts {
    const { world, choices } = this.#setup;
    const life = this.#life;
    const isAlive = (): boolean => this.#life === life;
    return {
      nowUs: world.nowUs,
      wallClockMs: () => this.clock.readMs(world.nowUs()),
      send: (message) => {
        if (isAlive()) world.send(this, message);
      },
      setTimer: (id, delayUs) => this.#setTimer(id, world.nowUs() + this.clock.realUs(delayUs)),
      cancelTimer: (id) => {
        this.#timers.delete(id);
      },
      at: (atUs, run) =>
        world.schedule(atUs, () => {
          if (isAlive()) this.run(run);
        }),
      spendCpu: (micros) => {
        this.#spentUntilUs = this.spend(micros);
      },
      observe: (observation) => {
        if (isAlive()) world.observe(this, observation);
      },
      disk: this.disk,
      choices,
    };
  }

  #setTimer(id: string, atUs: Micros): void {
    const token = {};
    this.#timers.set(id, token);
    this.#setup.world.schedule(atUs, () => {
      if (this.#timers.get(id) !== token) return;
      this.run(() => {
        if (this.#timers.get(id) !== token) return;
        this.#timers.delete(id);
        this.#countTimer(id);
        this.#process?.onTimer(id);
      });
    });
  }

  /** A process that sets a timer of no delay again and again would stop the clock of the whole world. */
  #countTimer(id: string): void {
    const nowUs = this.#setup.world.nowUs();
    this.#timersAtOnce = nowUs === this.#timersAtUs ? this.#timersAtOnce + 1 : 1;
    this.#timersAtUs = nowUs;
    if (this.#timersAtOnce > TIMERS_AT_ONCE_MAX)
      throw new Error(`livelock: timer "${id}" fires without end at one instant`);
  }
}
