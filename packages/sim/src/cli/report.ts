// A run's result as a person reads it: a verdict line and a short table.

import type { Finding, LatencySummary, RunResult } from "../run/result.ts";
import type { Scenario } from "../scenario/schema.ts";
import { oneLine, printable, table } from "./output.ts";

const FINDINGS_SHOWN = 5;
const COLOURS: Readonly<Record<string, string>> = { PASS: "32", INCONCLUSIVE: "33" };
const RED = "31";

export function verdictLine(scenario: Scenario, result: RunResult, hasColour: boolean): string {
  const { committee, protocol, durationMs, seed } = scenario;
  const crypto = result.isCryptoModelled ? ", modelled crypto" : "";
  const verdict = hasColour ? `\u001b[1;${COLOURS[result.verdict] ?? RED}m${result.verdict}\u001b[0m` : result.verdict;
  return `${verdict}  ${oneLine(scenario.name)}: ${protocol.name}, ${committee.size} nodes, seed ${seed}, ${durationMs / 1000} s of virtual time${crypto}\n`;
}

export function reportText(result: RunResult, hasAdversary: boolean): string {
  const { metrics } = result;
  const bySlot = countsOf(metrics.commitsPerSlot);
  const rows = [
    ["commits", `${count(metrics.commitCount)}${bySlot === "" ? "" : ` (${bySlot})`}`],
    [
      "throughput",
      `${rounded(metrics.throughputPerSecond)} transactions/s (${count(metrics.committedCount)} executed, ${count(metrics.submittedCount)} handed in)`,
    ],
    ["latency, end to end", latency(metrics.endToEnd)],
    ["latency, consensus", latency(metrics.consensus)],
    ...(metrics.certified.count > 0
      ? [
          [
            "updates",
            `${count(metrics.certified.count)} certified, ${latency(metrics.certified)}; ${count(metrics.versionCount)} versions`,
          ],
        ]
      : []),
    ["rounds", count(metrics.highestRound)],
    [
      "messages",
      `${count(metrics.messagesSent)} sent (${bytes(metrics.bytesSent)}), ${count(metrics.messagesDelivered)} delivered`,
    ],
    ["faults fired", countsOf(result.fired) || "none asked for"],
    ["checkers exercised", countsOf(nonZero(result.exercised)) || "none"],
    ...(hasAdversary ? [["adversary", countsOf(result.adversary)]] : []),
    ["recovery", result.recoveryMs === null ? "not measured" : `${rounded(result.recoveryMs)} ms`],
    ["trace digest", result.traceDigest],
  ];
  const notes = result.notes.map((note) => `note: ${printable(note)}\n`).join("");
  return `${table(rows.flatMap((row) => wrapped(row)))}${findingsText(result.findings)}${notes}`;
}

function findingsText(findings: readonly Finding[]): string {
  const shown = findings.slice(0, FINDINGS_SHOWN).map(({ verdict, class: of, node, atMs, detail }) => {
    const where = node === null ? "" : `, node ${node}`;
    return `${verdict} (${of}) at ${rounded(atMs)} ms${where}: ${printable(detail)}\n`;
  });
  const rest = findings.length - shown.length;
  return `${shown.join("")}${rest > 0 ? `and ${rest} more findings\n` : ""}`;
}

const LINE_CHARS = 100;

/** Long lists of counts go on below. */
function wrapped([name = "", text = ""]: readonly string[]): readonly (readonly string[])[] {
  const lines: string[] = [];
  for (const part of text.split(", ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + part.length + 2 <= LINE_CHARS) lines[lines.length - 1] = `${last}, ${part}`;
    else lines.push(part);
  }
  return lines.map((line, index) => [index === 0 ? name : "", index < lines.length - 1 ? `${line},` : line]);
}

function latency({ count: samples, p50Ms, p99Ms }: LatencySummary): string {
  return samples === 0 ? "no samples" : `p50 ${rounded(p50Ms)} ms; p99 ${rounded(p99Ms)} ms`;
}

function countsOf(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([name, value]) => `${oneLine(name)} ${rounded(value)}`)
    .join(", ");
}

function nonZero(counts: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(counts).filter(([, value]) => value !== 0));
}

function rounded(value: number): string {
  return Number.isInteger(value) ? count(value) : value.toFixed(value < 10 ? 2 : 1);
}

/** Thousands apart, whatever the user's locale. */
function count(value: number): string {
  return String(value).replaceAll(/\B(?=(?:\d{3})+$)/gu, " ");
}

function bytes(value: number): string {
  if (value < 1024) return `${value} B`;
  if (value < 1024 * 1024) return `${(value / 1024).toFixed(1)} KiB`;
  return `${(value / 1024 / 1024).toFixed(1)} MiB`;
}
