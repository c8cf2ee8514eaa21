// Smaller committees: a scenario without some of its nodes, everything that names nodes renumbered. A fault or behaviour
// that is left without nodes goes. Pure; whether the smaller one still fails is the shrinker's question.

import { nodesOf } from "../scenario/nodes.ts";
import type { BehaviourSpec, FaultSpec, NodeSet, PartitionSpec, Scenario } from "../scenario/schema.ts";

/** Sizes of 3F + 1 nodes first: there the faulty share is the largest that is allowed. */
const TIGHT_SIZES: readonly number[] = [4, 7, 10, 13, 16, 22, 31];

/** Boldest first: down to a tight size, then by one node. Nodes that no fault names go before those that one does. */
export function smallerCommittees(scenario: Scenario): readonly Scenario[] {
  const { size } = scenario.committee;
  const order = nodesByInvolvement(scenario);
  const bold = TIGHT_SIZES.filter((target) => target < size - 1).map((target) => order.slice(0, size - target));
  const single = size > 1 ? order.map((node) => [node]) : [];
  return [...bold, ...single].map((gone) => withoutNodes(scenario, new Set(gone)));
}

export function withoutNodes(scenario: Scenario, gone: ReadonlySet<number>): Scenario {
  const { committee, network, adversary } = scenario;
  const kept = Array.from({ length: committee.size }, (_, index) => index).filter((index) => !gone.has(index));
  const renumber: Renumber = { size: committee.size, indexOf: new Map(kept.map((node, index) => [node, index])) };
  const { stakes } = committee;
  return {
    ...scenario,
    committee: {
      size: kept.length,
      ...(stakes === undefined ? {} : { stakes: kept.flatMap((node) => stakes[node] ?? []) }),
    },
    network: {
      ...network,
      ...(network.access === undefined
        ? {}
        : { access: network.access.map((entry) => ({ ...entry, nodes: renumbered(entry.nodes, renumber) })) }),
    },
    faults: scenario.faults.flatMap((fault) => faultWithout(fault, renumber)),
    adversary: {
      ...adversary,
      behaviours: adversary.behaviours.flatMap((behaviour) => behaviourWithout(behaviour, renumber)),
    },
  };
}

interface Renumber {
  /** Of the committee before. */
  readonly size: number;
  readonly indexOf: ReadonlyMap<number, number>;
}

function nodesByInvolvement({ committee: { size }, faults, adversary }: Scenario): readonly number[] {
  const uses = Array.from({ length: size }, () => 0);
  const count = (set: NodeSet | undefined): void => {
    if (set === undefined || set === "all") return;
    for (const node of nodesOf(set, size)) uses[node] = (uses[node] ?? 0) + 1;
  };
  for (const fault of faults) {
    if (fault.type !== "partition" && fault.type !== "link") count(fault.nodes);
    if (fault.type === "link") [fault.from, fault.to].forEach(count);
    if (fault.type === "partition") nodesInShape(fault.shape).forEach((node) => count([node]));
  }
  for (const { nodes } of adversary.behaviours) count(nodes);
  return uses
    .map((used, node) => ({ used, node }))
    .sort((left, right) => left.used - right.used || right.node - left.node)
    .map(({ node }) => node);
}

function nodesInShape(shape: PartitionSpec["shape"]): readonly number[] {
  switch (shape.type) {
    case "sides":
      return shape.sides.flat();
    case "links":
      return shape.links.flat();
    case "bridge":
      return [shape.bridge];
    default:
      return [];
  }
}

/** "all" and `last` sets stay what they are, as far as that means the nodes that are left. */
function renumbered(set: NodeSet, renumber: Renumber): NodeSet {
  if (set === "all") return set;
  return indices(nodesOf(set, renumber.size), renumber);
}

function indices(nodes: readonly number[], { indexOf }: Renumber): number[] {
  return nodes.flatMap((node) => indexOf.get(node) ?? []);
}

function isNobody(set: NodeSet | undefined): boolean {
  return Array.isArray(set) && set.length === 0;
}

function behaviourWithout(behaviour: BehaviourSpec, renumber: Renumber): readonly BehaviourSpec[] {
  if (behaviour.nodes === undefined) return [behaviour];
  const nodes = renumbered(behaviour.nodes, renumber);
  return isNobody(nodes) ? [] : [{ ...behaviour, nodes }];
}

function faultWithout(fault: FaultSpec, renumber: Renumber): readonly FaultSpec[] {
  switch (fault.type) {
    case "partition": {
      const shape = shapeWithout(fault.shape, renumber);
      return shape === undefined ? [] : [{ ...fault, shape }];
    }
    case "link": {
      const from = fault.from === undefined ? undefined : renumbered(fault.from, renumber);
      const to = fault.to === undefined ? undefined : renumbered(fault.to, renumber);
      if (isNobody(from) || isNobody(to)) return [];
      return [{ ...fault, ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) }];
    }
    default: {
      const nodes = renumbered(fault.nodes, renumber);
      return isNobody(nodes) ? [] : [{ ...fault, nodes }];
    }
  }
}

function shapeWithout(shape: PartitionSpec["shape"], renumber: Renumber): PartitionSpec["shape"] | undefined {
  switch (shape.type) {
    case "sides": {
      const sides = shape.sides.map((side) => indices(side, renumber)).filter((side) => side.length > 0);
      return sides.length === 0 ? undefined : { ...shape, sides };
    }
    case "links": {
      const links = shape.links.flatMap(([from, to]) => {
        const ends = indices([from, to], renumber);
        const [left, right] = ends;
        return left === undefined || right === undefined ? [] : [[left, right] satisfies [number, number]];
      });
      return links.length === 0 ? undefined : { ...shape, links };
    }
    case "oneWay": {
      const from = renumbered(shape.from, renumber);
      const to = renumbered(shape.to, renumber);
      return isNobody(from) || isNobody(to) ? undefined : { ...shape, from, to };
    }
    case "bridge": {
      const bridge = renumber.indexOf.get(shape.bridge);
      return bridge === undefined ? undefined : { ...shape, bridge };
    }
    default:
      return shape;
  }
}
