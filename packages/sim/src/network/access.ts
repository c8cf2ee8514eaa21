// Access networks: what the last mile of a node adds in both directions. Delay and outages of a node depend on the time alone,
// not on what it sends: they are drawn window by window from streams of the node, from the start of the run on. Losses are
// drawn by link. Rates go to the node's card (see create-network.ts).

import type { ChoiceStreams, Choices } from "../kernel/decisions.ts";
import { MICROS_PER_MS, type Micros } from "../kernel/time.ts";
import { nodesOf } from "../scenario/nodes.ts";
import type { NetworkSpec } from "../scenario/schema.ts";
import { SimInputError } from "../scenario/sim-error.ts";
import type { AccessProfile, Quantiles } from "./access-profile.ts";
import { ACCESS_PROFILES } from "./data/access-profiles.ts";
import { type DelayQuantile, delayQuantileOf } from "./latency.ts";
import { type LinkChoices, linkChoicesOf } from "./link-choices.ts";

type AccessSpec = NonNullable<NetworkSpec["access"]>;

export function findAccessProfile(name: string): AccessProfile {
  const profile = ACCESS_PROFILES.find((known) => known.name === name);
  if (profile !== undefined) return profile;
  const known = ACCESS_PROFILES.map((one) => one.name).join(", ");
  throw new SimInputError("SIM_SCENARIO_INVALID", `network.access: there is no profile "${name}"; known: ${known}`);
}

/** The access networks of a committee. A node that is listed twice has the later one. */
export class AccessNetworks {
  readonly #nodes: (AccessNode | null)[];
  readonly #losses: LinkChoices;
  #lossCount = 0;
  #handoverLossCount = 0;
  #outageCount = 0;

  constructor(spec: AccessSpec, size: number, streams: ChoiceStreams) {
    this.#nodes = Array.from({ length: size }, () => null);
    for (const { nodes, profile } of spec)
      for (const node of nodesOf(nodes, size))
        this.#nodes[node] = new AccessNode(findAccessProfile(profile), node, streams);
    this.#losses = linkChoicesOf(streams, "network.access.loss", size);
  }

  profileOf(node: number): AccessProfile | null {
    return this.#nodes[node]?.profile ?? null;
  }

  /** When a message may be handed to the card: now, or after the outage. */
  readyUs(node: number, atUs: Micros): Micros {
    const readyUs = this.#nodes[node]?.resumeUs(atUs) ?? atUs;
    if (readyUs > atUs) this.#outageCount += 1;
    return readyUs;
  }

  upUs(node: number, atUs: Micros): Micros {
    return this.#nodes[node]?.up.delayUs(atUs) ?? 0;
  }

  /** When a message that comes to the node's access network at a time has come through it. */
  downAtUs(node: number, atUs: Micros): Micros {
    const access = this.#nodes[node];
    if (!access) return atUs;
    const readyUs = this.readyUs(node, atUs);
    return readyUs + access.down.delayUs(readyUs);
  }

  isLost(from: number, to: number, atUs: Micros): boolean {
    const plain = either(this.#plainLoss(from), this.#plainLoss(to));
    const handover = either(this.#nodes[from]?.handoverLoss(atUs) ?? 0, this.#nodes[to]?.handoverLoss(atUs) ?? 0);
    const probability = either(plain, handover);
    if (probability === 0) return false;
    const drawn = this.#losses.fraction(from, to);
    if (drawn >= probability) return false;
    if (drawn < plain) this.#lossCount += 1;
    else this.#handoverLossCount += 1;
    return true;
  }

  /** Of what some node's access network does at all. */
  counts(): Readonly<Record<string, number>> {
    const profiles = this.#nodes.flatMap((node) => node?.profile ?? []);
    return {
      ...(profiles.some(({ lossProbability }) => lossProbability > 0) && { accessLoss: this.#lossCount }),
      ...(profiles.some(({ outages }) => outages !== null) && { accessOutage: this.#outageCount }),
      ...(profiles.some(({ handover }) => handover !== null) && { accessHandoverLoss: this.#handoverLossCount }),
    };
  }

  #plainLoss(node: number): number {
    return this.#nodes[node]?.profile.lossProbability ?? 0;
  }
}

function either(one: number, other: number): number {
  return one + other - one * other;
}

class AccessNode {
  readonly profile: AccessProfile;
  readonly up: AccessDelay;
  readonly down: AccessDelay;
  readonly #outages: Outages | null;

  constructor(profile: AccessProfile, node: number, streams: ChoiceStreams) {
    this.profile = profile;
    this.up = new AccessDelay(profile, streams.of("network.access.up", node));
    this.down = new AccessDelay(profile, streams.of("network.access.down", node));
    const { outages } = profile;
    this.#outages = outages === null ? null : new Outages(outages, streams.of("network.access.outage", node));
  }

  resumeUs(atUs: Micros): Micros {
    return this.#outages === null ? atUs : this.#outages.resumeUs(atUs);
  }

  handoverLoss(atUs: Micros): number {
    const { handover } = this.profile;
    if (handover === null) return 0;
    const atMs = atUs / MICROS_PER_MS;
    const isFirst = atMs < handover.everyMs;
    return !isFirst && atMs % handover.everyMs < handover.forMs ? handover.lossProbability : 0;
  }
}

/** Delay of one direction, constant for a window of time. */
class AccessDelay {
  readonly #windowUs: number;
  readonly #quantile: DelayQuantile;
  readonly #choices: Choices;
  readonly #drawnUs: number[] = [];

  constructor({ coherenceMs, roundTrip }: AccessProfile, choices: Choices) {
    this.#windowUs = coherenceMs * MICROS_PER_MS;
    this.#quantile = quantileOf(roundTrip);
    this.#choices = choices;
  }

  delayUs(atUs: Micros): number {
    const window = Math.floor(atUs / this.#windowUs);
    while (this.#drawnUs.length <= window) this.#drawnUs.push(this.#quantile(this.#choices.fraction()) / 2);
    return this.#drawnUs[window] ?? 0;
  }
}

/** Outages one after another, drawn as far as somebody asks. */
class Outages {
  readonly #gap: DelayQuantile;
  readonly #length: DelayQuantile;
  readonly #choices: Choices;
  /** Ascending; start and end by turns. */
  readonly #edgesUs: number[] = [];

  constructor({ gapMeanMs, shares, ms }: NonNullable<AccessProfile["outages"]>, choices: Choices) {
    this.#gap = delayQuantileOf({ type: "exponential", minMs: 0, meanMs: gapMeanMs }) ?? (() => gapMeanMs);
    this.#length = quantileOf({ shares, ms });
    this.#choices = choices;
  }

  resumeUs(atUs: Micros): Micros {
    while ((this.#edgesUs.at(-1) ?? -1) <= atUs) this.#drawNext();
    let place = this.#edgesUs.length - 2;
    while (place > 0 && (this.#edgesUs[place] ?? 0) > atUs) place -= 2;
    const isOut = (this.#edgesUs[place] ?? 0) <= atUs && atUs < (this.#edgesUs[place + 1] ?? 0);
    return isOut ? Math.ceil(this.#edgesUs[place + 1] ?? atUs) : atUs;
  }

  #drawNext(): void {
    const start = (this.#edgesUs.at(-1) ?? 0) + this.#gap(this.#choices.fraction());
    this.#edgesUs.push(start, start + this.#length(this.#choices.fraction()));
  }
}

function quantileOf(quantiles: Quantiles): DelayQuantile {
  const { shares, ms } = quantiles;
  return delayQuantileOf({ type: "empirical", shares: [...shares], ms: [...ms] }) ?? (() => 0);
}
