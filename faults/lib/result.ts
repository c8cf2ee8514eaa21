// What became of a fault, and the table of it: on the terminal, as JSON, as Markdown.

import { readFileSync } from "node:fs";
import { cpus, release, totalmem } from "node:os";
import type { Fault, Verdict } from "./fault.ts";

export interface FaultResult {
  readonly fault: Pick<Fault, "id" | "title" | "how" | "expected">;
  readonly state: "passed" | "failed" | "skipped";
  readonly injections: number;
  readonly verdicts: readonly Verdict[];
  readonly remarks: readonly string[];
  /** Why it was skipped, or with what it broke off. */
  readonly reason: string | null;
  readonly seconds: number;
}

const STATE_WIDTH = 8;

export function tableLine({ fault, state, injections, verdicts, reason, seconds }: FaultResult): string {
  const head = `${fault.id.padEnd(9)} ${state.padEnd(STATE_WIDTH)} ${String(injections).padStart(6)} ${seconds.toFixed(1).padStart(8)} s`;
  const why = reason === null ? [] : [reason];
  const broken = verdicts.flatMap((verdict) => verdict.broken.map((text) => `${verdict.checker}: ${text}`));
  const more = [...why, ...broken].map((text) => `\n          ${text}`).join("");
  return `${head}  ${fault.title}  [${verdictsText(verdicts)}]${more}`;
}

function verdictsText(verdicts: readonly Verdict[]): string {
  return verdicts.map(({ checker, broken }) => `${checker} ${broken.length === 0 ? "ok" : "FAILED"}`).join(", ");
}

export interface ReportFacts {
  readonly command: string;
  readonly seed: string;
  readonly date: string;
}

export function markdownReport(results: readonly FaultResult[], { command, seed, date }: ReportFacts): string {
  const count = (state: FaultResult["state"]): number => results.filter((result) => result.state === state).length;
  return `# Fault harness: full output

- Command: \`${command}\`
- Date: ${date}
- Machine: ${machineText()}
- Seed: \`${seed}\`
- ${count("passed")} passed, ${count("failed")} failed, ${count("skipped")} skipped

| Fault | Outcome | Injections | Checkers | Seconds | How it was injected here |
|---|---|---|---|---|---|
${results.map(markdownRow).join("\n")}
${remarksText(results)}`;
}

function markdownRow({ fault, state, injections, verdicts, seconds }: FaultResult): string {
  const cells = [
    `**${fault.id}** ${fault.title}`,
    state,
    String(injections),
    verdictsText(verdicts),
    seconds.toFixed(1),
    fault.how,
  ];
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|").replaceAll("\n", " ")).join(" | ")} |`;
}

function remarksText(results: readonly FaultResult[]): string {
  const lines = results.flatMap(({ fault, remarks, reason, verdicts }) => [
    ...remarks.map((text) => `- ${fault.id}: ${text}`),
    ...(reason === null ? [] : [`- ${fault.id}: ${reason}`]),
    ...verdicts.flatMap(({ checker, broken }) => broken.map((text) => `- ${fault.id}: ${checker} broken: ${text}`)),
  ]);
  return lines.length === 0 ? "" : `\n## Figures and findings\n\n${lines.join("\n")}\n`;
}

function machineText(): string {
  const gib = totalmem() / 2 ** 30;
  const [load = "?"] = readFileSync("/proc/loadavg", "utf8").split(" ");
  const cpu = cpus()[0]?.model ?? "unknown";
  return `${cpus().length} × ${cpu}, ${gib.toFixed(1)} GiB, ${process.platform} ${release()}, Node ${process.version}, load ${load} at the end`;
}
