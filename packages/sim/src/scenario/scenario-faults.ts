// What a schema cannot say about a scenario: nodes that do not exist, windows that end before they begin, unsound
// parameters, unknown names. Pure; load.ts turns the sentences into an error.

import { DEFAULT_LOCAL_PARAMS, type LocalParams } from "@selvedge/consensus";
import { DEFAULT_PROTOCOL_PARAMS, unsoundParams } from "@selvedge/integrity";
import { AdversaryError } from "../adversary/adversary-error.ts";
import { type BehaviourSetting, createBehaviour } from "../adversary/registry.ts";
import { type MatrixSpec, findMatrix, matrixDelaysOf } from "../network/matrix.ts";
import { behaviourSettingOf } from "../shrink/fault-load.ts";
import { emptyFaults } from "./empty-faults.ts";
import { suggestion } from "./nearest-name.ts";
import type { BehaviourSpec, FaultSpec, LatencySpec, NetworkSpec, NodeSet, PartitionSpec, Scenario } from "./schema.ts";
import { SimInputError } from "./sim-error.ts";

/** Names that the other parts of the simulator know. */
export interface KnownNames {
  readonly protocols: readonly string[];
  /** Those that run our engine and take its parameters. */
  readonly engineProtocols: readonly string[];
  readonly behaviours: readonly string[];
  readonly matrices: readonly string[];
  readonly profiles: readonly string[];
}

/** One sentence for each thing that does not hold; empty for a sound scenario. */
export function scenarioFaults(scenario: Scenario, known: KnownNames): readonly string[] {
  return [
    ...committeeFaults(scenario),
    ...protocolFaults(scenario, known),
    ...networkFaults(scenario, known),
    ...scenario.faults.flatMap((fault, index) => faultFaults(fault, { scenario, at: `faults.${index}` })),
    ...adversaryFaults(scenario, known),
  ];
}

interface Place {
  readonly scenario: Scenario;
  readonly at: string;
}

function committeeFaults(scenario: Scenario): string[] {
  const { size, stakes } = scenario.committee;
  return stakes === undefined || stakes.length === size
    ? []
    : [`committee.stakes has ${stakes.length} entries for a committee of ${size}`];
}

function protocolFaults(scenario: Scenario, known: KnownNames): string[] {
  const { name, params = {}, local = {} } = scenario.protocol;
  if (!known.protocols.includes(name)) return [unknownName("protocol.name", name, known.protocols)];
  if (!known.engineProtocols.includes(name)) return [];
  const unknown = [
    ...unknownKeys("protocol.params", params, DEFAULT_PROTOCOL_PARAMS),
    ...unknownKeys("protocol.local", local, DEFAULT_LOCAL_PARAMS),
  ];
  if (unknown.length > 0) return unknown;
  const unsound = unsoundParams({ ...DEFAULT_PROTOCOL_PARAMS, ...params });
  const tooLow = Object.entries(local).filter(([key, value]) => !Number.isSafeInteger(value) || value < leastOf(key));
  return [
    ...(unsound === undefined ? [] : [`protocol.params: ${unsound}`]),
    ...tooLow.map(
      ([key, value]) => `protocol.local.${key} must be a whole number of at least ${leastOf(key)}, not ${value}`,
    ),
    ...transactionFaults(scenario),
  ];
}

/** Of the engine's own parameters, those with which 0 makes a timer fire without end, or lets nothing in or out. */
const POSITIVE_LOCAL_PARAMS: ReadonlySet<string> = new Set<keyof LocalParams>([
  "leaderTimeoutMs",
  "ownUncommittedBytesMax",
  "parkedPerAuthorMax",
  "parkedMax",
  "fetchTimeoutMs",
  "fetchRangeRoundsMax",
]);

function leastOf(localParam: string): number {
  return POSITIVE_LOCAL_PARAMS.has(localParam) ? 1 : 0;
}

