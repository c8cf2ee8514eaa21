// The clients: transactions at a constant rate (open loop) or one after the other (closed loop), and devices that hand in
// model updates. They choose gateways in turn among the nodes that are up; what a gateway refuses or loses is the client's
// loss, and is counted.

import type { Choices } from "../kernel/decisions.ts";
import { MICROS_PER_MS, type Micros, microsOfMs } from "../kernel/time.ts";
import { TOKEN_BYTES, makeToken } from "../process/token.ts";
import type { DeviceUpdate } from "../protocol/protocol.ts";
import type { Scenario } from "../scenario/schema.ts";
import type { SimNode } from "../world/sim-node.ts";

interface UpdateDraft {
  readonly device: number;
  readonly sequence: number;
  /** Updates of one sequence that differ in it are rivals. */
  readonly variant: number;
}

export interface WorkloadSetup {
  readonly scenario: Scenario;
  readonly nodes: readonly SimNode[];
  readonly choices: Choices;
  readonly nowUs: () => Micros;
  readonly schedule: (atUs: Micros, run: () => void) => void;
  readonly makeUpdate: (draft: UpdateDraft, gateway: SimNode) => DeviceUpdate | null;
  readonly onSubmitted: (id: number, gateway: number) => void;
  readonly onUpdate: (update: DeviceUpdate, gateway: number) => void;
}

const SECOND_US: Micros = 1000 * MICROS_PER_MS;

export class Workload {
  readonly #setup: WorkloadSetup;
  readonly #endUs: Micros;
  readonly #tokenBytes: number;
  #lastId = 0;
  #gateway = 0;
  refusedCount = 0;

  constructor(setup: WorkloadSetup) {
    this.#setup = setup;
    const { workload, durationMs } = setup.scenario;
    this.#endUs = microsOfMs(durationMs);
    const scale = workload.transactionsPerToken ?? 1;
    this.#tokenBytes = scale > 1 ? TOKEN_BYTES : workload.transactionBytes;
    if (workload.closedLoopClients !== undefined) this.#openClients(workload.closedLoopClients);
    else if (workload.transactionsPerSecond > 0) this.#arrive(scale / workload.transactionsPerSecond, 1);
    for (let device = 0; device < (workload.devices ?? 0); device += 1) this.#train(device, 1);
  }

  get submittedCount(): number {
    return this.#lastId;
  }

  /** A transaction that the run itself hands in, to see whether the network still commits. */
  probe(node: SimNode): number {
    return this.#submit(node);
  }

  /** A client of the closed loop got its answer. */
  onCommitted(gateway: SimNode): void {
    const { workload } = this.#setup.scenario;
    if (workload.closedLoopClients === undefined || this.#setup.nowUs() >= this.#endUs) return;
    this.#setup.schedule(this.#setup.nowUs(), () => this.#submit(gateway));
  }

  #openClients(countPerNode: number): void {
    for (const node of this.#setup.nodes)
      for (let client = 0; client < countPerNode; client += 1) this.#setup.schedule(0, () => this.#submit(node));
  }

  /** Arrival number `number` of a process with this mean gap in seconds. */
  #arrive(gapSeconds: number, number: number, previousUs = 0): void {
    const { scenario, schedule, choices } = this.#setup;
    const isPoisson = scenario.workload.arrivals === "poisson";
    const atUs = isPoisson
      ? previousUs - Math.log(1 - choices.fraction()) * gapSeconds * SECOND_US
      : number * gapSeconds * SECOND_US;
    if (atUs >= this.#endUs) return;
    schedule(Math.round(atUs), () => {
      const node = this.#nextGateway();
      if (node !== undefined) this.#submit(node);
      this.#arrive(gapSeconds, number + 1, atUs);
    });
  }

  #submit(node: SimNode): number {
    this.#lastId += 1;
    const id = this.#lastId;
    const transaction = makeToken(id, this.#tokenBytes);
    this.#setup.onSubmitted(id, node.index);
    node.run(() => {
      if (node.process?.submit({ transactions: [transaction], updates: [] }) !== true) this.refusedCount += 1;
    });
    return id;
  }

  #train(device: number, sequence: number): void {
    const { scenario, schedule, nodes } = this.#setup;
    const everyUs = microsOfMs(scenario.workload.updateEveryMs ?? 1000);
    const atUs = Math.round(sequence * everyUs + (device * everyUs) / Math.max(1, scenario.workload.devices ?? 1));
    if (atUs >= this.#endUs) return;
    schedule(atUs, () => {
      const first = (device + sequence) % nodes.length;
      this.#offer({ device, sequence, variant: 0 }, upFrom(nodes, first));
      const { rivalShift } = scenario.workload;
      if (rivalShift !== undefined) this.#offer({ device, sequence, variant: 1 }, upFrom(nodes, first + rivalShift));
      this.#train(device, sequence + 1);
    });
  }

  #offer(draft: UpdateDraft, gateway: SimNode | undefined): void {
    const { makeUpdate, onUpdate } = this.#setup;
    const update = gateway === undefined ? null : makeUpdate(draft, gateway);
    if (gateway === undefined || update === null) return;
    onUpdate(update, gateway.index);
    gateway.run(() => {
      if (gateway.process?.submit({ transactions: [], updates: [update] }) !== true) this.refusedCount += 1;
    });
  }

  #nextGateway(): SimNode | undefined {
    this.#gateway = (this.#gateway + 1) % this.#setup.nodes.length;
    return upFrom(this.#setup.nodes, this.#gateway);
  }
}

function upFrom(nodes: readonly SimNode[], first: number): SimNode | undefined {
  for (let step = 0; step < nodes.length; step += 1) {
    const node = nodes[(first + step) % nodes.length];
    if (node?.isUp === true) return node;
  }
  return undefined;
}
