// Refusals of the HTTP interface as RFC 9457 problems: one table says which status a code has and whether asking again
// may help. Nothing of an exception ever reaches a client.

import type { Rejection } from "@selvedge/integrity";

export interface Refusal {
  readonly status: number;
  /** SCREAMING_SNAKE; API, listed in docs/errors.md. */
  readonly code: string;
  readonly detail: string;
  readonly retryable: boolean;
  readonly headers?: Readonly<Record<string, string>>;
}

const TITLE: Readonly<Record<number, string>> = {
  400: "Bad request",
  401: "Unauthorised",
  403: "Forbidden",
  404: "Not found",
  405: "Method not allowed",
  408: "Request too slow",
  409: "Conflict",
  413: "Too large",
  415: "Unsupported media type",
  416: "Range not satisfiable",
  417: "Expectation failed",
  422: "Refused",
  429: "Too many requests",
  431: "Header too large",
  500: "Internal error",
  503: "Not available now",
};

interface CodeRule {
  readonly status: number;
  readonly retryable: boolean;
}

const LATER: CodeRule = { status: 503, retryable: true };

/** Refusals of the node's services that are not simply "the content is refused" (422). */
const RULE_OF_CODE: Readonly<Record<string, CodeRule>> = {
  NO_ROOM: LATER,
  OBSERVER_PROPOSES_NOTHING: { status: 409, retryable: false },
  PAYLOAD_INCOMPLETE: { status: 409, retryable: true },
  PAYLOAD_NOT_EXPECTED: { status: 409, retryable: true },
  PROOF_NOT_READY: LATER,
  TRANSACTIONS_FULL: LATER,
  UPDATES_FULL: LATER,
  TRANSACTION_EMPTY: { status: 400, retryable: false },
  TRANSACTION_TOO_LARGE: { status: 413, retryable: false },
  UPDATE_BASE_UNKNOWN: { status: 422, retryable: true },
  UPDATE_SEQUENCE_AHEAD: { status: 422, retryable: true },
  UPDATE_NOT_SUBMITTED: { status: 409, retryable: true },
  VERSION_UNKNOWN: { status: 404, retryable: false },
};

/** Prefixes of the codes with which decoders refuse malformed bytes. */
const MALFORMED = /^(?:ENCODING|FIELD|RECORD)_/u;

/** What a service refused, with the status of its code. */
export function refusalOf({ code, detail }: Rejection): Refusal {
  const rule = RULE_OF_CODE[code] ?? { status: MALFORMED.test(code) ? 400 : 422, retryable: false };
  return rule.status === 503 ? { ...unavailable(code, detail) } : { ...rule, code, detail };
}

export function badRequest(code: string, detail: string): Refusal {
  return { status: 400, code, detail, retryable: false };
}

export function notFound(code: string, detail: string): Refusal {
  return { status: 404, code, detail, retryable: false };
}

export function tooLarge(bytesMax: number): Refusal {
  return { status: 413, code: "BODY_TOO_LARGE", detail: `at most ${bytesMax} bytes`, retryable: false };
}

export function unavailable(code: string, detail: string): Refusal {
  return { status: 503, code, detail, retryable: true, headers: { "retry-after": "1" } };
}

export const INTERNAL_ERROR: Refusal = {
  status: 500,
  code: "INTERNAL_ERROR",
  detail: "the node failed to answer; its log has the cause under this instance",
  retryable: false,
};

export function problemBody({ status, code, detail, retryable }: Refusal, instance: string): string {
  const type = `urn:selvedge:error:${code.toLowerCase().replaceAll("_", "-")}`;
  return JSON.stringify({ type, title: TITLE[status] ?? "Error", status, detail, instance, code, retryable });
}

export function problemResponse(refusal: Refusal, instance: string): Response {
  const headers = { "cache-control": "no-store", ...refusal.headers, "content-type": "application/problem+json" };
  return new Response(problemBody(refusal, instance), { status: refusal.status, headers });
}
