// Runs one fault to its result: whatever it throws is a failure, unless it says that this machine cannot do it. Paths in
// what it tells are relative to the fault's folder: a report is read elsewhere.

import { mkdirSync } from "node:fs";
import { Checks, type Fault, type RunContext, SkippedFault } from "./fault.ts";
import type { FaultResult } from "./result.ts";

export async function runFault(fault: Fault, context: RunContext): Promise<FaultResult> {
  mkdirSync(context.folder, { recursive: true });
  const checks = new Checks();
  const startedMs = performance.now();
  const reason = await brokenOffBy(fault, context, checks);
  const { id, title, how, expected } = fault;
  const told = (text: string): string => text.replaceAll(`${context.folder}/`, "");
  return {
    fault: { id, title, how, expected },
    state: stateOf(reason, checks),
    injections: checks.injections,
    verdicts: checks.verdicts.map((verdict) => ({ ...verdict, broken: verdict.broken.map(told) })),
    remarks: checks.remarks.map(told),
    reason: reason === null ? null : told(reason.message),
    seconds: (performance.now() - startedMs) / 1000,
  };
}

/** What the run broke off with, or null. */
async function brokenOffBy(fault: Fault, context: RunContext, checks: Checks): Promise<Error | null> {
  try {
    await fault.run(context, checks);
    return null;
  } catch (error) {
    const reason = error instanceof Error ? error : new Error(String(error));
    if (!(reason instanceof SkippedFault)) context.note(reason.stack ?? reason.message);
    return reason;
  }
}

function stateOf(reason: Error | null, checks: Checks): FaultResult["state"] {
  if (reason instanceof SkippedFault) return "skipped";
  return reason === null && checks.isPassed ? "passed" : "failed";
}
