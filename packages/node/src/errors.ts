// Failures of the world around the daemon (disk, configuration, network) and the exit code each leads to. `code` is API
// and listed in docs/errors.md; messages are for people. Peers' misbehaviour is never an Error but a Fault.

/** Exit codes of the command line; docs/errors.md says which a supervisor should restart on. */
export const EXIT = {
  ok: 0,
  unexpected: 1,
  usage: 2,
  syncing: 3,
  stalled: 4,
  corrupt: 65,
  unavailable: 69,
  invariant: 70,
  exists: 73,
  io: 74,
  temporary: 75,
  wrongChain: 76,
  permission: 77,
  config: 78,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export type NodeErrorCode =
  | "API_ERROR"
  | "API_UNREACHABLE"
  | "CONFIG_INVALID"
  | "DATA_CORRUPT"
  | "DEVNET_FAILED"
  | "FILE_MALFORMED"
  | "HEAL_FAILED"
  | "HOME_EXISTS"
  | "HOME_IN_USE"
  | "HOME_MISSING"
  | "IO_FAILED"
  | "KEY_MALFORMED"
  | "KEY_MISSING"
  | "KEY_PASSWORD_WRONG"
  | "KEY_PERMISSIONS"
  | "OUTCOME_UNKNOWN"
  | "PORT_IN_USE"
  | "SIGNED_ELSEWHERE"
  | "STATE_DIVERGED"
  | "STOP_REQUESTED"
  | "STORE_DAMAGED"
  | "SYNC_RANGE_GONE"
  | "UPDATE_REFUSED"
  | "USAGE"
  | "VERIFY_FAILED"
  | "WORKER_FAILED"
  | "WRONG_CHAIN";

const EXIT_OF_CODE: Readonly<Record<NodeErrorCode, ExitCode>> = {
  API_ERROR: EXIT.unexpected,
  API_UNREACHABLE: EXIT.unavailable,
  CONFIG_INVALID: EXIT.config,
  DATA_CORRUPT: EXIT.corrupt,
  DEVNET_FAILED: EXIT.unexpected,
  FILE_MALFORMED: EXIT.corrupt,
  HEAL_FAILED: EXIT.unavailable,
  HOME_EXISTS: EXIT.exists,
  HOME_IN_USE: EXIT.temporary,
  HOME_MISSING: EXIT.config,
  IO_FAILED: EXIT.io,
  KEY_MALFORMED: EXIT.corrupt,
  KEY_MISSING: EXIT.config,
  KEY_PASSWORD_WRONG: EXIT.permission,
  KEY_PERMISSIONS: EXIT.permission,
  OUTCOME_UNKNOWN: EXIT.temporary,
  PORT_IN_USE: EXIT.unavailable,
  SIGNED_ELSEWHERE: EXIT.corrupt,
  STATE_DIVERGED: EXIT.invariant,
  STOP_REQUESTED: EXIT.ok,
  STORE_DAMAGED: EXIT.temporary,
  SYNC_RANGE_GONE: EXIT.temporary,
  UPDATE_REFUSED: EXIT.unexpected,
  USAGE: EXIT.usage,
  VERIFY_FAILED: EXIT.corrupt,
  WORKER_FAILED: EXIT.invariant,
  WRONG_CHAIN: EXIT.wrongChain,
};

export class NodeError extends Error {
  override readonly name = "NodeError";
  readonly code: NodeErrorCode;

  constructor(code: NodeErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }

  get exitCode(): ExitCode {
    return EXIT_OF_CODE[this.code];
  }
}

/** True for any error that the system gave to Node. */
export function isAnySystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "errno" in error && "code" in error && typeof error.code === "string";
}

/** True for an error of Node's own with this system code (ENOENT, EACCES, …). */
export function isSystemError(error: unknown, code: string): error is NodeJS.ErrnoException {
  return error instanceof Error && "code" in error && error.code === code;
}
