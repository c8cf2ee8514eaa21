// What must hold if our own code is right. Always on; a failed assertion ends the process (exit 70) and is never caught.

export class InvariantError extends Error {
  readonly code = "INVARIANT_VIOLATED";
  override readonly name = "InvariantError";
}

export function assert(condition: boolean, whatMustHold: string): asserts condition {
  if (!condition) throw new InvariantError(whatMustHold);
}

/** For the default arm of an exhaustive switch: reached only if a union grew and a switch did not. */
export function assertNever(value: never): never {
  throw new InvariantError(`unreachable variant: ${JSON.stringify(value)}`);
}

/** The value, where the caller can show that it is there. */
export function mustExist<Value>(value: Value | undefined | null, whatMustExist: string): Value {
  if (value === undefined || value === null) throw new InvariantError(whatMustExist);
  return value;
}
