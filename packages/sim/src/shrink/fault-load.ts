// What a scenario asks for, counted: how many fault events it has, and whether the nodes it breaks stay within what the
// protocol promises to bear. The generator keeps within that, and the shrinker never leaves it: a failure with too many
// faulty nodes would be another failure.

import { BEHAVIOURS, type BehaviourSetting, lastWithin } from "../adversary/registry.ts";
import { nodesOf } from "../scenario/nodes.ts";
import type { FaultSpec, Scenario } from "../scenario/schema.ts";

/** Every node a fault or behaviour names is one event, a network-wide one counts once; so does each impairment of the network. */
export function faultEventCount(scenario: Scenario): number {
  const { size } = scenario.committee;
  const faults = scenario.faults.reduce((sum, fault) => sum + eventsOfFault(fault, size), 0);
  const behaviours = scenario.adversary.behaviours.reduce(
    (sum, { nodes }) => sum + (nodes === undefined ? 1 : nodesOf(nodes, size).length),
    0,
  );
  return faults + behaviours + impairmentCount(scenario);
}

/** Nodes that are faulty for good: corrupted, crashed without return, or with a disk that breaks. Ascending. */
export function faultyNodes(scenario: Scenario): readonly number[] {
  const { size } = scenario.committee;
  const lost = scenario.faults.flatMap((fault) => (isForGood(fault, scenario) ? nodesOf(fault.nodes, size) : []));
  return [...new Set([...corruptedNodes(scenario), ...lost])].sort((left, right) => left - right);
}

/** Nodes whose disk is lost or of an older day. Ascending. */
export function forgetfulNodes({ faults, committee: { size } }: Scenario): readonly number[] {
  const lost = faults.flatMap((fault) => (isLoss(fault) ? nodesOf(fault.nodes, size) : []));
  return [...new Set(lost)].sort((left, right) => left - right);
}

/** A disk that is empty or old and does not know it: only the others can tell its node what it has signed. */
export function isSilentLoss(fault: FaultSpec): boolean {
  return fault.type === "crash" && (fault.disk === "wiped" || fault.disk === "rolledBack");
}

/**
 * True if the faulty nodes hold at most the stake that may be faulty (F, the most below a third). Nodes that have forgotten
 * what they signed count among them, since they and the faulty ones may have stake F together while they recover
 * (docs/protocol.md §11); and where disks are silently lost, nodes must ask before they sign.
 */
export function isWithinFaultBound(scenario: Scenario): boolean {
  if (scenario.faults.some(isSilentLoss) && (scenario.protocol.local?.["doppelgangerRounds"] ?? 0) === 0) return false;
  const { size, stakes } = scenario.committee;
  const { behaviours, budget } = scenario.adversary;
  const faultyMax = faultyStakeMaxOf(stakes === undefined ? size : stakes.reduce((sum, stake) => sum + stake, 0));
  const all = new Set([...faultyNodes(scenario), ...forgetfulNodes(scenario)]);
  const faulty = [...all].reduce((sum, node) => sum + (stakes?.[node] ?? 1), 0);
  const isRoaming = behaviours.some(({ name }) => throughOf(name) === "adaptive");
  const roaming = isRoaming ? Math.max(0, (budget?.nodes ?? faultyMax) - corruptedNodes(scenario).size) : 0;
  return faulty + roaming * Math.max(1, ...(stakes ?? [])) <= faultyMax;
}

/** F for a total stake: the largest that is below a third. */
export function faultyStakeMaxOf(totalStake: number): number {
  return Math.floor((totalStake - 1) / 3);
}

/** The committee as its behaviours are told of it. */
export function behaviourSettingOf({ size, stakes: given }: Scenario["committee"]): BehaviourSetting {
  const stakes = given ?? Array.from({ length: size }, () => 1);
  return { size, stakes, faultyStakeMax: faultyStakeMaxOf(stakes.reduce((sum, stake) => sum + stake, 0)) };
}

/** From the start of the run. A behaviour that names none acts through those whom the registry gives it. */
function corruptedNodes({ committee, adversary }: Scenario): ReadonlySet<number> {
  const { size, stakes, faultyStakeMax } = behaviourSettingOf(committee);
  const byDefault = lastWithin(stakes, faultyStakeMax);
  const acting = adversary.behaviours.filter(({ name }) => throughOf(name) === "nodes");
  return new Set(acting.flatMap(({ nodes }) => (nodes === undefined ? byDefault : nodesOf(nodes, size))));
}

function throughOf(name: string): string {
  return BEHAVIOURS.find((behaviour) => behaviour.name === name)?.through ?? "nodes";
}

type NodeFault = Extract<FaultSpec, { nodes: unknown }>;

function isLoss(fault: FaultSpec): fault is Extract<FaultSpec, { type: "crash" }> {
  return isSilentLoss(fault) || (fault.type === "crash" && (fault.disk === "safetyLost" || fault.disk === "storeLost"));
}

function isForGood(fault: FaultSpec, { durationMs }: Scenario): fault is NodeFault {
  if (fault.type === "crash") return (fault.toMs ?? Infinity) > durationMs;
  return fault.type === "disk" && (fault.flipBits !== undefined || fault.fullAfterBytes !== undefined);
}

function eventsOfFault(fault: FaultSpec, size: number): number {
  switch (fault.type) {
    case "partition":
      return fault.shape.type === "links" ? fault.shape.links.length : 1;
    case "link":
      return 1;
    default:
      return nodesOf(fault.nodes, size).length;
  }
}

function impairmentCount({ network }: Scenario): number {
  return [
    network.loss?.probability ?? 0,
    network.loss?.burst?.enter ?? 0,
    network.duplicateProbability ?? 0,
    network.reorderProbability ?? 0,
    network.corruptProbability ?? 0,
  ].filter((probability) => probability > 0).length;
}
