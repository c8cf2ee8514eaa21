// The report of an updates run as text.

import type { UpdatesPart, UpdatesReport } from "../scenario/updates.ts";
import { type Cell, machineLines, mebibytes, milliseconds, profileLines, table } from "./markdown.ts";
import type { ReportExtras } from "./network-markdown.ts";

export function updatesMarkdown({ options, parts }: UpdatesReport, extras: ReportExtras): string {
  const row = (name: string, value: (part: UpdatesPart) => Cell): Cell[] => [name, ...parts.map(value)];
  const latency = (stage: keyof UpdatesPart["latencies"]): Cell[] =>
    row(`${stage} p50 / p90 / p99, ms`, ({ latencies }) => {
      const { p50Ms, p90Ms, p99Ms } = latencies[stage];
      return [p50Ms, p90Ms, p99Ms].map(milliseconds).join(" / ");
    });
  const rows = [
    row("offered, updates", ({ load }) => String(load.offered)),
    row("certified, updates/s", (part) => part.certifiedPerSecond.toFixed(2)),
    row("certified payload, MB/s", (part) => (part.payloadBytesPerSecond / 1e6).toFixed(2)),
    latency("upload"),
    latency("receipt"),
    latency("certified"),
    latency("version"),
    row("receipts / certified / in a version", ({ load }) => `${load.receipts} / ${load.certified} / ${load.applied}`),
    row("refused / failed", ({ load }) => `${load.refused} / ${load.failed}`),
    row("versions", ({ load }) => String(load.versions)),
    row("CPU seconds of each node", ({ nodes }) => nodes.map(({ cpuSeconds }) => cpuSeconds.toFixed(2)).join(", ")),
    row("… in a window of, s", ({ load }) => load.windowSeconds.toFixed(1)),
    row("peak memory of each node, MiB", ({ nodes }) =>
      nodes.map(({ peakRssBytes }) => mebibytes(peakRssBytes)).join(", "),
    ),
    row("bytes on disk per certified payload byte", (part) => part.diskBytesPerPayloadByte.toFixed(2)),
  ];
  const lines = [
    `# ${options.nodes} nodes, ${options.devices} devices, ${options.rate} updates/s offered for ${options.seconds} s, ${options.buffer} in a version`,
    "",
    `\`${extras.command}\``,
    "",
    ...machineLines(extras.machine),
    "",
    ...table(["", ...parts.map(({ deltaBytes }) => `${deltaBytes / 1024} KiB`)], rows),
    "",
    ...profileLines(extras.profile),
  ];
  return `${lines.join("\n").trimEnd()}\n`;
}
