// Runs one job in several places and compares the trace digests: again in this process, in a worker thread, in another
// process, and under another Node if SELVEDGE_SECOND_NODE names one. The same scenario must give the same digest.

import { spawn } from "node:child_process";
import { SimRuntimeError } from "../scenario/sim-error.ts";
import { JobPool } from "../sweep/job-pool.ts";
import type { JobOutcome, SweepJob } from "../sweep/job.ts";

export interface DeterminismCheck {
  readonly job: SweepJob;
  readonly adversaryFiles: readonly string[];
  /** Digest of the run that is already done. */
  readonly traceDigest: string;
  /** Runs the job once more in this process. */
  readonly runHere: () => Promise<string>;
}

interface Place {
  readonly where: string;
  readonly digest: string;
}

/** Where the same digest came out; SIM_NONDETERMINISTIC names the places that disagree. */
export async function checkDeterminism(check: DeterminismCheck): Promise<readonly string[]> {
  const places: Place[] = [
    { where: "this process", digest: check.traceDigest },
    { where: "this process again", digest: await check.runHere() },
    { where: "a worker thread", digest: await inThread(check) },
    { where: "another process", digest: await inProcess(check, process.execPath) },
  ];
  const secondNode = process.env["SELVEDGE_SECOND_NODE"] ?? "";
  if (secondNode !== "") places.push({ where: secondNode, digest: await inProcess(check, secondNode) });
  if (places.every(({ digest }) => digest === check.traceDigest)) return places.map(({ where }) => where);
  const list = places.map(({ where, digest }) => `${digest}  ${where}`);
  throw new SimRuntimeError(
    "SIM_NONDETERMINISTIC",
    `the same scenario gave different trace digests\n${list.join("\n")}`,
  );
}

async function inThread({ job, adversaryFiles }: DeterminismCheck): Promise<string> {
  await using pool = new JobPool({ workers: 1, adversaryFiles });
  return digestOf(await pool.run(job), "a worker thread");
}

function digestOf(outcome: JobOutcome, where: string): string {
  return outcome.status === "done" ? outcome.result.traceDigest : `no result in ${where}: ${outcome.error}`;
}

function inProcess({ job, adversaryFiles }: DeterminismCheck, node: string): Promise<string> {
  const child = spawn(node, [new URL("digest-process.ts", import.meta.url).pathname], {
    stdio: ["pipe", "pipe", "pipe"],
  });
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const output: Record<"stdout" | "stderr", string> = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const)
    child[name].on("data", (text: Buffer) => (output[name] += text.toString()));
  child.on("error", (cause) =>
    reject(new SimRuntimeError("SIM_UNAVAILABLE", `${node} cannot be started: ${cause.message}`)),
  );
  child.on("close", (code) =>
    resolve(
      code === 0 ? output.stdout.trim() : `no result, exit code ${code ?? "?"}: ${output.stderr.trim().slice(0, 500)}`,
    ),
  );
  // A process that ends early says so through its exit code.
  child.stdin.on("error", () => undefined);
  child.stdin.end(JSON.stringify({ job, adversaryFiles }));
  return promise;
}
