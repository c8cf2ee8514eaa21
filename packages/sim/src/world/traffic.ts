// The way of a message: what a corrupted sender makes of it, the adversary's verdict, partitions, the network model, the
// receiver's card and processors, and at last the process. Counts what it does and tells observers. One instance a run.

import type { MessageView, Power } from "../adversary/adversary.ts";
import { type BudgetLedger, hasPower } from "../adversary/budget.ts";
import { type Seated, emittedThrough, receivedThrough } from "../adversary/compose.ts";
import type { Choices } from "../kernel/decisions.ts";
import { MICROS_PER_MS, type Micros, microsOfMs, msOfMicros } from "../kernel/time.ts";
import type { NetworkModel, PartitionView } from "../network/network.ts";
import type { SynchronyContract, SynchronyReport } from "../network/synchrony.ts";
import type { Envelope, OutgoingMessage } from "../protocol/message.ts";
import type { ProtocolChain } from "../protocol/protocol.ts";
import type { RunObserver } from "../run/observer.ts";
import { Flight, Packets } from "./flight.ts";
import { HeldFlights, type HeldViews } from "./held-flights.ts";
import { RoundsSeen } from "./rounds-seen.ts";
import type { SimNode } from "./sim-node.ts";
import type { TraceHash } from "./trace-hash.ts";

export interface NamedPartition extends PartitionView {
  readonly name: string;
}

export interface TrafficSetup {
  readonly chain: ProtocolChain;
  readonly nowUs: () => Micros;
  readonly schedule: (atUs: Micros, run: () => void) => void;
  /** Puts the message into the queue: `arrive` is called with it then. */
  readonly push: (atUs: Micros, message: Flight) => void;
  /** All nodes of an index: the validator and, if it has one, its twin. */
  readonly nodesAt: (index: number) => readonly SimNode[];
  readonly corruptChoices: Choices;
  readonly budget: BudgetLedger;
  readonly observers: readonly RunObserver[];
  readonly hash: TraceHash;
  readonly fired: (name: string, count: number) => void;
  /** The world did to a message what this adversary wanted. */
  readonly enforced: (adversary: string) => void;
  /** Partial synchrony, if the scenario promises it: clamps the adversary, and is checked on everybody else. */
  readonly contract: SynchronyContract | null;
  /** When the chaos is over: what the adversary delayed arrives by then. */
  readonly healUs: Micros;
}

interface Parked {
  readonly message: Flight;
  readonly extra: Extra;
}

/** What a message takes longer than the network alone would. */
interface Extra {
  /** Until the sender's processors have made it. */
  readonly departureUs: Micros;
  readonly adversaryUs: Micros;
}

const NO_EXTRA: Extra = { departureUs: 0, adversaryUs: 0 };

const NEVER = { atUs: 0, isCorrupt: false };

/** How often a message that a partition keeps is looked at again. */
const PARTITION_POLL_US: Micros = 10 * MICROS_PER_MS;

export class Traffic {
  readonly #setup: TrafficSetup;
  #network: NetworkModel;
  #partitions: readonly NamedPartition[] = [];
  #seats: readonly Seated[] = [];
  #watching: readonly Seated[] = [];
  readonly #held: HeldFlights;
  #parked: Parked[] = [];
  #isPolling = false;
  #lastId = 0;
  readonly #packets = new Packets();
  readonly #request = { from: 0, to: 0, sizeBytes: 0, nowUs: 0 };
  sentCount = 0;
  deliveredCount = 0;
  sentBytes = 0;
  readonly #rounds = new RoundsSeen();
  /** Longest time that the network alone took for a message. */
  longestTransitUs: Micros = 0;
  readonly byKind: Map<string, { count: number; bytes: number }> = new Map();

  constructor(setup: TrafficSetup, network: NetworkModel) {
    this.#setup = setup;
    this.#network = network;
    const { budget, nowUs, schedule } = setup;
    this.#held = new HeldFlights({ budget, nowUs, schedule, expired: (message) => this.#cross(message, NO_EXTRA) });
  }

  get network(): NetworkModel {
    return this.#network;
  }