/** An engine drops what no block may carry, so that a run would wait for its own probes in vain. */
function transactionFaults({ protocol, workload, liveness }: Scenario): string[] {
  const { transactionBytes, transactionsPerSecond, closedLoopClients, transactionsPerToken = 1 } = workload;
  const hasAny = transactionsPerSecond > 0 || closedLoopClients !== undefined || liveness !== undefined;
  const most = protocol.params?.["transactionBytesMax"] ?? DEFAULT_PROTOCOL_PARAMS.transactionBytesMax;
  if (!hasAny || transactionsPerToken > 1 || transactionBytes <= most) return [];
  return [
    `workload.transactionBytes (${transactionBytes}) is above protocol.params.transactionBytesMax (${most}): no block could carry one`,
  ];
}

function unknownKeys(at: string, given: object, defaults: object): string[] {
  const names = Object.keys(defaults);
  return Object.keys(given)
    .filter((key) => !names.includes(key))
    .map((key) => `unknown field ${at}.${key}${suggestion(key, names)}`);
}

function unknownName(at: string, name: string, names: readonly string[]): string {
  return `${at}: there is no ${JSON.stringify(name)}${suggestion(name, names)} (known: ${names.join(", ")})`;
}

function networkFaults(scenario: Scenario, known: KnownNames): string[] {
  const network: NetworkSpec = scenario.network;
  const access = (network.access ?? []).flatMap(({ nodes, profile }, index) => [
    ...nodesFaults(nodes, { scenario, at: `network.access.${index}.nodes` }),
    ...(known.profiles.includes(profile)
      ? []
      : [unknownName(`network.access.${index}.profile`, profile, known.profiles)]),
  ]);
  const gstMs = network.synchrony?.gstMs ?? 0;
  return [
    ...latencyFaults(network.latency, known, scenario.committee.size),
    ...access,
    ...(gstMs > scenario.durationMs
      ? [`network.synchrony.gstMs (${gstMs}) lies behind durationMs (${scenario.durationMs})`]
      : []),
  ];
}

function latencyFaults(latency: LatencySpec, known: KnownNames, size: number): string[] {
  const at = "network.latency";
  switch (latency.type) {
    case "uniform":
      return latency.minMs <= latency.maxMs ? [] : [`${at}.minMs (${latency.minMs}) is above maxMs (${latency.maxMs})`];
    case "exponential":
      return latency.minMs <= latency.meanMs
        ? []
        : [`${at}.minMs (${latency.minMs}) is above meanMs (${latency.meanMs})`];
    case "empirical":
      return empiricalFaults(latency.shares, latency.ms);
    case "matrix":
      return known.matrices.includes(latency.matrix)
        ? regionFaults(latency, size)
        : [unknownName(`${at}.matrix`, latency.matrix, known.matrices)];
    default:
      return [];
  }
}

/** What the matrix itself refuses: regions that it does not have, pairs that nobody measured. */
function regionFaults(latency: MatrixSpec, size: number): string[] {
  try {
    matrixDelaysOf(findMatrix(latency.matrix, null), latency, size);
    return [];
  } catch (error) {
    if (error instanceof SimInputError) return [`network.latency: ${error.message}`];
    throw error;
  }
}

function empiricalFaults(shares: readonly number[], ms: readonly number[]): string[] {
  const at = "network.latency";
  if (shares.length !== ms.length) return [`${at}.shares has ${shares.length} entries and ms ${ms.length}`];
  if (shares[0] !== 0 || shares.at(-1) !== 1) return [`${at}.shares must go from 0 to 1`];
  const isRising = (values: readonly number[]): boolean =>
    values.every((value, index) => index === 0 || value >= (values[index - 1] ?? 0));
  return isRising(shares) && isRising(ms) ? [] : [`${at}.shares and ms must rise`];
}

