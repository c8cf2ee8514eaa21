// The faults and behaviours that the scenario asked for, as stretches on the time axis. What came of them is in the marks:
// this is the plan.

import { assertNever } from "@selvedge/integrity";
import { MICROS_PER_MS } from "../kernel/time.ts";
import { nodesOf } from "../scenario/nodes.ts";
import type { FaultSpec, NodeSet, PartitionSpec, Scenario } from "../scenario/schema.ts";
import type { ViewFault } from "./view-data.ts";

export function faultsOf({ faults, adversary, committee, durationMs }: Scenario): readonly ViewFault[] {
  const stretch = ({ fromMs, toMs }: { readonly fromMs?: number; readonly toMs?: number }) => ({
    fromUs: (fromMs ?? 0) * MICROS_PER_MS,
    toUs: Math.max(fromMs ?? 0, toMs ?? durationMs) * MICROS_PER_MS,
  });
  const members = (set: NodeSet | undefined): readonly number[] | null =>
    set === undefined ? null : nodesOf(set, committee.size);
  return [
    ...faults.map((fault) => {
      const nodes = "nodes" in fault ? members(fault.nodes) : null;
      return { kind: fault.type, label: labelOf(fault), nodes, ...stretch(fault) };
    }),
    ...adversary.behaviours.map((behaviour) => ({
      kind: "behaviour",
      label: behaviour.name,
      nodes: members(behaviour.nodes),
      ...stretch(behaviour),
    })),
  ];
}

function labelOf(fault: FaultSpec): string {
  switch (fault.type) {
    case "partition":
      return `partition ${shapeOf(fault.shape)}${fault.mode === "hold" ? ", held" : ""}`;
    case "link":
      return `links: ${settingsOf(fault)}`;
    case "crash":
      return `crash of ${nodesLabel(fault.nodes)}${fault.disk === undefined ? "" : `, disk ${fault.disk}`}`;
    case "pause":
      return `pause of ${nodesLabel(fault.nodes)}`;
    case "clock":
      return `clock of ${nodesLabel(fault.nodes)}: ${settingsOf(fault)}`;
    case "disk":
      return `disk of ${nodesLabel(fault.nodes)}: ${settingsOf(fault)}`;
    default:
      return assertNever(fault);
  }
}

function shapeOf(shape: PartitionSpec["shape"]): string {
  switch (shape.type) {
    case "sides":
      return shape.sides.map((side) => `{${side.join(" ")}}`).join(" | ");
    case "oneWay":
      return `${nodesLabel(shape.from)} ↛ ${nodesLabel(shape.to)}`;
    case "links":
      return shape.links.map(([from, to]) => `${from}↛${to}`).join(" ");
    case "bridge":
      return `two halves, bridge ${shape.bridge}`;
    case "ring":
      return `ring, reach ${shape.reach}`;
    case "quorum":
      return shape.keeps ? "keeping a quorum" : "without a quorum";
    case "leader":
      return "cutting off the leader";
    case "random":
      return `at random, ${shape.sides} sides`;
    default:
      return assertNever(shape);
  }
}

function settingsOf(fault: FaultSpec): string {
  const settings = Object.entries(fault).filter(([, value]) => typeof value === "number");
  return settings
    .filter(([name]) => name !== "fromMs" && name !== "toMs")
    .map(([name, value]) => `${name} ${String(value)}`)
    .join(", ");
}

function nodesLabel(set: NodeSet): string {
  if (set === "all") return "all";
  return "last" in set ? `last ${set.last}` : set.join(" ");
}
