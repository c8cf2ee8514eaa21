// Pieces of the text reports: tables, numbers, the machine, where the time went.

import type { ProfileReport } from "./cpu-profile.ts";
import type { MachineInfo } from "./process-stats.ts";

export type Cell = string;

export function table(head: readonly Cell[], rows: readonly (readonly Cell[])[]): string[] {
  const line = (cells: readonly Cell[]): string => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map((_, column) => (column === 0 ? "---" : "---:"))), ...rows.map(line)];
}

export function count(value: number): Cell {
  return Number.isFinite(value) ? String(Math.round(value)) : "–";
}

export function milliseconds(value: number): Cell {
  return value < 100 ? value.toFixed(1) : value.toFixed(0);
}

export function mebibytes(bytes: number): Cell {
  return (bytes / 2 ** 20).toFixed(0);
}

export function factor(value: number): Cell {
  return Number.isFinite(value) ? `${value.toFixed(2)}×` : "–";
}

export function machineLines(machine: MachineInfo): string[] {
  const memory = (machine.memoryBytes / 2 ** 30).toFixed(1);
  return [
    `Machine: ${machine.cores} cores (${machine.cpu}), ${memory} GiB, ${machine.system}, Node ${machine.node}; ` +
      `load average ${machine.loadAverage1.toFixed(2)} before the run. All nodes and the load generator share it.`,
  ];
}

export function profileLines(profile: ProfileReport | undefined): string[] {
  if (profile === undefined) return [];
  const percent = (share: number): Cell => `${(100 * share).toFixed(1)} %`;
  return [
    "## Where the time went",
    "",
    `Self time of ${profile.busySeconds.toFixed(1)} busy seconds: every thread of every node, in the measured window.`,
    "",
    ...table(
      ["area", "share"],
      profile.areas.map(({ name, share }) => [name, percent(share)]),
    ),
    "",
    ...table(
      ["function", "share"],
      profile.functions.map(({ name, share }) => [`\`${name}\``, percent(share)]),
    ),
  ];
}
