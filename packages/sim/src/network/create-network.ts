// The network model of a run, put together from the scenario's `network`. A message passes, in this order: the sender's access
// network and card (egress), loss, the way between the nodes, the receiver's access network, FIFO or reordering, corruption,
// duplication; and, at its arrival, the receiver's card (ingress). What is not configured costs and draws nothing.
// Called for every message: no allocation, no closures on that path; results are objects that are used again.

import type { ChoiceStreams } from "../kernel/decisions.ts";
import { MICROS_PER_MS, type Micros } from "../kernel/time.ts";
import type { BandwidthSpec, NetworkSpec } from "../scenario/schema.ts";
import { AccessNetworks } from "./access.ts";
import { type CombinedConditions, ConditionTable } from "./conditions.ts";
import { type LinkChoices, linkChoicesOf } from "./link-choices.ts";
import { type LinkDelays, createLinkDelays } from "./link-delays.ts";
import { LossProcess } from "./loss.ts";
import type { MatrixLibrary } from "./matrix.ts";
import type { Arrival, LinkConditions, NetworkModel, Transmission } from "./network.ts";
import { type CardQueues, RateQueues, microsPerByte } from "./nic.ts";
import { TraceQueues } from "./trace-replay.ts";

export interface NetworkContext {
  readonly size: number;
  /** With tables of link streams (link-choices.ts), if the streams have them. */
  readonly streams: ChoiceStreams;
  /** Matrices that the caller loaded, besides those that ship with the package. */
  readonly matrices?: MatrixLibrary;
}

/** How much longer a reordered message takes at most, where the scenario does not say. */
const REORDER_MS_DEFAULT = 10;

/** Throws SimInputError for what the scenario's schema cannot tell: unknown names, quantiles that do not ascend. */
export function createNetworkModel(spec: NetworkSpec, context: NetworkContext): NetworkModel {
  return new LinkNetwork(spec, context);
}

type Mishap = "reorder" | "corrupt" | "duplicate";
/** What happens to messages by chance, each with streams of its own: as configured, and once more for conditions in force. */
type ChanceName = Mishap | "conditionLoss" | "conditionDuplicate" | "conditionReorder" | "conditionCorrupt";

const NOT_CHOSEN = -1;
const BY_CONDITIONS = 1;
/** Below 1 by more than the rounding of a sum with BY_CONDITIONS. */
const FRACTION_MAX = 1 - 2 ** -32;
const MISHAPS: readonly Mishap[] = ["reorder", "corrupt", "duplicate"];

class LinkNetwork implements NetworkModel {
  readonly #spec: NetworkSpec;
  readonly #context: NetworkContext;
  readonly #delays: LinkDelays;
  readonly #access: AccessNetworks | null;
  readonly #egress: CardQueues | null;
  readonly #ingress: RateQueues | null;
  readonly #loss: LossProcess | null;
  readonly #conditions: ConditionTable;
  readonly #probabilities: Readonly<Record<Mishap, number>>;
  readonly #reorderUs: Micros;
  /** By link: when the last message that keeps the order arrives. Null: no order is kept. */
  readonly #lastUs: Float64Array | null;
  readonly #choices = new Map<ChanceName, LinkChoices>();
  readonly #counts = { bufferOverflow: 0, duplicate: 0, reorder: 0, corrupt: 0 };
  /** Used again for every message. */
  readonly #request = { node: 0, sizeBytes: 0, nowUs: 0, bandwidthFactor: 1 };
  readonly #first = { atUs: 0, isCorrupt: false };
  readonly #second = { atUs: 0, isCorrupt: false };
  readonly #none: readonly Arrival[] = [];
  readonly #one: readonly Arrival[] = [this.#first];
  readonly #two: readonly Arrival[] = [this.#first, this.#second];

  readonly receive: NetworkModel["receive"];

