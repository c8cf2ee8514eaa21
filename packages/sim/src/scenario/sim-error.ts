// Failures of what the simulator is given and of the world around it, never of a run: a run answers with a verdict. `code`
// is API and listed in docs/errors.md; messages are for people.

import { CodedError } from "../coded-error.ts";

/** What the user gave is wrong. */
export type SimInputErrorCode =
  | "USAGE"
  | "SIM_DECISIONS_FOREIGN"
  | "SIM_DECISIONS_INVALID"
  | "SIM_FILE_UNREADABLE"
  | "SIM_SCENARIO_INVALID"
  | "SIM_SWEEP_INVALID"
  | "SIM_MATRIX_INVALID"
  | "SIM_MATRIX_REFUSED"
  | "SIM_MANIFEST_INVALID";

export class SimInputError extends CodedError<SimInputErrorCode> {
  override readonly name = "SimInputError";
}

/** The disk, the queue or determinism itself failed. */
export type SimRuntimeErrorCode =
  | "SIM_JOB_FAILED"
  | "SIM_NONDETERMINISTIC"
  | "SIM_OUTPUT_FAILED"
  | "SIM_QUEUE_UNREACHABLE"
  | "SIM_UNAVAILABLE";

export class SimRuntimeError extends CodedError<SimRuntimeErrorCode> {
  override readonly name = "SimRuntimeError";
}
