// The report of a network run as text: the tables of bench/README.md, with the figures of this run.

import type { NetworkReport, PipelineReport } from "../scenario/network.ts";
import type { ProfileReport } from "./cpu-profile.ts";
import { type Cell, count, factor, machineLines, mebibytes, milliseconds, profileLines, table } from "./markdown.ts";
import type { MachineInfo } from "./process-stats.ts";

export interface ReportExtras {
  readonly command: string;
  readonly machine: MachineInfo;
  readonly profile: ProfileReport | undefined;
}

export function networkMarkdown(report: NetworkReport, extras: ReportExtras): string {
  const sides = report.null === null ? [report.network] : [report.network, report.null];
  const { options, cost } = report;
  const lines = [
    `# ${options.nodes} nodes, ${options.txBytes} B transactions, ${options.rate}/s offered for ${options.seconds} s`,
    "",
    `\`${extras.command}\``,
    "",
    ...machineLines(extras.machine),
    "",
    ...table(["", "network", ...(report.null === null ? [] : ["null pipeline"])], rows(sides)),
    "",
    ...(cost === null ? [] : costLines(cost)),
    ...sides.flatMap(saturationLines),
    ...profileLines(extras.profile),
  ];
  return `${lines.join("\n").trimEnd()}\n`;
}

function rows(sides: readonly PipelineReport[]): Cell[][] {
  const row = (name: string, value: (side: PipelineReport) => Cell): Cell[] => [name, ...sides.map(value)];
  return [
    row("offered, tx/s", ({ main }) => count(main.offeredPerSecond)),
    row("committed, tx/s", ({ main }) => count(main.committedPerSecond)),
    row("committed, MB/s", ({ main }) => (main.committedBytesPerSecond / 1e6).toFixed(2)),
    row("latency p50, ms", ({ main }) => milliseconds(main.latency.p50Ms)),
    row("latency p90, ms", ({ main }) => milliseconds(main.latency.p90Ms)),
    row("latency p99, ms", ({ main }) => milliseconds(main.latency.p99Ms)),
    row("latency p99.9, ms", ({ main }) => milliseconds(main.latency.p999Ms)),
    row(
      "refused / failed / unanswered",
      ({ main: { load } }) => `${load.refused} / ${load.failed} / ${load.unanswered}`,
    ),
    row("CPU seconds of each node", ({ main }) => main.nodes.map(({ cpuSeconds }) => cpuSeconds.toFixed(2)).join(", ")),
    row("… in a window of, s", ({ main }) => main.load.windowSeconds.toFixed(1)),
    row("CPU per transaction, all nodes, µs", ({ main }) => count(main.cpuMicrosecondsPerTransaction)),
    row("peak memory of each node, MiB", ({ main }) =>
      main.nodes.map(({ peakRssBytes }) => mebibytes(peakRssBytes)).join(", "),
    ),
    row("bytes on disk per committed byte", ({ main }) => main.diskBytesPerCommittedByte.toFixed(2)),
    row("saturated rate, tx/s", ({ saturation }) => (saturation === null ? "–" : count(saturation.committedPerSecond))),
    row("… sustained offered rate, tx/s", ({ saturation }) =>
      saturation === null ? "–" : count(saturation.sustainedPerSecond),
    ),
    row("send lag of the generator p99, ms", ({ main }) => milliseconds(main.sendLag.p99Ms)),
    row("CPU of other programs in the window, s", ({ main }) => main.foreignCpuSeconds.toFixed(1)),
  ];
}

function costLines(cost: NonNullable<NetworkReport["cost"]>): string[] {
  const values: Cell[][] = [
    ["CPU per transaction, network / null", factor(cost.cpuPerTransaction)],
    ["median latency at the offered rate, network / null", factor(cost.medianLatency)],
    ["saturated rate, null / network", cost.saturatedRate === null ? "–" : factor(cost.saturatedRate)],
  ];
  return ["## What consensus costs", "", ...table(["ratio", ""], values), ""];
}

function saturationLines({ main, saturation }: PipelineReport): string[] {
  if (saturation === null) return [];
  const steps = saturation.steps.map((step) => [
    count(step.offeredPerSecond),
    count(step.committedPerSecond),
    milliseconds(step.p50Ms),
    step.keepsUp ? "yes" : "no",
  ]);
  const title = main.pipeline === "network" ? "network" : "null pipeline";
  return [
    `## Search for saturation: ${title}`,
    "",
    ...table(["offered, tx/s", "committed, tx/s", "p50, ms", "keeps up"], steps),
    "",
  ];
}