function faultFaults(fault: FaultSpec, place: Place): string[] {
  const faults = [...windowFaults(fault, place), ...emptyFaults(fault, place.at)];
  if (fault.type === "partition") return [...faults, ...partitionFaults(fault, place)];
  if (fault.type === "link") {
    const ends = [fault.from ?? [], fault.to ?? []];
    return [
      ...faults,
      ...ends.flatMap((nodes, index) =>
        nodesFaults(nodes, { ...place, at: `${place.at}.${index === 0 ? "from" : "to"}` }),
      ),
    ];
  }
  return [...faults, ...nodesFaults(fault.nodes, { ...place, at: `${place.at}.nodes` })];
}

function windowFaults(
  window: { readonly fromMs?: number | undefined; readonly toMs?: number | undefined },
  place: Place,
): string[] {
  const { durationMs } = place.scenario;
  const { fromMs = 0, toMs = durationMs } = window;
  if (fromMs > durationMs) return [`${place.at}.fromMs (${fromMs}) lies behind durationMs (${durationMs})`];
  if (toMs > durationMs) return [`${place.at}.toMs (${toMs}) lies behind durationMs (${durationMs})`];
  return fromMs > toMs ? [`${place.at}.fromMs (${fromMs}) lies behind toMs (${toMs})`] : [];
}

function partitionFaults(partition: PartitionSpec, place: Place): string[] {
  const { shape, flapping } = partition;
  const at = `${place.at}.shape`;
  const here = (field: string): Place => ({ ...place, at: `${at}.${field}` });
  const isFlappingOdd = flapping !== undefined && (flapping.periodMs === 0 || flapping.onMs > flapping.periodMs);
  const faults = isFlappingOdd ? [`${place.at}.flapping: onMs must not be above periodMs, and periodMs not 0`] : [];
  switch (shape.type) {
    case "sides": {
      const all = shape.sides.flat();
      const twice = all.find((node, index) => all.indexOf(node) !== index);
      return [
        ...faults,
        ...nodesFaults(all, here("sides")),
        ...(twice === undefined ? [] : [`${at}.sides: node ${twice} stands twice`]),
      ];
    }
    case "oneWay":
      return [...faults, ...nodesFaults(shape.from, here("from")), ...nodesFaults(shape.to, here("to"))];
    case "links":
      return [...faults, ...nodesFaults(shape.links.flat(), here("links"))];
    case "bridge":
      return [...faults, ...nodesFaults([shape.bridge], here("bridge"))];
    case "random":
      return shape.everyMs > 0 ? faults : [...faults, `${at}.everyMs must be above 0`];
    default:
      return faults;
  }
}

function nodesFaults(nodes: NodeSet, place: Place): string[] {
  const { size } = place.scenario.committee;
  if (nodes === "all") return [];
  if ("last" in nodes)
    return nodes.last <= size ? [] : [`${place.at}.last (${nodes.last}) is more than the committee's ${size} nodes`];
  const beyond = nodes.find((node) => node >= size);
  return beyond === undefined
    ? []
    : [`${place.at}: there is no node ${beyond} in a committee of ${size} (0 to ${size - 1})`];
}

function adversaryFaults(scenario: Scenario, known: KnownNames): string[] {
  const setting = behaviourSettingOf(scenario.committee);
  return scenario.adversary.behaviours.flatMap((behaviour, index) => {
    const at = `adversary.behaviours.${index}`;
    if (!known.behaviours.includes(behaviour.name))
      return [unknownName(`${at}.name`, behaviour.name, known.behaviours)];
    const faults = [
      ...(behaviour.nodes === undefined ? [] : nodesFaults(behaviour.nodes, { scenario, at: `${at}.nodes` })),
      ...windowFaults(behaviour, { scenario, at }),
    ];
    return faults.length > 0 ? faults : optionFaults(behaviour, { at, setting });
  });
}

/** What the behaviour itself refuses: its options, and nodes where it has none. */
function optionFaults(
  behaviour: BehaviourSpec,
  place: { readonly at: string; readonly setting: BehaviourSetting },
): string[] {
  try {
    createBehaviour(behaviour, place.setting);
    return [];
  } catch (error) {
    if (error instanceof AdversaryError) return [`${place.at}: ${error.message}`];
    throw error;
  }
}
