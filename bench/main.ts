// `npm run bench`: runs one scenario and writes its report. Progress on stderr, the report's text on stdout, exit 0 only if
// the run came to its end.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fromUsersFolder, note, runCommand } from "@selvedge/node/testing";
import { type BenchOptions, USAGE, parseBenchArguments } from "./lib/arguments.ts";
import { renderNetworkChart } from "./lib/chart.ts";
import { type ProfileWindow, readProfiles } from "./lib/cpu-profile.ts";
import { type ReportExtras, networkMarkdown } from "./lib/network-markdown.ts";
import { machineInfo } from "./lib/process-stats.ts";
import { renderUpdatesChart } from "./lib/updates-chart.ts";
import { updatesMarkdown } from "./lib/updates-markdown.ts";
import { runNetwork } from "./scenario/network.ts";
import { runUpdates } from "./scenario/updates.ts";

/** Measurements that print what they find and write no report. */
const PLAIN: Readonly<Record<string, () => Promise<(argv: readonly string[]) => void | Promise<void>>>> = {
  "catch-up": async () => (await import("./scenario/catch-up.ts")).catchUpMain,
  costs: async () => (await import("./sim/costs.ts")).costsMain,
  "sim-speed": async () => (await import("./sim/speed.ts")).speedMain,
};

interface Report {
  readonly json: object;
  readonly svg: string;
  readonly markdown: string;
}

async function main(argv: readonly string[]): Promise<number> {
  if (argv.includes("--help") || argv.includes("-h")) {
    process.stdout.write(USAGE);
    return 0;
  }
  const [first = "", ...rest] = argv;
  const plain = PLAIN[first];
  if (plain !== undefined) {
    await (
      await plain()
    )(rest);
    return 0;
  }
  const options = parseBenchArguments(argv);
  const out = outFolder(options);
  mkdirSync(out, { recursive: true });
  const folder = mkdtempSync(join(tmpdir(), "selvedge-bench-"));
  const removeFolder = (): void => rmSync(folder, { recursive: true, force: true });
  process.on("exit", removeFolder);
  const profileFolder = options.profile ? join(out, "profiles") : null;
  if (profileFolder !== null) mkdirSync(profileFolder, { recursive: true });
  const report = await runScenario(options, { folder, profileFolder, command: `npm run bench -- ${argv.join(" ")}` });
  writeFileSync(join(out, "report.json"), `${JSON.stringify(report.json, null, 2)}\n`);
  writeFileSync(join(out, "report.md"), report.markdown);
  writeFileSync(join(out, "report.svg"), report.svg);
  process.stdout.write(report.markdown);
  note(`wrote ${join(out, "report.{json,md,svg}")}`);
  return 0;
}

interface Run {
  readonly folder: string;
  readonly profileFolder: string | null;
  readonly command: string;
}

async function runScenario(options: BenchOptions, { folder, profileFolder, command }: Run): Promise<Report> {
  const machine = machineInfo();
  const startedAt = new Date().toISOString();
  const context = { folder, profileFolder, note };
  const extrasOf = (windows: readonly ProfileWindow[]): ReportExtras => ({
    command,
    machine,
    profile: profileFolder === null ? undefined : readProfiles(profileFolder, windows),
  });
  if (options.scenario === "network") {
    const report = await runNetwork(options, context);
    const extras = extrasOf([report.network.main.window]);
    const json = { format: "selvedge-bench/1", startedAt, ...extras, ...report };
    return { json, svg: renderNetworkChart(report), markdown: networkMarkdown(report, extras) };
  }
  const report = await runUpdates(options, context);
  const extras = extrasOf(report.parts.map(({ window }) => window));
  const json = { format: "selvedge-bench/1", startedAt, ...extras, ...report };
  return { json, svg: renderUpdatesChart(report), markdown: updatesMarkdown(report, extras) };
}

function outFolder({ scenario, out }: BenchOptions): string {
  if (out !== "") return fromUsersFolder(out);
  const time = new Date().toISOString().replaceAll(/[-:]|\.\d+/gu, "");
  return resolve("reports", `${scenario}-${time}`);
}

await runCommand(main, USAGE);
