// What a user can get wrong about adversaries: a name, an option, a file, or the code in it. Never a verdict: a run in
// which one of these is thrown has none. `code` is API and listed in docs/errors.md.

import { CodedError } from "../coded-error.ts";

export type AdversaryErrorCode =
  /** No behaviour of this name. */
  | "SIM_BEHAVIOUR_UNKNOWN"
  /** An option that the behaviour does not have, or a value that it cannot take. */
  | "SIM_BEHAVIOUR_OPTION"
  /** No node that it could act through, or a window that ends before it begins. */
  | "SIM_BEHAVIOUR_TARGET"
  /** The file of an adversary is missing or does not load. */
  | "SIM_ADVERSARY_FILE"
  /** What the file exports is no adversary. */
  | "SIM_ADVERSARY_SHAPE"
  /** The adversary threw, or answered what is no answer, while a run went on. */
  | "SIM_ADVERSARY_FAILED";

export class AdversaryError extends CodedError<AdversaryErrorCode> {
  override readonly name = "AdversaryError";
}

/** `what` names the adversary and what it did. */
export function adversaryFailed(what: string, options: ErrorOptions = {}): AdversaryError {
  return new AdversaryError("SIM_ADVERSARY_FAILED", `${what}; the run was given up and has no verdict`, options);
}
