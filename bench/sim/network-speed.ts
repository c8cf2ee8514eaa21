// How fast the network model is with everything on: broadcasts among n nodes over a WAN matrix with jitter, loss and bursts,
// duplication, egress and ingress cards, and an adversary's hook that sees every message and delays some, through the event
// queue of the simulator and with every draw recorded. No protocol. Counts events (arrivals and deliveries) by CPU second.

import { EventQueue, type NetworkModel, RecordedStreams, createNetworkModel } from "@selvedge/sim";

export interface NetworkSpeed {
  readonly size: number;
  readonly sentCount: number;
  readonly eventCount: number;
  readonly cpuSeconds: number;
  readonly eventsPerCpuSecond: number;
}

export interface NetworkSpeedOptions {
  readonly size: number;
  /** Messages to send; whole broadcasts, so slightly more. */
  readonly messages: number;
  readonly seed?: number;
}

const BROADCAST_EVERY_US = 100_000;
const SIZE_BYTES = 1200;

export function measureNetworkSpeed({ size, messages, seed = 1 }: NetworkSpeedOptions): NetworkSpeed {
  const streams = new RecordedStreams(seed);
  const model = createNetworkModel(
    {
      latency: { type: "matrix", matrix: "aws-21-relab-2024", jitterSigma: 0.05 },
      bandwidth: { egressMbps: 1000, ingressMbps: 1000, bufferBytes: 100_000_000 },
      loss: { probability: 0.005, burst: { enter: 0.001, leave: 0.2, loss: 0.5 } },
      duplicateProbability: 0.001,
    },
    { size, streams },
  );
  const startedUs = cpuUs();
  const { sentCount, eventCount } = new Broadcasts(model, size).run(messages);
  const cpuSeconds = (cpuUs() - startedUs) / 1e6;
  return { size, sentCount, eventCount, cpuSeconds, eventsPerCpuSecond: eventCount / cpuSeconds };
}

function cpuUs(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

/** A broadcast that starts, or a message on its way: at the receiver's card first, then whole. */
interface Event {
  from: number;
  to: number;
  isWhole: boolean;
}

const EVERYBODY = -1;

class Broadcasts {
  readonly #model: NetworkModel;
  readonly #size: number;
  readonly #queue = new EventQueue<Event>();
  readonly #transmission = { from: 0, to: 0, sizeBytes: SIZE_BYTES, nowUs: 0 };
  #sentCount = 0;
  #eventCount = 0;
  #seenCount = 0;

  constructor(model: NetworkModel, size: number) {
    this.#model = model;
    this.#size = size;
  }

  run(messages: number): { readonly sentCount: number; readonly eventCount: number } {
    for (let from = 0; from < this.#size; from += 1)
      this.#queue.push(Math.floor((from * BROADCAST_EVERY_US) / this.#size), { from, to: EVERYBODY, isWhole: false });
    while (this.#queue.size > 0) {
      const nowUs = this.#queue.nextAtUs;
      const event = this.#queue.peek();
      if (event === undefined) break;
      if (event.to === EVERYBODY) this.#broadcast(event, nowUs, messages);
      else this.#arrive(event, nowUs);
    }
    return { sentCount: this.#sentCount, eventCount: this.#eventCount };
  }

  #broadcast(event: Event, nowUs: number, messages: number): void {
    if (this.#sentCount < messages) this.#queue.postpone(nowUs + BROADCAST_EVERY_US);
    else this.#queue.pop();
    for (let to = 0; to < this.#size; to += 1) if (to !== event.from) this.#send(event.from, to, nowUs);
  }

  #send(from: number, to: number, nowUs: number): void {
    const transmission = this.#transmission;
    transmission.from = from;
    transmission.to = to;
    transmission.nowUs = nowUs;
    this.#sentCount += 1;
    const extraUs = this.#hook();
    for (const { atUs } of this.#model.transmit(transmission))
      this.#queue.push(atUs + extraUs, { from, to, isWhole: false });
  }

  #arrive(event: Event, nowUs: number): void {
    this.#eventCount += 1;
    if (event.isWhole || this.#model.receive === null) {
      this.#queue.pop();
      return;
    }
    event.isWhole = true;
    this.#queue.postpone(this.#model.receive(event.to, SIZE_BYTES, nowUs));
  }

  /** One message in a hundred takes 10 ms longer. */
  #hook(): number {
    this.#seenCount += 1;
    return this.#seenCount % 100 === 0 ? 10_000 : 0;
  }
}
