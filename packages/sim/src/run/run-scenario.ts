// One run from a scenario to its result: builds the world, lets it run, watches it, judges it. Synchronous and a function of
// its arguments: no clock, no file, no randomness but the scenario's seed.

import { hexFromBytes } from "@selvedge/integrity";
import { createBehaviour } from "../adversary/registry.ts";
import type { Checker, Violation } from "../checker/checker.ts";
import { createCheckers } from "../checker/registry.ts";
import type { DecisionLog, DrawnChoices } from "../kernel/decision-log.ts";
import { RecordedStreams } from "../kernel/random.ts";
import { type Micros, microsOfMs, msOfMicros } from "../kernel/time.ts";
import type { SynchronyReport } from "../network/synchrony.ts";
import { builtinCosts } from "../process/builtin-costs.ts";
import { sha256 } from "../process/modelled-crypto.ts";
import { tokenId } from "../process/token.ts";
import type { Observed } from "../protocol/observation.ts";
import { createChain } from "../protocol/registry.ts";
import { nodesOf } from "../scenario/nodes.ts";
import type { Scenario } from "../scenario/schema.ts";
import { EVENTS_PER_INSTANT_MAX } from "../world/limits.ts";
import type { SimNode } from "../world/sim-node.ts";
import { World } from "../world/world.ts";
import { CheckerBoard } from "./checker-board.ts";
import { failureClassOf } from "./failure-class.ts";
import { ProbeWatch, type Recovery, demandRecovery } from "./liveness.ts";
import { Metrics, gaugesOf } from "./metrics.ts";
import type { Finding, RunResult } from "./result.ts";
import type { CostTable, RunOptions } from "./run-options.ts";
import { demandOwnLog, originOf } from "./run-origin.ts";
import { Workload } from "./workload.ts";

export interface RecordedRun {
  readonly result: RunResult;
  /** Everything that was drawn: replays the run without the generator. */
  readonly decisions: DecisionLog;
}

/** Throws SimInputError for a scenario that makes no sense, AdversaryError for a villain that does not behave. */
export function runScenario(scenario: Scenario, options: RunOptions = {}): RunResult {
  return recordScenario(scenario, options).result;
}

export function recordScenario(scenario: Scenario, options: RunOptions = {}): RecordedRun {
  const origin = originOf(scenario, options);
  if (options.decisions !== undefined) demandOwnLog(options.decisions, origin);
  const { result, drawn } = new Run(scenario, options).execute();
  return { result, decisions: { ...drawn, run: origin } };
}

/** How often gauges are read, in virtual time. */
const GAUGES_EVERY_US: Micros = 100_000;

class Run {
  readonly #scenario: Scenario;
  readonly #options: RunOptions;
  readonly #streams: RecordedStreams;
  readonly #world: World;
  readonly #workload: Workload;
  readonly #metrics: Metrics;
  readonly #board: CheckerBoard;
  readonly #watch = new ProbeWatch(tokenId);
  readonly #findings: Finding[] = [];
  readonly #costs: CostTable | undefined;
  #synchrony: SynchronyReport | null = null;

