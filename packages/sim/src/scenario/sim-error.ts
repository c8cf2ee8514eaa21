// Failures of what the simulator is given and of the world around it, never of a run: a run answers with a verdict. `code`
// is API and listed in docs/errors.md; messages are for people.

/** What the user gave is wrong. */
export type SimInputErrorCode =
  | "USAGE"
  | "SIM_DECISIONS_INVALID"
  | "SIM_FILE_UNREADABLE"
  | "SIM_SCENARIO_INVALID"
  | "SIM_SWEEP_INVALID"
  | "SIM_MATRIX_INVALID"
  | "SIM_MATRIX_REFUSED"
  | "SIM_MANIFEST_INVALID";

export class SimInputError extends Error {
  override readonly name = "SimInputError";
  readonly code: SimInputErrorCode;

  constructor(code: SimInputErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** The disk, the queue or determinism itself failed. */
export type SimRuntimeErrorCode =
  | "SIM_JOB_FAILED"
  | "SIM_NONDETERMINISTIC"
  | "SIM_OUTPUT_FAILED"
  | "SIM_QUEUE_UNREACHABLE"
  | "SIM_UNAVAILABLE";

export class SimRuntimeError extends Error {
  override readonly name = "SimRuntimeError";
  readonly code: SimRuntimeErrorCode;

  constructor(code: SimRuntimeErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
