// Shrinking: from a scenario that fails to the smallest one found that fails in the same way. Called by the swarm, the
// command line and the mutation runner with a function that runs a scenario. Deterministic; it draws nothing, and takes
// what it is told of a run as it is. It never accepts another verdict or another class of failure, nor more faulty nodes
// than the protocol bears when the original kept within that.

import type { Finding } from "../run/result.ts";
import { knownNames } from "../scenario/known-names.ts";
import { nodesOf } from "../scenario/nodes.ts";
import { type KnownNames, scenarioFaults } from "../scenario/scenario-faults.ts";
import type { BehaviourSpec, FaultSpec, Scenario } from "../scenario/schema.ts";
import { minimalSubset } from "./delta-debugging.ts";
import { faultEventCount, isWithinFaultBound } from "./fault-load.ts";
import { smallerCommittees } from "./reduce-nodes.ts";
import {
  fewerSettings,
  lighterWorkloads,
  narrowerWindows,
  plainerNetworks,
  rounderTimes,
  shorterRuns,
} from "./reduce-settings.ts";

/** Runs a scenario; its first finding, or undefined if it passes or cannot be run at all. */
export type FailingCheck = (scenario: Scenario) => Finding | undefined;

export interface ShrinkOptions {
  /** At most so many runs. Default 600. */
  readonly budgetRuns?: number;
  readonly onProgress?: (progress: { readonly runs: number; readonly faultEvents: number }) => void;
}

export interface Shrunk {
  readonly scenario: Scenario;
  readonly finding: Finding;
  readonly runs: number;
  readonly faultEventsBefore: number;
  readonly faultEventsAfter: number;
  /** False if the budget ended the search: a smaller one may exist. */
  readonly isMinimal: boolean;
}

const BUDGET_RUNS = 600;
const NAME_LENGTH_MAX = 128;

/** Undefined if the scenario does not fail in the first place. */
export function shrinkScenario(
  scenario: Scenario,
  failing: FailingCheck,
  options: ShrinkOptions = {},
): Shrunk | undefined {
  const finding = failing(scenario);
  if (finding === undefined) return undefined;
  const search = new ShrinkSearch({ scenario, finding, failing, options });
  let before: Scenario;
  do {
    before = search.current;
    shrinkOnce(search);
  } while (search.current !== before && !search.isSpent);
  // Last: round numbers may be a little more than was needed, and would be narrowed again for ever.
  search.greedy(rounderTimes);
  dropEntries(search);
  return resultOf(search, scenario);
}

/** Large strides first: what makes all later runs cheap comes before what makes the file short. */
function shrinkOnce(search: ShrinkSearch): void {
  search.greedy((current) => shorterRuns(current, search.finding));
  dropEntries(search);
  search.greedy(plainerNetworks);
  search.greedy(smallerCommittees);
  search.greedy(lighterWorkloads);
  dropNodesAndLinks(search);
  search.greedy(fewerSettings);
  search.greedy(narrowerWindows);
  dropEntries(search);
}

function resultOf(search: ShrinkSearch, original: Scenario): Shrunk {
  const { finding } = search;
  const isMinimal = !search.isSpent;
  const shows = `${finding.verdict} ${finding.class} (shrunk from ${original.name})`;
  const named = { ...search.current, name: shows.slice(0, NAME_LENGTH_MAX) };
  return {
    scenario: named,
    finding,
    runs: search.runs,
    faultEventsBefore: faultEventCount(original),
    faultEventsAfter: faultEventCount(named),
    isMinimal,
  };
}

interface SearchSetup {
  readonly scenario: Scenario;
  readonly finding: Finding;
  readonly failing: FailingCheck;
  readonly options: ShrinkOptions;
}

/** The smallest failing scenario so far, and what was spent on it. */
class ShrinkSearch {
  readonly #setup: SearchSetup;
  readonly #isBoundKept: boolean;
  readonly #names: KnownNames = knownNames();
  /** JSON of candidates that did not fail; those that did became `current`. */
  readonly #refused = new Set<string>();
  #current: Scenario;
  #finding: Finding;
  #runs = 1;

  constructor(setup: SearchSetup) {
    this.#setup = setup;
    this.#current = setup.scenario;
    this.#finding = setup.finding;
    this.#isBoundKept = isWithinFaultBound(setup.scenario);
  }

  get current(): Scenario {
    return this.#current;
  }

  get finding(): Finding {
    return this.#finding;
  }

  get runs(): number {
    return this.#runs;
  }

  get isSpent(): boolean {
    return this.#runs >= (this.#setup.options.budgetRuns ?? BUDGET_RUNS);
  }

