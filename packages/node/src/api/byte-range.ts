// A single byte range of RFC 9110 §14. Several ranges, malformed ones and ranges beyond the end are refused (416); units
// other than bytes are ignored, as the RFC asks.

import { type Result, err, ok } from "@selvedge/integrity";
import type { Refusal } from "./problem.ts";

/** Bytes [from, to). */
export interface ByteRange {
  readonly from: number;
  readonly to: number;
}

const RANGE = /^bytes\s*=\s*([0-9]{0,15})-([0-9]{0,15})$/iu;
const BYTES_UNIT = /^bytes\s*=/iu;

/** Undefined asks for everything. */
export function parseByteRange(header: string | null, sizeBytes: number): Result<ByteRange | undefined, Refusal> {
  if (header === null || !BYTES_UNIT.test(header)) return ok(undefined);
  const match = RANGE.exec(header);
  if (match === null) return err(unsatisfiable(sizeBytes));
  const range = rangeOf(match[1] ?? "", match[2] ?? "", sizeBytes);
  return range === undefined ? err(unsatisfiable(sizeBytes)) : ok(range);
}

function rangeOf(first: string, last: string, sizeBytes: number): ByteRange | undefined {
  if (first === "") {
    const suffixBytes = last === "" ? 0 : Number(last);
    if (suffixBytes === 0 || sizeBytes === 0) return undefined;
    return { from: Math.max(0, sizeBytes - suffixBytes), to: sizeBytes };
  }
  const from = Number(first);
  const to = last === "" ? sizeBytes : Math.min(Number(last) + 1, sizeBytes);
  return from < to ? { from, to } : undefined;
}

function unsatisfiable(sizeBytes: number): Refusal {
  return {
    status: 416,
    code: "RANGE_NOT_SATISFIABLE",
    detail: `one range within ${sizeBytes} bytes`,
    retryable: false,
    headers: { "content-range": `bytes */${sizeBytes}` },
  };
}
