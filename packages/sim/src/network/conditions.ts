// What scheduled link faults add to the links: from a fault's entry in the scenario to LinkConditions, and all conditions in
// force to what they mean for one link. The network model asks per link; an answer is worked out once until they change.

import { microsOfMs } from "../kernel/time.ts";
import { nodesOf } from "../scenario/nodes.ts";
import type { FaultSpec } from "../scenario/schema.ts";
import type { LinkConditions } from "./network.ts";

export type LinkFaultSpec = Extract<FaultSpec, { type: "link" }>;

/** Conditions of a fault on a committee of this size, to be counted under this name. */
export function linkConditionsOf(fault: LinkFaultSpec, size: number, name: string): LinkConditions {
  return {
    name,
    lossProbability: fault.lossProbability ?? 0,
    extraDelayUs: microsOfMs(fault.extraDelayMs ?? 0),
    delayFactor: fault.delayFactor ?? 1,
    duplicateProbability: fault.duplicateProbability ?? 0,
    corruptProbability: fault.corruptProbability ?? 0,
    reorderProbability: fault.reorderProbability ?? 0,
    bandwidthFactor: fault.bandwidthFactor ?? 1,
    links: linksOf(fault, size),
  };
}

function linksOf({ from, to }: LinkFaultSpec, size: number): LinkConditions["links"] {
  if (from === undefined && to === undefined) return null;
  const isSender = flagsOf(from ?? "all", size);
  const isReceiver = flagsOf(to ?? "all", size);
  return (sender, receiver) => isSender[sender] === 1 && isReceiver[receiver] === 1;
}

function flagsOf(set: Parameters<typeof nodesOf>[0], size: number): Uint8Array {
  const flags = new Uint8Array(size);
  for (const node of nodesOf(set, size)) flags[node] = 1;
  return flags;
}

/** What holds on one link, of all conditions in force together. */
export interface CombinedConditions {
  readonly lossProbability: number;
  readonly extraDelayUs: number;
  readonly delayFactor: number;
  readonly duplicateProbability: number;
  readonly corruptProbability: number;
  readonly reorderProbability: number;
  readonly bandwidthFactor: number;
  /** Places, in the list in force, of those that delay every message on this link; then those that narrow it; and so on. */
  readonly delaying: readonly number[];
  readonly narrowing: readonly number[];
  readonly losing: readonly number[];
  readonly duplicating: readonly number[];
  readonly corrupting: readonly number[];
  readonly reordering: readonly number[];
}

const UNKNOWN = -1;

/** The conditions in force, answering by link and counting their acts. */
export class ConditionTable {
  readonly #size: number;
  /** By link: which of `#combinations`, or UNKNOWN. Made when conditions first come. */
  #byLink: Int32Array | null = null;
  /** Place 0: nothing. */
  #combinations: (CombinedConditions | null)[] = [null];
  /** Places in the list in force, as text → place in `#combinations`. */
  readonly #known = new Map<string, number>();
  #inForce: readonly LinkConditions[] = [];
  /** Acts by name, without those since the list in force came. */
  readonly #counts = new Map<string, number>();
  /** Acts since then, by place in the list. */
  #tally = new Float64Array(0);

  constructor(size: number) {
    this.#size = size;
  }

  get isEmpty(): boolean {
    return this.#inForce.length === 0;
  }

  set(conditions: readonly LinkConditions[]): void {
    this.#settle();
    this.#inForce = [...conditions];
    this.#tally = new Float64Array(conditions.length);
    this.#combinations = [null];
    this.#known.clear();
    if (conditions.length === 0) return;
    this.#byLink ??= new Int32Array(this.#size * this.#size);
    this.#byLink.fill(UNKNOWN);
  }

  of(from: number, to: number): CombinedConditions | null {
    if (this.#byLink === null) return null;
    const link = from * this.#size + to;
    const known = this.#byLink[link] ?? UNKNOWN;
    if (known !== UNKNOWN) return this.#combinations[known] ?? null;
    const place = this.#placeFor(from, to);
    this.#byLink[link] = place;
    return this.#combinations[place] ?? null;
  }

  acted(places: readonly number[]): void {
    for (const place of places) this.#tally[place] = (this.#tally[place] ?? 0) + 1;
  }

  /** Everything that was ever in force, also what never acted. */
  counts(): ReadonlyMap<string, number> {
    this.#settle();
    return this.#counts;
  }

  #settle(): void {
    for (const [place, { name }] of this.#inForce.entries())
      this.#counts.set(name, (this.#counts.get(name) ?? 0) + (this.#tally[place] ?? 0));
    this.#tally.fill(0);
  }

  #placeFor(from: number, to: number): number {
    const places = this.#inForce.flatMap(({ links }, place) => (links === null || links(from, to) ? [place] : []));
    if (places.length === 0) return 0;
    const key = places.join();
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    this.#combinations.push(combine(this.#inForce, places));
    this.#known.set(key, this.#combinations.length - 1);
    return this.#combinations.length - 1;
  }
}

/** Chances combine as independent, delays add up, factors multiply. */
function combine(inForce: readonly LinkConditions[], places: readonly number[]): CombinedConditions {
  const which = (acts: (conditions: LinkConditions) => boolean): readonly number[] =>
    places.filter((place) => acts(inForce[place] ?? NEUTRAL));
  const chance = (of: (conditions: LinkConditions) => number): number =>
    1 - places.reduce((spared, place) => spared * (1 - of(inForce[place] ?? NEUTRAL)), 1);
  const product = (of: (conditions: LinkConditions) => number): number =>
    places.reduce((all, place) => all * of(inForce[place] ?? NEUTRAL), 1);
  return {
    lossProbability: chance((one) => one.lossProbability),
    duplicateProbability: chance((one) => one.duplicateProbability),
    corruptProbability: chance((one) => one.corruptProbability),
    reorderProbability: chance((one) => one.reorderProbability),
    extraDelayUs: places.reduce((sum, place) => sum + (inForce[place] ?? NEUTRAL).extraDelayUs, 0),
    delayFactor: product((one) => one.delayFactor),
    bandwidthFactor: product((one) => one.bandwidthFactor),
    delaying: which((one) => one.extraDelayUs > 0 || one.delayFactor !== 1),
    narrowing: which((one) => one.bandwidthFactor !== 1),
    losing: which((one) => one.lossProbability > 0),
    duplicating: which((one) => one.duplicateProbability > 0),
    corrupting: which((one) => one.corruptProbability > 0),
    reordering: which((one) => one.reorderProbability > 0),
  };
}

const NEUTRAL: LinkConditions = {
  name: "neutral",
  lossProbability: 0,
  extraDelayUs: 0,
  delayFactor: 1,
  duplicateProbability: 0,
  corruptProbability: 0,
  reorderProbability: 0,
  bandwidthFactor: 1,
  links: null,
};