  /** Becomes `current` if it fails as the original does. */
  accepts(candidate: Scenario): boolean {
    const key = JSON.stringify(candidate);
    if (this.#refused.has(key) || this.isSpent) return false;
    if (this.#isBoundKept && !isWithinFaultBound(candidate)) return false;
    if (scenarioFaults(candidate, this.#names).length > 0) return false;
    this.#runs += 1;
    const finding = this.#setup.failing(candidate);
    if (finding?.verdict !== this.#finding.verdict || finding.class !== this.#finding.class) {
      this.#refused.add(key);
      return false;
    }
    this.#current = candidate;
    this.#finding = finding;
    this.#setup.options.onProgress?.({ runs: this.#runs, faultEvents: faultEventCount(candidate) });
    return true;
  }

  /** Takes the first candidate that fails and asks anew, until none does. */
  greedy(candidatesOf: (scenario: Scenario) => Iterable<Scenario>): void {
    while (this.#isAnyAccepted(candidatesOf(this.#current)));
  }

  #isAnyAccepted(candidates: Iterable<Scenario>): boolean {
    for (const candidate of candidates) if (this.accepts(candidate)) return true;
    return false;
  }
}

type Entry = { readonly fault: FaultSpec } | { readonly behaviour: BehaviourSpec };

function dropEntries(search: ShrinkSearch): void {
  const { faults, adversary } = search.current;
  const entries: readonly Entry[] = [
    ...faults.map((fault) => ({ fault })),
    ...adversary.behaviours.map((behaviour) => ({ behaviour })),
  ];
  if (entries.length === 0) return;
  const base = search.current;
  minimalSubset(entries, (kept) => search.accepts(withEntries(base, kept)));
}

function withEntries(scenario: Scenario, entries: readonly Entry[]): Scenario {
  const behaviours = entries.flatMap((entry) => ("behaviour" in entry ? [entry.behaviour] : []));
  return {
    ...scenario,
    faults: entries.flatMap((entry) => ("fault" in entry ? [entry.fault] : [])),
    adversary: { ...scenario.adversary, behaviours },
  };
}

/** Fewer nodes in each fault and behaviour, fewer links in each list of links. */
function dropNodesAndLinks(search: ShrinkSearch): void {
  for (let index = 0; index < search.current.faults.length; index += 1) dropInFault(search, index);
  const { behaviours } = search.current.adversary;
  for (const [index, { nodes: set }] of behaviours.entries()) {
    const nodes = set === undefined ? [] : nodesOf(set, search.current.committee.size);
    if (nodes.length < 2) continue;
    minimalSubset(nodes, (kept) => kept.length > 0 && search.accepts(withBehaviourNodes(search.current, index, kept)));
  }
}

function withBehaviourNodes(scenario: Scenario, index: number, nodes: readonly number[]): Scenario {
  const behaviours = scenario.adversary.behaviours.map((spec, at) =>
    at === index ? { ...spec, nodes: [...nodes] } : spec,
  );
  return { ...scenario, adversary: { ...scenario.adversary, behaviours } };
}

function dropInFault(search: ShrinkSearch, index: number): void {
  const fault = search.current.faults[index];
  if (fault === undefined || fault.type === "link") return;
  if (fault.type === "partition") {
    dropInPartition(search, index, fault);
    return;
  }
  const nodes = nodesOf(fault.nodes, search.current.committee.size);
  if (nodes.length < 2) return;
  minimalSubset(
    nodes,
    (kept) => kept.length > 0 && search.accepts(withFault(search.current, index, { ...fault, nodes: [...kept] })),
  );
}

function dropInPartition(search: ShrinkSearch, index: number, fault: Extract<FaultSpec, { type: "partition" }>): void {
  const { shape } = fault;
  if (shape.type === "links") {
    const replaced = (links: readonly [number, number][]): FaultSpec => ({
      ...fault,
      shape: { ...shape, links: [...links] },
    });
    minimalSubset(
      shape.links,
      (kept) => kept.length > 0 && search.accepts(withFault(search.current, index, replaced(kept))),
    );
  } else if (shape.type === "sides") {
    const members = shape.sides.flatMap((side, at) => side.map((node) => ({ at, node })));
    const replaced = (kept: readonly { at: number; node: number }[]): FaultSpec => {
      const sides = shape.sides.map((_, at) => kept.filter((member) => member.at === at).map(({ node }) => node));
      return { ...fault, shape: { ...shape, sides: sides.filter((side) => side.length > 0) } };
    };
    minimalSubset(
      members,
      (kept) => kept.length > 0 && search.accepts(withFault(search.current, index, replaced(kept))),
    );
  }
}

function withFault(scenario: Scenario, index: number, fault: FaultSpec): Scenario {
  return { ...scenario, faults: scenario.faults.map((spec, at) => (at === index ? fault : spec)) };
}
