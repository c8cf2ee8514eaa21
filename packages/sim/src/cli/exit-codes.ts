// How the command line ends: verdicts and errors as exit codes. docs/simulator.md and docs/errors.md list them.

import type { Verdict } from "../run/result.ts";

export const EXIT = {
  ok: 0,
  /** UNSAFE, STALLED, CRASHED, or a job without a result. */
  finding: 1,
  /** Usage, or input that is wrong. */
  usage: 2,
  inconclusive: 3,
  unavailable: 69,
  /** Our own bug: determinism is broken, or something that must not happen did. */
  invariant: 70,
  io: 74,
  interrupted: 130,
} as const;

/** Codes of errors that are not the user's input being wrong; every other SIM_ code is. */
const EXIT_OF_CODE: Readonly<Record<string, number>> = {
  SIM_NONDETERMINISTIC: EXIT.invariant,
  SIM_OUTPUT_FAILED: EXIT.io,
  SIM_QUEUE_UNREACHABLE: EXIT.unavailable,
  SIM_UNAVAILABLE: EXIT.unavailable,
  SIM_JOB_FAILED: EXIT.finding,
};

export function exitCodeOfVerdict(verdict: Verdict): number {
  if (verdict === "PASS") return EXIT.ok;
  return verdict === "INCONCLUSIVE" ? EXIT.inconclusive : EXIT.finding;
}

/** Of several runs: a finding weighs more than an inconclusive run, and that more than a pass. */
export function exitCodeOfVerdicts(verdicts: Readonly<Record<string, number>>): number {
  const names = Object.keys(verdicts).filter((name) => (verdicts[name] ?? 0) > 0);
  if (names.some((name) => name !== "PASS" && name !== "INCONCLUSIVE")) return EXIT.finding;
  return names.includes("INCONCLUSIVE") ? EXIT.inconclusive : EXIT.ok;
}

export function exitCodeOfErrorCode(code: string): number {
  return EXIT_OF_CODE[code] ?? (code === "USAGE" || code.startsWith("SIM_") ? EXIT.usage : EXIT.invariant);
}
