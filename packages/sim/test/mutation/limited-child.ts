// A child process of run-mutants.ts with a bound on its CPU time: a defect that makes a run go on for ever is noticed by
// that.

import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";

const CPU_SECONDS = 90;
/** The product itself, which runs everything, is not to be cut off on a busy machine. */
export const PLAIN_CPU_SECONDS = 180;
/** A defect may also leave everybody waiting. The machine may have other work, so this is long. */
const WALL_MS = 900_000;

export interface ChildReport {
  /** Of each line that is a JSON object. */
  readonly lines: readonly string[];
  readonly cpuSeconds: number;
  readonly isHung: boolean;
}

/** @param script beside this file; its last line tells the CPU time */
export function runLimited(script: string, args: readonly string[], cpuSeconds = CPU_SECONDS): Promise<ChildReport> {
  const limited = ["-c", `ulimit -t ${cpuSeconds} && exec "$0" "$@"`, process.execPath];
  const path = fileURLToPath(new URL(script, import.meta.url));
  return new Promise((resolve) => {
    const all = [...limited, "--disable-warning=ExperimentalWarning", path, ...args];
    execFile("sh", all, { maxBuffer: 1 << 24, timeout: WALL_MS, killSignal: "SIGKILL" }, (error, stdout, stderr) => {
      const isHung = error?.signal === "SIGXCPU" || error?.signal === "SIGKILL";
      if (error !== null && !isHung) console.error(stderr.slice(0, 2000));
      const lines = stdout.split("\n").filter((line) => line.startsWith("{"));
      resolve({ lines, cpuSeconds: Number(/^cpu (.*)$/m.exec(stdout)?.[1] ?? cpuSeconds), isHung });
    });
  });
}

/** Takes what it works on from the queue until that is empty, so many at a time. */
export async function eachOf<Item>(
  items: readonly Item[],
  jobs: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const queue = [...items];
  const take = async (): Promise<void> => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: Math.max(1, jobs) }, take));
}
