// Starts the processes under measurement and ends them again. A child says that it is ready with one JSON line on stdout,
// as `selvedge start --json` does; what it logs goes to a file. Its IPC channel is there so that it ends when we do.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { openSync } from "node:fs";
import { createInterface } from "node:readline";

const READY_MAX_MS = 60_000;
const STOP_MAX_MS = 15_000;

export interface ChildPlan {
  readonly name: string;
  readonly script: string;
  readonly args: readonly string[];
  readonly logFile: string;
  /** Flags for the runtime, for instance `--cpu-prof`. */
  readonly nodeFlags?: readonly string[];
  /** Default 60,000. */
  readonly readyMaxMs?: number;
}

export interface ReadyChild {
  readonly name: string;
  readonly pid: number;
  readonly apiUrl: string;
  /** Rejects if it ends unasked; never resolves. */
  readonly failed: Promise<never>;
  /** Orderly stop; cut short with SIGKILL if it takes too long. */
  readonly stop: () => Promise<void>;
}

export async function startChild(plan: ChildPlan): Promise<ReadyChild> {
  const log = openSync(plan.logFile, "a");
  const child = spawn(process.execPath, [...(plan.nodeFlags ?? []), plan.script, ...plan.args], {
    stdio: ["ignore", "pipe", log, "ipc"],
  });
  const failure = Promise.withResolvers<never>();
  // Whoever does not look at it must not be ended by it.
  failure.promise.catch(() => undefined);
  const onExit = (): void => failure.reject(new Error(`${plan.name} ended unasked; see ${plan.logFile}`));
  child.once("exit", onExit);
  const stop = (): Promise<void> => {
    child.off("exit", onExit);
    return stopChild(child);
  };
  try {
    const apiUrl = await readyLine(child, plan);
    return { name: plan.name, pid: child.pid ?? 0, apiUrl, failed: failure.promise, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function readyLine(child: ChildProcess, plan: ChildPlan): Promise<string> {
  if (child.stdout === null) throw new Error("a child has a stdout");
  const { readyMaxMs = READY_MAX_MS } = plan;
  const signal = AbortSignal.timeout(readyMaxMs);
  const lines = createInterface({ input: child.stdout });
  const ended = once(child, "exit", { signal }).then(() => undefined);
  const line = await Promise.race([once(lines, "line", { signal }), ended]).catch((cause: unknown) => {
    if (!signal.aborted) throw cause;
    throw new Error(`${plan.name} was not ready within ${readyMaxMs / 1000} s; see ${plan.logFile}`, { cause });
  });
  if (line === undefined) throw new Error(`${plan.name} ended before it was ready; see ${plan.logFile}`);
  ended.catch(() => undefined);
  const ready: unknown = JSON.parse(String(line[0]));
  if (typeof ready !== "object" || ready === null || !("api" in ready) || typeof ready.api !== "string") {
    throw new Error(`${plan.name} said ${String(line[0])}`);
  }
  return ready.api;
}

async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), STOP_MAX_MS);
  await gone;
  clearTimeout(timer);
}

/** Stops everything, even if some of it fails to stop. */
export async function stopAll(children: readonly { readonly stop: () => Promise<void> }[]): Promise<void> {
  await Promise.allSettled(children.map((child) => child.stop()));
}
