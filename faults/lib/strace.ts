// Runs a command under strace, which counts its system calls, or kills it at one of them, or lets one fail. `when` counts
// per thread, so the thread pool of libuv is held to one thread: then numbers mean the same in every run. Never with
// --seccomp-bpf, under which strace 6.1 takes an injection and does not carry it out.

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import type { Readable } from "node:stream";
import { SkippedFault } from "./fault.ts";

/** Everything by which a process changes what is on disk. */
export const WRITE_LIKE: readonly string[] = [
  "write",
  "pwrite64",
  "writev",
  "pwritev",
  "fdatasync",
  "fsync",
  "rename",
  "renameat",
  "renameat2",
  "unlink",
  "unlinkat",
  "ftruncate",
  "mkdir",
  "mkdirat",
  "link",
  "copy_file_range",
];

export interface TracedCommand {
  readonly file: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
}

export interface TracedEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly wasKilled: boolean;
}

/** One system call of the process: the Nth of its kind in one thread. */
export interface CallPoint {
  readonly call: string;
  readonly number: number;
}

const TIMEOUT_MS = 120_000;

export function needStrace(): void {
  const found = spawnSync("strace", ["-V"], { encoding: "utf8" });
  if (found.status !== 0) throw new SkippedFault("strace is not installed on this machine");
  const probe = spawnSync("strace", ["-qq", "-o", "/dev/null", "-e", "trace=none", "true"]);
  if (probe.status !== 0) throw new SkippedFault("strace may not trace on this machine (ptrace is refused)");
}

/** The command as it is, without strace. */
export async function runPlain({ file, args, env, timeoutMs }: TracedCommand): Promise<TracedEnd> {
  const child = spawn(file, args, { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...env } });
  const timer = setTimeout(() => child.kill("SIGKILL"), timeoutMs ?? TIMEOUT_MS);
  const end = await endOf(child);
  clearTimeout(timer);
  return end;
}

/**
 * As `runTraced`, for a program that says "loaded" and waits for a byte on stdin: strace comes in only then, which spares
 * it the thousands of calls with which a runtime loads.
 */
export async function runAttached(command: TracedCommand, straceArgs: readonly string[]): Promise<TracedEnd> {
  const { file, args, env, timeoutMs } = command;
  const child = spawn(file, args, {
    stdio: ["pipe", "pipe", "pipe"],
    env: { ...process.env, ...env, UV_THREADPOOL_SIZE: "1" },
  });
  const timer = setTimeout(() => child.kill("SIGKILL"), timeoutMs ?? TIMEOUT_MS);
  const ending = endOf(child);
  await Promise.race([once(child.stdout, "data"), ending]);
  const tracer = spawn("strace", ["-f", ...straceArgs, "-p", String(child.pid)], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  const traced = new Promise((resolve) => tracer.on("close", resolve));
  // "strace: Process 7 attached …"
  await Promise.race([once(tracer.stderr, "data"), ending, traced]);
  tracer.stderr.resume();
  child.stdin.on("error", () => undefined).end("g");
  const end = await ending;
  await traced;
  clearTimeout(timer);
  return end;
}

/** Every write-like call that the command makes when nobody stops it. */
export async function enumerateWrites(
  command: TracedCommand,
  logFile: string,
  run: typeof runTraced = runTraced,
): Promise<readonly CallPoint[]> {
  const calls = WRITE_LIKE.map((call) => `?${call}`).join(",");
  const end = await run(command, ["-o", logFile, "-e", `trace=${calls}`]);
  if (end.code !== 0)
    throw new Error(`the unharmed run ended with ${end.code ?? end.signal}: ${end.stderr.slice(-500)}`);
  return pointsOf(readFileSync(logFile, "utf8"));
}

/** Of each kind of call, as many points as the busiest thread made calls. */
export function pointsOf(log: string): readonly CallPoint[] {
  const counts = new Map<string, Map<string, number>>();
  for (const [, thread = "", call = ""] of log.matchAll(/^(\d+)\s+(\w+)\(/gmu)) {
    const byThread = counts.get(call) ?? new Map<string, number>();
    byThread.set(thread, (byThread.get(thread) ?? 0) + 1);
    counts.set(call, byThread);
  }
  return [...counts].flatMap(([call, byThread]) =>
    Array.from({ length: Math.max(...byThread.values()) }, (_, index) => ({ call, number: index + 1 })),
  );
}

export function killAt({ call, number }: CallPoint): readonly string[] {
  return ["-o", "/dev/null", "-e", `trace=${call}`, "-e", `inject=${call}:signal=SIGKILL:when=${number}`];
}

export async function runTraced(command: TracedCommand, straceArgs: readonly string[]): Promise<TracedEnd> {
  const { file, args, env, timeoutMs } = command;
  const child = spawn("strace", ["-f", "-qq", ...straceArgs, file, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...env, UV_THREADPOOL_SIZE: "1" },
  });
  const timer = setTimeout(() => child.kill("SIGKILL"), timeoutMs ?? TIMEOUT_MS);
  const end = await endOf(child);
  clearTimeout(timer);
  return end;
}

async function endOf(
  child: ChildProcess & { readonly stdout: Readable; readonly stderr: Readable },
): Promise<TracedEnd> {
  const stdout: Uint8Array[] = [];
  const stderr: Uint8Array[] = [];
  child.stdout.on("data", (chunk: Uint8Array) => stdout.push(chunk));
  child.stderr.on("data", (chunk: Uint8Array) => stderr.push(chunk));
  const end = await new Promise<Pick<TracedEnd, "code" | "signal">>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => resolve({ code, signal }));
  });
  return {
    ...end,
    stdout: Buffer.concat(stdout).toString("utf8"),
    stderr: Buffer.concat(stderr).toString("utf8"),
    // strace ends as its child did; a shell would say 137.
    wasKilled: end.signal === "SIGKILL" || end.code === 137,
  };
}
