// A swarm of random scenarios: run, counted, failures grouped. The tally is plain bookkeeping, so that a command may run
// the scenarios on many threads and still have one report; `runSwarm` runs them here, one after another.

import type { Finding, RunResult } from "../run/result.ts";
import type { Scenario } from "../scenario/schema.ts";
import { type RandomScenarioOptions, randomScenario } from "./random-scenario.ts";
import { type SwarmCoverage, coverageText, exercisedIn, unseenIn, withRun } from "./swarm-coverage.ts";

export interface SwarmOptions {
  /** Of the first scenario; the next ones follow. */
  readonly seed: number;
  readonly count: number;
  readonly run: (scenario: Scenario) => RunResult;
  readonly scenarios?: RandomScenarioOptions;
  readonly onRun?: (scenario: Scenario, result: RunResult) => void;
}

/** Failures of one verdict and class. */
export interface FindingGroup {
  readonly verdict: string;
  readonly class: string;
  readonly count: number;
  /** The first few. */
  readonly seeds: readonly number[];
  readonly detail: string;
  /** Runs the first of them again. */
  readonly replay: string;
}

export interface SwarmReport {
  readonly count: number;
  readonly verdicts: Readonly<Record<string, number>>;
  /** Most frequent first. Runs that proved nothing (INCONCLUSIVE) are among them, by what did not act. */
  readonly findings: readonly FindingGroup[];
  readonly coverage: SwarmCoverage;
  readonly unseen: readonly string[];
}

const SEEDS_SHOWN = 8;

export function runSwarm({ seed, count, run, scenarios, onRun }: SwarmOptions): SwarmReport {
  const tally = new SwarmTally();
  for (let offset = 0; offset < count; offset += 1) {
    const scenario = randomScenario(seed + offset, scenarios);
    const result = run(scenario);
    tally.add(scenario, result);
    onRun?.(scenario, result);
  }
  return tally.report();
}

/** Counts runs as they end, in any order; the report depends on which they were, not on the order. */
export class SwarmTally {
  readonly #replayOf: (scenario: Scenario) => string;
  readonly #verdicts = new Map<string, number>();
  readonly #groups = new Map<string, Failure[]>();
  #coverage: SwarmCoverage = {};
  #count = 0;

  /** How a failure is run again; by its seed, unless it is no random scenario. */
  constructor(replayOf: (scenario: Scenario) => string = replayBySeed) {
    this.#replayOf = replayOf;
  }

  add(scenario: Scenario, result: RunResult): void {
    this.#count += 1;
    this.#verdicts.set(result.verdict, (this.#verdicts.get(result.verdict) ?? 0) + 1);
    this.#coverage = withRun(this.#coverage, exercisedIn(scenario, result));
    const [finding] = result.findings;
    if (finding === undefined) return;
    const key = `${finding.verdict} ${finding.class}`;
    const group = this.#groups.get(key) ?? [];
    this.#groups.set(key, [...group, { scenario, finding }]);
  }

  report(): SwarmReport {
    const verdicts = [...this.#verdicts].sort(([left], [right]) => (left < right ? -1 : 1));
    const findings = [...this.#groups.values()].map((group) => groupOf(group, this.#replayOf)).sort(byWeight);
    return {
      count: this.#count,
      verdicts: Object.fromEntries(verdicts),
      findings,
      coverage: this.#coverage,
      unseen: unseenIn(this.#coverage),
    };
  }
}

/** As the command line prints it. */
export function swarmText(report: SwarmReport): string {
  const verdicts = Object.entries(report.verdicts).map(([verdict, count]) => `${count} ${verdict}`);
  const findings = report.findings.flatMap(({ verdict, class: kind, count, seeds, detail, replay }) => [
    `${count} × ${verdict} ${kind} (seeds ${seeds.join(", ")}${count > seeds.length ? ", …" : ""}): ${detail}`,
    `  ${replay}`,
  ]);
  const head = `${report.count} random scenarios: ${verdicts.join(", ")}`;
  return `${[head, ...findings].join("\n")}\n${coverageText(report.coverage)}`;
}

interface Failure {
  readonly scenario: Scenario;
  readonly finding: Finding;
}

function groupOf(members: readonly Failure[], replayOf: (scenario: Scenario) => string): FindingGroup {
  const ordered = [...members].sort((left, right) => left.scenario.seed - right.scenario.seed);
  const [first] = ordered;
  return {
    verdict: first?.finding.verdict ?? "",
    class: first?.finding.class ?? "",
    count: members.length,
    seeds: ordered.slice(0, SEEDS_SHOWN).map(({ scenario }) => scenario.seed),
    detail: first?.finding.detail ?? "",
    replay: first === undefined ? "" : replayOf(first.scenario),
  };
}

function replayBySeed({ seed }: Scenario): string {
  return `selvedge sim swarm --seed ${seed} --count 1`;
}

function byWeight(left: FindingGroup, right: FindingGroup): number {
  if (left.count !== right.count) return right.count - left.count;
  return left.replay < right.replay ? -1 : 1;
}
