// Values of a request as the types the node works with. Everything comes as text from outside: it is matched whole, never
// repaired, and a mismatch is a refusal that names the value.

import {
  type CommitIndex,
  type Digest,
  type ModelId,
  type Result,
  commitIndex,
  digestFromHex,
  err,
  isDigestHex,
  isModelId,
  modelId,
  ok,
} from "@selvedge/integrity";
import { type Refusal, badRequest } from "./problem.ts";

const COUNT = /^(?:0|[1-9][0-9]{0,15})$/u;
const WAIT = /(?:^|[,;])\s*wait\s*=\s*"?([0-9]{1,9})"?\s*(?=$|[,;])/iu;

export function parseDigest<Kind extends Digest>(text: string, name: string): Result<Kind, Refusal> {
  if (!isDigestHex(text)) return err(badRequest("PARAMETER_INVALID", `${name} is 64 lower-case hex characters`));
  return ok(digestFromHex<Kind>(text));
}

export function parseModelId(text: string): Result<ModelId, Refusal> {
  if (!isModelId(text)) return err(badRequest("PARAMETER_INVALID", "a model id is a slug of 1 to 64 characters"));
  return ok(modelId(text));
}

export function parseCount(text: string, name: string): Result<number, Refusal> {
  const value = COUNT.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value)) return err(badRequest("PARAMETER_INVALID", `${name} is a decimal integer`));
  return ok(value);
}

export function parseCommitIndex(text: string): Result<CommitIndex, Refusal> {
  const count = parseCount(text, "a commit index");
  return count.ok ? ok(commitIndex(count.value)) : count;
}

/** Seconds of `Prefer: wait` (RFC 7240), shortened to the bound; 0 without one. Other preferences are ignored, as they may be. */
export function parseWaitSeconds(prefer: string | null, secondsMax: number): number {
  const wish = WAIT.exec(prefer ?? "")?.[1];
  return wish === undefined ? 0 : Math.min(Number(wish), secondsMax);
}