  constructor(spec: NetworkSpec, context: NetworkContext) {
    const { size, streams } = context;
    this.#spec = spec;
    this.#context = context;
    this.#delays = createLinkDelays(spec.latency, context);
    this.#access = spec.access === undefined ? null : new AccessNetworks(spec.access, size, streams);
    this.#egress = egressOf(spec.bandwidth ?? {}, size, this.#access);
    this.#ingress = ingressOf(spec.bandwidth ?? {}, size, this.#access);
    this.#loss = spec.loss === undefined ? null : new LossProcess(spec.loss, size, lossChoices(context));
    this.#conditions = new ConditionTable(size);
    this.#probabilities = {
      reorder: spec.reorderProbability ?? 0,
      corrupt: spec.corruptProbability ?? 0,
      duplicate: spec.duplicateProbability ?? 0,
    };
    this.#reorderUs = (spec.reorderMs ?? REORDER_MS_DEFAULT) * MICROS_PER_MS;
    this.#lastUs = (spec.isFifo ?? true) ? new Float64Array(size * size) : null;
    this.receive = this.#ingress === null ? null : (to, sizeBytes, nowUs) => this.#receive(to, sizeBytes, nowUs);
  }

  /**
   * Draws of what is configured come first and in any case, so that conditions in force change no draw: message k of a link
   * has the same luck with them and without.
   */
  transmit(transmission: Transmission): readonly Arrival[] {
    const { from, to, nowUs } = transmission;
    if (from === to) return this.#arrive(nowUs);
    const conditions = this.#conditions.isEmpty ? null : this.#conditions.of(from, to);
    const delayUs = this.#delayOf(transmission, conditions);
    const leftUs = this.#leave(transmission, conditions);
    if (leftUs < 0) {
      this.#counts.bufferOverflow += 1;
      return this.#none;
    }
    if (this.#isLost(transmission)) return this.#none;
    const reorder = this.#chosen("reorder", transmission, conditions);
    const corrupt = this.#chosen("corrupt", transmission, conditions);
    const duplicate = this.#chosen("duplicate", transmission, conditions);
    if (conditions !== null && this.#isLostBy(conditions, transmission)) return this.#none;
    const comesUs = Math.round(leftUs + delayUs);
    const throughUs = this.#access === null ? comesUs : Math.round(this.#access.downAtUs(to, comesUs));
    const arrivals = this.#arrive(this.#inOrder(transmission, throughUs, reorder));
    if (corrupt !== NOT_CHOSEN) this.#first.isCorrupt = true;
    if (conditions !== null) this.#countBy(conditions, { reorder, corrupt, duplicate });
    return duplicate === NOT_CHOSEN ? arrivals : this.#arriveAgain(delayUs, duplicate);
  }

  setConditions(conditions: readonly LinkConditions[]): void {
    this.#conditions.set(conditions);
  }

  counts(): Readonly<Record<string, number>> {
    const chances = MISHAPS.filter((name) => this.#probabilities[name] > 0);
    return {
      ...this.#loss?.counts(),
      ...(this.#spec.bandwidth?.bufferBytes !== undefined && { bufferOverflow: this.#counts.bufferOverflow }),
      ...Object.fromEntries(chances.map((name) => [name, this.#counts[name]])),
      ...this.#access?.counts(),
      ...Object.fromEntries(this.#conditions.counts()),
    };
  }

  /** When the last byte leaves the sender's card; -1: it did not fit into the buffer. */
  #leave({ from, sizeBytes, nowUs }: Transmission, conditions: CombinedConditions | null): number {
    const startUs = this.#access === null ? nowUs : this.#access.readyUs(from, nowUs);
    if (this.#egress === null || !this.#egress.isLimited(from)) return startUs;
    const request = this.#request;
    request.node = from;
    request.sizeBytes = sizeBytes;
    request.nowUs = startUs;
    request.bandwidthFactor = conditions === null ? 1 : conditions.bandwidthFactor;
    if (conditions !== null) this.#conditions.acted(conditions.narrowing);
    return this.#egress.pass(request);
  }

  #isLost({ from, to, sizeBytes, nowUs }: Transmission): boolean {
    if (this.#loss !== null && this.#loss.isLost(from, to, sizeBytes)) return true;
    return this.#access !== null && this.#access.isLost(from, to, nowUs);
  }

  #isLostBy(conditions: CombinedConditions, { from, to }: Transmission): boolean {
    if (conditions.lossProbability === 0) return false;
    if (this.#choicesOf("conditionLoss").fraction(from, to) >= conditions.lossProbability) return false;
    this.#conditions.acted(conditions.losing);
    return true;
  }

  /** From the sender's card to the receiver's access network. */
  #delayOf({ from, to, nowUs }: Transmission, conditions: CombinedConditions | null): number {
    const plainUs = this.#delays.delayUs(from, to) + (this.#access === null ? 0 : this.#access.upUs(from, nowUs));
    if (conditions === null) return plainUs;
    return plainUs * conditions.delayFactor + conditions.extraDelayUs;
  }

  /** A reordered message leaves the order: it waits for nobody after this, and nobody waits for it. */
  #inOrder({ from, to }: Transmission, atUs: Micros, reorder: number): Micros {
    const link = from * this.#context.size + to;
    const orderedUs = this.#lastUs === null ? atUs : Math.max(atUs, this.#lastUs[link] ?? 0);
    if (reorder !== NOT_CHOSEN) return orderedUs + Math.ceil((reorder % BY_CONDITIONS) * this.#reorderUs);
    if (this.#lastUs !== null) this.#lastUs[link] = orderedUs;
    return orderedUs;
  }

  #arrive(atUs: Micros): readonly Arrival[] {
    this.#first.atUs = atUs;
    this.#first.isCorrupt = false;
    return this.#one;
  }

  /** The copy is whole and comes up to once more the delay later, outside the order. */
  #arriveAgain(delayUs: number, duplicate: number): readonly Arrival[] {
    this.#second.atUs = this.#first.atUs + Math.round((duplicate % BY_CONDITIONS) * delayUs);
    return this.#two;
  }

  /**
   * NOT_CHOSEN; or a number in [0, 1), uniform, that says how much; with BY_CONDITIONS added if only conditions in force chose
   * it. One draw gives both: a draw that is known to lie below the probability is uniform below it.
   */
  #chosen(name: Mishap, { from, to }: Transmission, conditions: CombinedConditions | null): number {
    const probability = this.#probabilities[name];
    const drawn = probability > 0 ? this.#choicesOf(name).fraction(from, to) : 1;
    if (drawn < probability) {
      this.#counts[name] += 1;
      return drawn / probability;
    }
    return conditions === null ? NOT_CHOSEN : this.#chosenBy(mishapBy(name, conditions), from, to);
  }

  #chosenBy({ probability, stream }: MishapBy, from: number, to: number): number {
    const drawn = probability > 0 ? this.#choicesOf(stream).fraction(from, to) : 1;
    return drawn < probability ? BY_CONDITIONS + Math.min(drawn / probability, FRACTION_MAX) : NOT_CHOSEN;
  }

  #countBy(conditions: CombinedConditions, chosen: Readonly<Record<Mishap, number>>): void {
    this.#conditions.acted(conditions.delaying);
    for (const name of MISHAPS)
      if (chosen[name] >= BY_CONDITIONS) this.#conditions.acted(mishapBy(name, conditions).places);
  }

  #choicesOf(name: ChanceName): LinkChoices {
    const known = this.#choices.get(name);
    if (known !== undefined) return known;
    const choices = linkChoicesOf(this.#context.streams, `network.${name}`, this.#context.size);
    this.#choices.set(name, choices);
    return choices;
  }

  #receive(to: number, sizeBytes: number, nowUs: Micros): Micros {
    if (this.#ingress === null) return nowUs;
    const request = this.#request;
    request.node = to;
    request.sizeBytes = sizeBytes;
    request.nowUs = nowUs;
    request.bandwidthFactor = 1;
    return Math.round(this.#ingress.pass(request));
  }
}

interface MishapBy {
  readonly probability: number;
  readonly stream: ChanceName;
  readonly places: readonly number[];
}

function mishapBy(name: Mishap, conditions: CombinedConditions): MishapBy {
  switch (name) {
    case "duplicate":
      return {
        probability: conditions.duplicateProbability,
        stream: "conditionDuplicate",
        places: conditions.duplicating,
      };
    case "reorder":
      return { probability: conditions.reorderProbability, stream: "conditionReorder", places: conditions.reordering };
    case "corrupt":
      return { probability: conditions.corruptProbability, stream: "conditionCorrupt", places: conditions.corrupting };
  }
}

function lossChoices({ size, streams }: NetworkContext): ConstructorParameters<typeof LossProcess>[2] {
  return {
    independent: linkChoicesOf(streams, "network.loss", size),
    step: linkChoicesOf(streams, "network.lossState", size),
    burst: linkChoicesOf(streams, "network.burstLoss", size),
  };
}

/** The slower of the configured rate and the access network's. A trace takes the place of both. */
function egressOf(spec: BandwidthSpec, size: number, access: AccessNetworks | null): CardQueues | null {
  const bufferBytes = spec.bufferBytes ?? Infinity;
  if (spec.traceMs !== undefined) return new TraceQueues(size, spec.traceMs, bufferBytes);
  const rates = ratesOf(size, (node) =>
    Math.min(spec.egressMbps ?? Infinity, access?.profileOf(node)?.upMbps ?? Infinity),
  );
  return rates === null
    ? null
    : new RateQueues({ microsPerByte: rates, bufferBytes, burstBytes: spec.burstBytes ?? 0 });
}

function ingressOf(spec: BandwidthSpec, size: number, access: AccessNetworks | null): RateQueues | null {
  const rates = ratesOf(size, (node) =>
    Math.min(spec.ingressMbps ?? Infinity, access?.profileOf(node)?.downMbps ?? Infinity),
  );
  return rates === null ? null : new RateQueues({ microsPerByte: rates, bufferBytes: Infinity, burstBytes: 0 });
}

/** Null if no node has a limit. */
function ratesOf(size: number, mbpsOf: (node: number) => number): Float64Array | null {
  const rates = Float64Array.from({ length: size }, (_, node) => microsPerByte(mbpsOf(node)));
  return rates.some((rate) => rate > 0) ? rates : null;
}
