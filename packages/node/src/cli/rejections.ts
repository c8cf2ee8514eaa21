// A network's refusal as the error that a command ends with.

import type { Rejection, Result } from "@selvedge/integrity";
import { NodeError } from "../errors.ts";

/** Nobody answered; everything else is an answer. */
const UNREACHABLE_CODES: ReadonlySet<string> = new Set(["GATEWAY_UNREACHABLE", "DEADLINE_PASSED"]);

export function valueOf<Value>(result: Result<Value, Rejection>): Value {
  if (result.ok) return result.value;
  throw errorOf(result.error);
}

function errorOf({ code, detail }: Rejection): NodeError {
  return new NodeError(isUnreachable(code) ? "API_UNREACHABLE" : "API_ERROR", `${detail} [${code}]`);
}

function isUnreachable(code: string): boolean {
  return UNREACHABLE_CODES.has(code);
}