  setNetwork(network: NetworkModel): void {
    this.#network = network;
  }

  setPartitions(partitions: readonly NamedPartition[]): void {
    this.#partitions = partitions;
    this.#poll();
  }

  setSeats(seats: readonly Seated[]): void {
    this.#seats = seats;
    this.#watching = seats.filter(
      ({ adversary }) => adversary.onMessage !== undefined && hasPower(adversary.power, "timing"),
    );
  }

  /** As an adversary of this power may see them. */
  held(power: Power): readonly MessageView[] {
    return this.#held.entries().map(([message, views]) => this.#shownTo(power, message, views));
  }

  /** Returns how many went. */
  release(power: Power, which: (message: MessageView) => boolean): number {
    const chosen = this.#held.entries().filter(([message, views]) => which(this.#shownTo(power, message, views)));
    // The adversary may have let some of them go while it was asked: nothing goes twice.
    const released = chosen.filter(([message]) => this.#held.take(message));
    for (const [message] of released) this.#cross(message, NO_EXTRA);
    return released.length;
  }

  highestRoundFor(power: Power): number {
    return hasPower(power, "timing") ? this.#rounds.ofAll : this.#rounds.ofCorrupted;
  }

  get highestHonestRound(): number {
    return this.#rounds.ofHonest;
  }

  adversaryReport(): Readonly<Record<string, number>> {
    return this.#held.report();
  }

  /** From a process: a corrupted one's words pass through the adversary first. */
  send(node: SimNode, message: OutgoingMessage): void {
    if (!node.isCorrupted || this.#seats.length === 0) {
      this.#route(node, message);
      return;
    }
    const emission = { ...message, blocks: this.#setup.chain.blocksOf(message) };
    for (const emitted of emittedThrough(this.#seats, node.index, emission)) this.#route(node, emitted);
  }

  /** From the adversary, in a corrupted node's name. */
  sendAs(node: SimNode, message: OutgoingMessage): void {
    this.#route(node, message);
  }

  #route(node: SimNode, outgoing: OutgoingMessage): void {
    const { nowUs, chain, observers, nodesAt } = this.#setup;
    const { to } = outgoing;
    if (to === node.index || !isHeardBy(node, to, nodesAt(node.index).length)) return;
    this.#lastId += 1;
    const message = new Flight(this.#lastId, to, this.#packets.of(node.index, nowUs(), outgoing));
    this.#count(message);
    this.#rounds.sent(chain.roundOf(outgoing), node.isCorrupted);
    for (const observer of observers) observer.onSent?.(message);
    this.#promise(message);
    const adversaryUs = this.#watching.length === 0 ? 0 : this.#judged(message);
    if (adversaryUs === undefined) return;
    const departureUs = node.departureUs - message.sentAtUs;
    this.#cross(message, adversaryUs + departureUs === 0 ? NO_EXTRA : { departureUs, adversaryUs });
  }

  /** What the adversary adds in microseconds; undefined if it keeps the message. */
  #judged(message: Flight): Micros | undefined {
    const isTouched = this.#isTouched(message);
    let extraMs = 0;
    for (const { adversary, world } of this.#watching) {
      const view = this.#viewOf(message, isTouched || hasPower(adversary.power, "content"));
      const verdict = adversary.onMessage?.(view, world);
      if (verdict === undefined || verdict.type === "deliver") continue;
      const addedMs = verdict.type === "delay" ? this.#delay(verdict.ms) : this.#keep(message, verdict.type, isTouched);
      if (addedMs !== 0) this.#setup.enforced(adversary.name);
      if (addedMs === undefined) return undefined;
      extraMs += addedMs;
    }
    return microsOfMs(extraMs);
  }

  /** What is less than the least of virtual time is no delay and costs nothing. */
  #delay(ms: number): number {
    return microsOfMs(ms) >= 1 && this.#held.delay(ms) ? ms : 0;
  }

  /** Undefined: it is kept. 0: the budget does not allow that. */
  #keep(message: Flight, how: "drop" | "hold", isTouched: boolean): 0 | undefined {
    const { budget } = this.#setup;
    if (how === "drop" && isTouched) {
      if (!budget.spendMessage()) return 0;
      this.#kept(message, "dropped by the adversary");
      return undefined;
    }
    if (how === "drop") budget.refuse("drop");
    return this.#hold(message) ? undefined : 0;
  }

  #hold(message: Flight): boolean {
    const { contract } = this.#setup;
    const views = { open: this.#viewOf(message, true), closed: this.#viewOf(message, false) };
    if (!this.#held.hold(message, views)) return false;
    this.#kept(message, "held by the adversary");
    if (contract === null || this.#isTouched(message)) return true;
    // After GST nobody may keep a message of two honest nodes beyond delta.
    this.#setup.schedule(contract.dueUs(message.sentAtUs), () => {
      if (this.#held.take(message)) this.#setup.push(this.#setup.nowUs(), message);
    });
    return true;
  }

  /** The contract holds for messages between nodes that are up and honest. */
  #promise(message: Flight): void {
    const { contract, nodesAt } = this.#setup;
    if (contract === null || this.#isTouched(message)) return;
    if (nodesAt(message.from)[0]?.isUp === true && nodesAt(message.to)[0]?.isUp === true) contract.onSent(message);
  }

  /** A node went down or over to the adversary: nothing is promised about its messages. */
  excuse(node: number): void {
    this.#setup.contract?.excuseNode(node);
  }

  synchronyReport(nowUs: Micros): SynchronyReport | null {
    return this.#setup.contract?.report(nowUs) ?? null;
  }

  #isTouched({ from, to }: Envelope): boolean {
    return this.#isCorrupted(from) || this.#isCorrupted(to);
  }

  #isCorrupted(index: number): boolean {
    return this.#setup.nodesAt(index)[0]?.isCorrupted === true;
  }

  #shownTo(power: Power, message: Flight, { open, closed }: HeldViews): MessageView {
    return hasPower(power, "content") || this.#isTouched(message) ? open : closed;
  }

  #viewOf(message: Envelope, isOpen: boolean): MessageView {
    const { id, from, to, kind, sizeBytes, sentAtUs } = message;
    const blocks = isOpen ? this.#setup.chain.blocksOf(message) : [];
    return { id, from, to, kind, sizeBytes, sentAtMs: msOfMicros(sentAtUs), blocks };
  }

  /** Partitions, then the network. */
  #cross(message: Flight, extra: Extra): void {
    for (const partition of this.#partitions) {
      const pass = partition.pass(message.from, message.to);
      if (pass === "pass") continue;
      this.#setup.fired(partition.name, 1);
      this.#kept(message, partition.name);
      if (pass === "drop") this.#setup.contract?.onLost(message.id);
      if (pass === "hold") this.#park({ message, extra });
      return;
    }
    this.#transmit(message, extra);
  }

  #park(parked: Parked): void {
    this.#parked.push(parked);
    if (this.#isPolling) return;
    this.#isPolling = true;
    this.#setup.schedule(this.#setup.nowUs() + PARTITION_POLL_US, () => {
      this.#isPolling = false;
      this.#poll();
    });
  }

  #poll(): void {
    const parked = this.#parked;
    this.#parked = [];
    for (const { message, extra } of parked) {
      const mayPass = this.#partitions.every((partition) => partition.pass(message.from, message.to) === "pass");
      if (mayPass) this.#transmit(message, extra);
      else this.#park({ message, extra });
    }
  }

  #transmit(message: Flight, extra: Extra): void {
    const nowUs = this.#setup.nowUs();
    const request = this.#request;
    request.from = message.from;
    request.to = message.to;
    request.sizeBytes = message.sizeBytes;
    request.nowUs = nowUs;
    const arrivals = this.#network.transmit(request);
    if (arrivals.length === 0) {
      this.#kept(message, "lost by the network");
      this.#setup.contract?.onLost(message.id);
    }
    for (let copy = 0; copy < arrivals.length; copy += 1) {
      const { atUs, isCorrupt } = arrivals[copy] ?? NEVER;
      if (atUs - nowUs > this.longestTransitUs) this.longestTransitUs = atUs - nowUs;
      const flight = copy === 0 ? message : message.again();
      flight.isCorrupt = isCorrupt;
      flight.isCopied = arrivals.length > 1;
      this.#setup.push(this.#clamped(flight, atUs, extra), flight);
    }
  }

  /** The adversary's delay ends where the network heals, and where the synchrony contract begins. */
  #clamped(message: Flight, atUs: Micros, { departureUs, adversaryUs }: Extra): Micros {
    const { contract, healUs } = this.#setup;
    const honestUs = atUs + departureUs;
    const wantedUs = Math.max(honestUs, Math.min(honestUs + adversaryUs, healUs));
    if (contract === null || departureUs + adversaryUs === 0 || this.#isTouched(message)) return wantedUs;
    return Math.max(atUs, Math.min(wantedUs, contract.dueUs(message.sentAtUs)));
  }

  /** The queue gives a message back: it stands at the receiver's card, or has passed it. */
  arrive(message: Flight): void {
    const { receive } = this.#network;
    if (receive !== null && !message.isWhole) {
      const nowUs = this.#setup.nowUs();
      const wholeUs = receive(message.to, message.sizeBytes, nowUs);
      message.isWhole = true;
      if (wholeUs > nowUs) {
        this.#setup.push(wholeUs, message);
        return;
      }
    }
    this.#deliver(message);
  }

  #deliver(sent: Flight): void {
    const { chain, corruptChoices, nodesAt, contract, nowUs } = this.#setup;
    let message: Envelope = sent;
    if (sent.isCorrupt) {
      const changed = chain.damaged(sent, corruptChoices);
      if (changed === undefined) {
        this.#kept(sent, "damaged beyond reading");
        if (!sent.isCopied) contract?.onLost(sent.id);
        return;
      }
      message = sent.again(changed);
    }
    contract?.onDelivered(sent.id, nowUs());
    for (const node of nodesAt(sent.to)) this.#deliverTo(node, message);
  }

  #deliverTo(node: SimNode, message: Envelope): void {
    if (node.state === "down" || node.state === "frozen") {
      this.#kept(message, "its receiver is down");
      return;
    }
    if (node.isCorrupted && !this.#isPassed(node, message)) {
      this.#kept(message, "kept from its receiver by the adversary");
      return;
    }
    const costUs = this.#setup.chain.receiveCostUs(message);
    if (costUs === 0 && node.isUp) node.runWith(this.#handNow, message);
    else this.#handLater(node, message, costUs);
  }

  /** The adversary hears what a node of its own receives. */
  #isPassed(node: SimNode, message: Envelope): boolean {
    this.#rounds.heardByCorrupted(this.#setup.chain.roundOf(message));
    return receivedThrough(this.#seats, node.index, this.#viewOf(message, true));
  }

  #handLater(node: SimNode, message: Envelope, costUs: Micros): void {
    const { process } = node;
    this.#setup.schedule(node.spend(costUs), () => {
      if (node.process === process) node.run(() => this.#hand(node, message));
    });
  }

  readonly #handNow = (node: SimNode, message: Envelope): void => this.#hand(node, message);

  #hand(node: SimNode, message: Envelope): void {
    const nowUs = this.#setup.nowUs();
    this.deliveredCount += 1;
    this.#setup.hash.add(nowUs, message.id, message.to);
    for (const observer of this.#setup.observers) observer.onDelivered?.(message, nowUs);
    node.process?.receive(message);
  }

  #kept(message: Envelope, why: string): void {
    for (const observer of this.#setup.observers) observer.onKept?.(message, why, this.#setup.nowUs());
  }

  #count({ kind, sizeBytes }: Envelope): void {
    this.sentCount += 1;
    this.sentBytes += sizeBytes;
    const row = this.byKind.get(kind);
    if (row === undefined) this.byKind.set(kind, { count: 1, bytes: sizeBytes });
    else {
      row.count += 1;
      row.bytes += sizeBytes;
    }
  }
}

/** Of a validator with a twin one half speaks to even validators, the other to odd ones. */
function isHeardBy(node: SimNode, to: number, copies: number): boolean {
  return copies < 2 || (to % 2 === 1) === node.isTwin;
}
