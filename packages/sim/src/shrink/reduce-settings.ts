// Simpler settings, one step at a time: less time, a plainer network, less content, narrower windows, options gone. Each
// function answers candidates from the boldest to the mildest; the shrinker takes the first that still fails. Pure.

import { Compile } from "typebox/compile";
import type { Finding } from "../run/result.ts";
import { SCENARIO, type LatencySpec, type Scenario } from "../scenario/schema.ts";

/** Shorter runs; a safety violation needs nothing after it, and no promise of liveness either. */
export function shorterRuns(scenario: Scenario, finding: Finding): readonly Scenario[] {
  const { durationMs } = scenario;
  const candidates: Scenario[] = [];
  if (finding.verdict === "UNSAFE" || finding.verdict === "CRASHED") {
    const untilThen = Math.min(durationMs, Math.ceil(finding.atMs / 10) * 10 + 10);
    const { liveness: _liveness, ...safetyOnly } = scenario;
    candidates.push({ ...safetyOnly, durationMs: untilThen }, { ...scenario, durationMs: untilThen }, safetyOnly);
  }
  for (const share of [0.125, 0.25, 0.5, 0.75, 0.9]) {
    const shorter = { ...scenario, durationMs: Math.ceil((durationMs * share) / 10) * 10 };
    // As a whole in less time, or cut off; a fault that ends after the run might never end.
    candidates.push(
      withTimes(shorter, (timeMs) => Math.round(timeMs * share)),
      shorter,
    );
  }
  return candidates.map(withinDuration).filter((candidate) => isOther(candidate, scenario));
}

/** A network without any trouble of its own, or with one trouble less; then with plainer delays. */
export function plainerNetworks(scenario: Scenario): readonly Scenario[] {
  const { network } = scenario;
  const constant: LatencySpec = { type: "constant", ms: typicalDelayMs(network.latency) };
  const candidates: Scenario[] = [
    { ...scenario, network: { latency: { type: "constant", ms: 10 } } },
    { ...scenario, network: { latency: constant } },
    { ...scenario, network: { latency: network.latency } },
  ];
  if (network.latency.type !== "constant") {
    candidates.push({ ...scenario, network: { ...network, latency: constant } });
  } else if (network.latency.ms !== 10) {
    candidates.push({ ...scenario, network: { ...network, latency: { type: "constant", ms: 10 } } });
  }
  return candidates.filter((candidate) => isOther(candidate, scenario));
}

/** No content, then less of it. */
export function lighterWorkloads(scenario: Scenario): readonly Scenario[] {
  const { workload } = scenario;
  const { transactionsPerSecond: rate, devices = 0, modelSize = 0 } = workload;
  const candidates: Scenario["workload"][] = [
    { transactionsPerSecond: 0, transactionBytes: 24 },
    { transactionsPerSecond: 10, transactionBytes: 24 },
    { transactionsPerSecond: rate, transactionBytes: workload.transactionBytes },
    { ...workload, transactionsPerSecond: 0 },
    { ...workload, transactionBytes: 24 },
  ];
  if (rate > 10) candidates.push({ ...workload, transactionsPerSecond: Math.ceil(rate / 4) });
  if (devices > 1) candidates.push({ ...workload, devices: 1 }, { ...workload, devices: Math.ceil(devices / 2) });
  if (modelSize > 1) candidates.push({ ...workload, modelSize: 1 });
  return candidates
    .filter(
      ({ transactionsPerSecond, transactionBytes }) =>
        transactionsPerSecond <= rate && transactionBytes <= workload.transactionBytes,
    )
    .map((lighter) => ({ ...scenario, workload: lighter }))
    .filter((candidate) => isOther(candidate, scenario));
}

/** Keys without which a fault or budget would mean more, not less. */
const KEYS_THAT_RESTRICT: ReadonlySet<string> = new Set(
  "nodes from to fromMs toMs maxSizeBytes minSizeBytes budget stake messages delayMs boundMs ledger seed regions burstBytes egressMbps ingressMbps bufferBytes closedLoopClients".split(
    " ",
  ),
);

/** Without one optional setting, wherever it stands. The schema says what is optional. */
export function* fewerSettings(scenario: Scenario): Iterable<Scenario> {
  for (const path of pathsOf(scenario)) {
    const key = path.at(-1);
    if (typeof key !== "string" || KEYS_THAT_RESTRICT.has(key)) continue;
    const candidate = edited(scenario, path, undefined);
    if (isScenario(candidate)) yield candidate;
  }
}

/** Shorter windows of faults and behaviours: each half in turn, until a window is a fiftieth of the run. */
export function narrowerWindows(scenario: Scenario): readonly Scenario[] {
  const candidates: unknown[] = [];
  for (const { path, window } of windowsOf(scenario)) {
    const fromMs = window.fromMs ?? 0;
    const toMs = window.toMs ?? scenario.durationMs;
    const middle = Math.round((fromMs + toMs) / 2);
    if (toMs - fromMs <= Math.max(10, scenario.durationMs / 50)) continue;
    // A crash without an end is for good: giving it one would make it another fault.
    if (window.toMs !== undefined) candidates.push(edited(scenario, [...path, "toMs"], middle));
    candidates.push(edited(scenario, [...path, "fromMs"], middle));
  }
  return candidates.filter((candidate) => isScenario(candidate));
}