  constructor(scenario: Scenario, options: RunOptions) {
    this.#scenario = scenario;
    this.#options = options;
    this.#streams = new RecordedStreams(scenario.seed, options.decisions);
    this.#costs = options.costs ?? builtinCosts(scenario);
    const chain = createChain(scenario, this.#costs);
    const setting = { size: chain.size, faultyStakeMax: chain.faultyStakeMax, stakes: chain.stakes };
    const behaviours = scenario.adversary.behaviours.map((spec) => createBehaviour(spec, setting));
    this.#metrics = new Metrics({ scenario, onAcknowledged: (gateway) => this.#acknowledged(gateway) });
    this.#world = new World({
      scenario,
      chain,
      streams: this.#streams,
      adversaries: [...behaviours, ...(options.adversaries ?? [])],
      observers: options.observers ?? [],
      onObserved: (observed, node) => this.#onObserved(observed, node),
      onLifecycle: (node, isUp) => this.#board.onLifecycle(node.index, isUp),
      onCrashed: (node, error) => this.#onCrashed(node, error),
      onStuck: () => this.#onStuck(),
    });
    this.#board = new CheckerBoard(this.#checkers(), (violation) => this.#onViolation(violation));
    this.#workload = new Workload({
      scenario,
      nodes: this.#world.nodes,
      choices: this.#streams.of("workload"),
      nowUs: this.#world.nowUs,
      schedule: this.#world.schedule,
      makeUpdate: (draft, { process }) => chain.makeUpdate?.(draft, process ?? null) ?? null,
      onSubmitted: (id, gateway) => this.#metrics.onSubmitted(id, gateway, this.#world.nowUs()),
      onUpdate: ({ signed }, gateway) => this.#metrics.onUpdate(signed.digest, gateway, this.#world.nowUs()),
    });
  }

  execute(): { readonly result: RunResult; readonly drawn: DrawnChoices } {
    this.#watchGauges();
    this.#world.runUntil(microsOfMs(this.#scenario.durationMs));
    // Healing freezes nodes on purpose: the contract is settled before.
    this.#synchrony = this.#world.synchronyReport;
    const recovery = this.#recover();
    if (recovery.finding !== undefined) this.#findings.push(recovery.finding);
    this.#board.finish(this.#world.nowUs());
    const result = this.#result(recovery);
    return { result, drawn: this.#streams.log() };
  }

  #checkers(): readonly Checker[] {
    const { chain, nodes } = this.#world;
    const wanted = this.#options.checkers;
    const checkers = createCheckers(
      {
        committee: chain.committee,
        protocol: chain.protocol,
        size: chain.size,
        isHonest: (node) => nodes[node]?.isCorrupted === false,
        isUp: (node) => nodes[node]?.isUp === true,
        wasSubmitted: (transaction) => this.#metrics.wasSubmitted(transaction),
        gcDepth: chain.gcDepth,
        gaugesOf: (node) => {
          const found = nodes[node];
          return found === undefined ? {} : gaugesOf(found);
        },
      },
      this.#scenario,
    );
    return wanted === undefined ? checkers : checkers.filter(({ name }) => wanted.includes(name));
  }

  #recover(): Recovery {
    if (this.#scenario.liveness === undefined || this.#findings.length > 0)
      return { finding: undefined, recoveryMs: null };
    const { size } = this.#scenario.committee;
    const gone = new Set(
      this.#scenario.faults.flatMap((fault) =>
        fault.type === "crash" && fault.toMs === undefined ? nodesOf(fault.nodes, size) : [],
      ),
    );
    return demandRecovery(
      {
        scenario: this.#scenario,
        world: this.#world,
        workload: this.#workload,
        choices: this.#streams.of("core"),
        isGone: (node) => gone.has(node.index) && !node.isUp,
      },
      this.#watch,
    );
  }

  #onObserved(observed: Observed, node: SimNode): void {
    if (node.isCorrupted) return;
    this.#metrics.onObserved(observed);
    this.#board.onObserved(observed);
    this.#watch.onObserved(observed);
  }

  #acknowledged(gateway: number): void {
    const node = this.#world.nodes[gateway];
    if (node !== undefined) this.#workload.onCommitted(node);
  }

  #onViolation({ checker, kind, detail, node, atUs }: Violation): void {
    const verdict = kind === "safety" ? "UNSAFE" : kind === "liveness" ? "STALLED" : "CRASHED";
    this.#findings.push({ verdict, class: checker, detail, node, atMs: msOfMicros(atUs) });
    if (kind === "safety") this.#world.stop();
  }

  #onCrashed(node: SimNode, error: unknown): void {
    const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.#findings.push({
      verdict: "CRASHED",
      class: failureClassOf(error),
      detail,
      node: node.index,
      atMs: msOfMicros(this.#world.nowUs()),
    });
    this.#world.stop();
  }

  #onStuck(): void {
    const detail = `more than ${EVENTS_PER_INSTANT_MAX} events at one instant of virtual time: something answers itself without delay`;
    this.#findings.push({
      verdict: "CRASHED",
      class: "instant",
      detail,
      node: null,
      atMs: msOfMicros(this.#world.nowUs()),
    });
  }

  #watchGauges(): void {
    const { nodes, schedule, nowUs } = this.#world;
    const look = (): void => {
      for (const node of nodes) if (!node.isCorrupted) this.#metrics.onGauges(gaugesOf(node));
      if (nowUs() + GAUGES_EVERY_US <= microsOfMs(this.#scenario.durationMs)) schedule(nowUs() + GAUGES_EVERY_US, look);
    };
    schedule(GAUGES_EVERY_US, look);
  }

  #result({ recoveryMs }: Recovery): RunResult {
    const fired = this.#fired();
    const findings = inOrderOfWeight([...this.#findings, ...this.#doubts(fired)]);
    const metrics = this.#metrics.report(this.#world.traffic, this.#world.eventCount);
    return {
      verdict: findings[0]?.verdict ?? "PASS",
      findings,
      violations: this.#board.violations,
      metrics,
      seconds: this.#metrics.seconds(),
      latenciesMs: this.#options.keepLatencies === true ? this.#metrics.latenciesMs() : null,
      fired,
      exercised: this.#board.exercised(),
      adversary: this.#world.adversaryReport,
      recoveryMs,
      traceDigest: this.#traceDigest(),
      isCryptoModelled: this.#scenario.execution.crypto === "modelled",
      notes: this.#notes(),
    };
  }

  #fired(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#world.firedCounts()].sort(([left], [right]) => (left < right ? -1 : 1)));
  }

  /** Reasons why a run without a violation proves nothing (G23). */
  #doubts(fired: Readonly<Record<string, number>>): readonly Finding[] {
    const atMs = msOfMicros(this.#world.nowUs());
    const doubt = (kind: string, detail: string): Finding => ({
      verdict: "INCONCLUSIVE",
      class: kind,
      detail,
      node: null,
      atMs,
    });
    const silent = Object.keys(fired).filter((name) => fired[name] === 0);
    return [
      ...(this.#metrics.commitCount === 0 ? [doubt("no-commits", "nothing was committed")] : []),
      ...this.#brokenPromise(doubt),
      ...silent.map((name) => doubt("silent-fault", `${name} was asked for and never acted`)),
      ...this.#board.unchecked().map((detail) => doubt("idle-checker", detail)),
      ...(this.#streams.missingCount > 0
        ? [doubt("diverged", `the replay wanted ${this.#streams.missingCount} choices that the log does not hold`)]
        : []),
      // A run that a finding ends early, or spares the recovery, may leave choices over.
      ...(this.#findings.length === 0 && this.#streams.unusedCount > 0
        ? [doubt("diverged", `the replay left ${this.#streams.unusedCount} choices of the log unused`)]
        : []),
    ];
  }

  #brokenPromise(doubt: (kind: string, detail: string) => Finding): readonly Finding[] {
    const report = this.#synchrony;
    if (report === null) return [];
    if (report.checkedCount === 0)
      return [doubt("synchrony", "the synchrony contract was never checked: GST is not reached")];
    if (report.firstBreach === null) return [];
    const { from, to, why, sentAtUs } = report.firstBreach;
    const detail = `the network broke its contract ${report.breachCount} times; first: from ${from} to ${to}, sent at ${msOfMicros(sentAtUs)} ms, ${why}`;
    return [doubt("synchrony", detail)];
  }

  #traceDigest(): string {
    const { chain, nodes, hash } = this.#world;
    const engines = nodes.map(({ process }) => (process === undefined ? "" : chain.traceDigestOf(process)));
    return hexFromBytes(sha256(new TextEncoder().encode([hash.text, ...engines].join(" "))));
  }

  #notes(): readonly string[] {
    const { execution, workload } = this.#scenario;
    const scale = workload.transactionsPerToken ?? 1;
    return [
      ...(execution.crypto === "modelled" ? ["signatures and coin are modelled, not computed"] : []),
      ...(this.#costs === undefined
        ? ["CPU time costs nothing in this run"]
        : [`CPU time by the cost table of ${this.#costs.machine}`]),
      ...(scale > 1 ? [`each token in a block stands for ${scale} transactions`] : []),
      ...(this.#workload.refusedCount > 0 ? [`gateways refused ${this.#workload.refusedCount} submissions`] : []),
    ];
  }
}

/** What is unsafe comes first, whenever it was found: no stall or crash before it may hide it. The rest as it came. */
function inOrderOfWeight(findings: readonly Finding[]): readonly Finding[] {
  const isUnsafe = ({ verdict }: Finding): boolean => verdict === "UNSAFE";
  return [...findings.filter(isUnsafe), ...findings.filter((finding) => !isUnsafe(finding))];
}
