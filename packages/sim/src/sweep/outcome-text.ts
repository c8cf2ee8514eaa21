// A job's outcome as text with its own checksum: what lies in a result folder and travels through a queue. A text that
// was cut, damaged or belongs to another job is told apart from a result.

import { Type } from "typebox";
import { Value } from "typebox/value";
import { canonicalJson, sha256Hex } from "../canonical-json.ts";
import { type JobOutcome, RESULT_FORMAT } from "./job.ts";

/** What readers of results rely on; everything else is as the run gave it. */
const OUTCOME = Type.Union([
  Type.Object({
    format: Type.Literal(RESULT_FORMAT),
    id: Type.String(),
    status: Type.Literal("done"),
    result: Type.Object({
      verdict: Type.Union(
        ["PASS", "UNSAFE", "STALLED", "CRASHED", "INCONCLUSIVE"].map((verdict) => Type.Literal(verdict)),
      ),
      findings: Type.Array(Type.Object({ class: Type.String(), detail: Type.String() })),
      metrics: Type.Object({ endToEnd: Type.Object({}), consensus: Type.Object({}) }),
      seconds: Type.Array(Type.Object({})),
      traceDigest: Type.String(),
    }),
  }),
  Type.Object({
    format: Type.Literal(RESULT_FORMAT),
    id: Type.String(),
    status: Type.Literal("failed"),
    error: Type.String(),
  }),
]);

export function encodeOutcome(outcome: JobOutcome): string {
  const body = canonicalJson({ format: RESULT_FORMAT, ...outcome });
  return `${sha256Hex(body)}\n${body}\n`;
}

/** The outcome, or why this is none. */
export function decodeOutcome(
  text: string,
  id: string,
): { readonly outcome: JobOutcome } | { readonly damage: string } {
  const body = text.slice(65, -1);
  if (text[64] !== "\n" || text.at(-1) !== "\n" || text.slice(0, 64) !== sha256Hex(body))
    return { damage: "the checksum does not match" };
  const value: unknown = JSON.parse(body);
  if (!isOutcome(value)) return { damage: "it is no result of this version" };
  return value.id === id ? { outcome: value } : { damage: `it belongs to job ${value.id.slice(0, 12)}` };
}

function isOutcome(value: unknown): value is JobOutcome {
  return Value.Check(OUTCOME, value);
}