/** Times on round numbers: easier to read, and the same failure. */
export function rounderTimes(scenario: Scenario): readonly Scenario[] {
  return [100, 10, 1]
    .map((step) => withTimes(scenario, (timeMs) => Math.round(timeMs / step) * step))
    .filter((candidate) => isOther(candidate, scenario) && !isAnyWindowEmpty(candidate));
}

function withTimes(scenario: Scenario, change: (timeMs: number) => number): Scenario {
  const changed = <Spec extends Window>(spec: Spec): Spec => ({
    ...spec,
    ...(spec.fromMs === undefined ? {} : { fromMs: change(spec.fromMs) }),
    ...(spec.toMs === undefined ? {} : { toMs: change(spec.toMs) }),
  });
  const { faults, adversary } = scenario;
  return {
    ...scenario,
    faults: faults.map(changed),
    adversary: { ...adversary, behaviours: adversary.behaviours.map(changed) },
  };
}

const SCENARIO_CHECK = Compile(SCENARIO);

function isScenario(value: unknown): value is Scenario {
  return SCENARIO_CHECK.Check(value);
}

type Path = readonly (string | number)[];

interface Window {
  readonly fromMs?: number;
  readonly toMs?: number;
}

function windowsOf({ faults, adversary }: Scenario): readonly { readonly path: Path; readonly window: Window }[] {
  return [
    ...faults.map((window, index) => ({ path: ["faults", index], window })),
    ...adversary.behaviours.map((window, index) => ({ path: ["adversary", "behaviours", index], window })),
  ];
}

function isAnyWindowEmpty(scenario: Scenario): boolean {
  return windowsOf(scenario).some(({ window: { fromMs = 0, toMs = scenario.durationMs } }) => toMs <= fromMs);
}

/** Faults that would begin after the end are dropped; windows and the wait for synchrony end with the run. */
function withinDuration(scenario: Scenario): Scenario {
  const { durationMs, adversary, network } = scenario;
  const isInTime = ({ fromMs = 0 }: Window): boolean => fromMs < durationMs;
  const cut = withTimes(scenario, (timeMs) => Math.min(timeMs, durationMs));
  const inTime = <Spec extends Window>(all: readonly Spec[], cutOff: readonly Spec[]): Spec[] =>
    cutOff.filter((_, index) => isInTime(all[index] ?? {}));
  const { synchrony } = network;
  return {
    ...cut,
    ...(synchrony === undefined
      ? {}
      : { network: { ...network, synchrony: { ...synchrony, gstMs: Math.min(synchrony.gstMs, durationMs) } } }),
    faults: inTime(scenario.faults, cut.faults),
    adversary: { ...adversary, behaviours: inTime(adversary.behaviours, cut.adversary.behaviours) },
  };
}

function typicalDelayMs(latency: LatencySpec): number {
  switch (latency.type) {
    case "constant":
      return latency.ms;
    case "uniform":
      return Math.round((latency.minMs + latency.maxMs) / 2);
    case "normal":
    case "laplace":
    case "exponential":
      return Math.round(latency.meanMs);
    case "logNormal":
      return Math.round(latency.medianMs);
    case "pareto":
      return Math.round(latency.minMs * 2);
    case "empirical":
      return Math.round(latency.ms[Math.floor(latency.ms.length / 2)] ?? 10);
    case "matrix":
      return 80;
    default:
      return latency satisfies never;
  }
}

function isOther(candidate: Scenario, scenario: Scenario): boolean {
  return JSON.stringify(candidate) !== JSON.stringify(scenario);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Every key of every object below, outer before inner. */
function pathsOf(value: unknown, prefix: Path = []): readonly Path[] {
  if (Array.isArray(value)) return value.flatMap((item: unknown, index) => pathsOf(item, [...prefix, index]));
  if (!isRecord(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) => [[...prefix, key], ...pathsOf(inner, [...prefix, key])]);
}

/** A copy with the value at the path replaced, or its key left out. */
function edited(root: unknown, path: Path, value: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  if (Array.isArray(root))
    return root.map((item: unknown, index) => (index === key ? edited(item, rest, value) : item));
  if (!isRecord(root)) return root;
  const others = Object.entries(root).filter(([name]) => name !== key);
  if (rest.length === 0 && value === undefined) return Object.fromEntries(others);
  if (rest.length === 0 && !(key in root)) return { ...root, [key]: value };
  return Object.fromEntries(
    Object.entries(root).map(([name, inner]) => [name, name === key ? edited(inner, rest, value) : inner]),
  );
}
