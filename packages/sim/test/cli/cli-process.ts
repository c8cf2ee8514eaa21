// Runs the command line as a user does: a process of its own, with what it printed and how it ended. Or, where the process
// is not the point, without one.

import { type ChildProcess, spawn } from "node:child_process";
import type { Output } from "../../src/cli/output.ts";
import { runCli } from "../../src/cli/run-cli.ts";

export interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

const MAIN = new URL("../../src/cli/main.ts", import.meta.url).pathname;

export function startSim(
  argv: readonly string[],
  options: { cwd?: string; env?: Record<string, string> } = {},
): { child: ChildProcess; ended: Promise<Ended> } {
  const child = spawn(process.execPath, [MAIN, ...argv], {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output = { stdout: "", stderr: "" };
  child.stdout.on("data", (text: Buffer) => (output.stdout += text.toString()));
  child.stderr.on("data", (text: Buffer) => (output.stderr += text.toString()));
  const ended = new Promise<Ended>((resolve) =>
    child.on("close", (code, signal) => resolve({ code, signal, ...output })),
  );
  return { child, ended };
}

export function sim(
  argv: readonly string[],
  options: { cwd?: string; env?: Record<string, string> } = {},
): Promise<Ended> {
  return startSim(argv, options).ended;
}

export interface Printed {
  readonly exitCode: number;
  readonly data: string;
  readonly notes: string;
}

/** Loads nothing anew: much cheaper than a process. */
export async function inProcess(argv: readonly string[]): Promise<Printed> {
  const printed = { data: "", notes: "" };
  const output: Output = {
    data: async (text) => void (printed.data += text),
    note: (line) => void (printed.notes += `${line}\n`),
    status: () => undefined,
    hasColour: false,
  };
  return { exitCode: await runCli(argv, output), ...printed };
}
