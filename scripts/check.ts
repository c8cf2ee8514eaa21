// All that must hold before a change goes in, in one command: `npm test`. Every step runs even if an earlier one failed,
// so that one run names everything. The last line is always `N passed, N failed`; the exit code is 0 only if all held.

import { spawn } from "node:child_process";
import { globSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { cruiseComplaint } from "./check/cruise.ts";
import { type TestTally, finalLine, tallyOf } from "./check/tally.ts";

const nodeMajorMin = 24;
const root = dirname(import.meta.dirname);
const bin = join(root, "node_modules/.bin");
const testReport = join(root, "node_modules/.cache/selvedge/tests.json");

interface Step {
  readonly title: string;
  readonly command: readonly string[];
  /** A reason to fail although the command was content. */
  readonly complaint?: (output: string) => string | undefined;
}

const steps: readonly Step[] = [
  { title: "format", command: ["oxfmt", "--check"] },
  { title: "lint", command: ["oxlint", "--type-aware", "--deny-warnings"] },
  { title: "types", command: ["tsc", "-b"] },
  { title: "tidy", command: ["node", "scripts/tidy.ts"] },
  {
    title: "direction",
    command: ["depcruise", "--config", ".dependency-cruiser.mjs", "packages", "bench", "faults", "scripts"],
    complaint: (output) => cruiseComplaint(output, sourceFileCount()),
  },
  { title: "dead code", command: ["knip", "--no-progress", "--no-config-hints"] },
  { title: "versions", command: ["syncpack", "lint"] },
];

interface Outcome {
  readonly exitCode: number;
  readonly output: string;
}

async function main(): Promise<number> {
  if (Number.parseInt(process.versions.node, 10) < nodeMajorMin) {
    process.stderr.write(`check needs Node ${nodeMajorMin}, this is ${process.version}; run it as \`npm test\`.\n`);
    return 69;
  }
  const failedSteps: string[] = [];
  for (const step of steps) if (!(await passes(step))) failedSteps.push(step.title);
  const tests = await runTests(process.argv.slice(2));
  if (failedSteps.length > 0) process.stdout.write(`\nfailed steps: ${failedSteps.join(", ")}\n`);
  if (tests.skipped > 0) process.stdout.write(`${tests.skipped} skipped\n`);
  process.stdout.write(`${finalLine(tests, failedSteps.length)}\n`);
  return failedSteps.length === 0 && tests.failed === 0 ? 0 : 1;
}

async function passes({ title, command, complaint }: Step): Promise<boolean> {
  const startMs = performance.now();
  const { exitCode, output } = await run(command, "pipe");
  const objection = exitCode === 0 ? complaint?.(output) : `${command.join(" ")} ended with ${exitCode}`;
  const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
  process.stdout.write(`${objection === undefined ? "ok  " : "FAIL"} ${title.padEnd(10)} ${seconds.padStart(6)} s\n`);
  if (objection !== undefined) process.stdout.write(`${output.trimEnd()}\n${objection}\n\n`);
  return objection === undefined;
}

async function runTests(filters: readonly string[]): Promise<TestTally> {
  mkdirSync(dirname(testReport), { recursive: true });
  rmSync(testReport, { force: true });
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${testReport}`];
  const { exitCode } = await run(["vitest", "run", ...reporters, ...filters], "inherit");
  return tallyOf(readReport(), exitCode);
}

function readReport(): unknown {
  try {
    const report: unknown = JSON.parse(readFileSync(testReport, "utf8"));
    return report;
  } catch (error) {
    process.stdout.write(`the test runner left no report: ${String(error)}\n`);
    return undefined;
  }
}

function sourceFileCount(): number {
  return globSync("packages/*/src/**/*.ts", { cwd: root }).length;
}

/** Runs a tool of this checkout to its end, with its output shown or kept. */
async function run(command: readonly string[], output: "pipe" | "inherit"): Promise<Outcome> {
  const [name = "", ...args] = command;
  const child = spawn(name, args, {
    cwd: root,
    stdio: ["ignore", output, output],
    env: { ...process.env, PATH: `${bin}:${process.env["PATH"] ?? ""}` },
  });
  const chunks: Uint8Array[] = [];
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk: Uint8Array) => chunks.push(chunk));
  const exitCode = await new Promise<number>((resolve) => {
    child.on("error", (error) => {
      chunks.push(Buffer.from(error.message));
      resolve(127);
    });
    child.on("close", (code) => resolve(code ?? 1));
  });
  return { exitCode, output: Buffer.concat(chunks).toString("utf8") };
}

process.exitCode = await main();
