// What answers may cost, by peer: every request is paid for with the bytes of its answer and a fixed part for the look-ups,
// out of an allowance that refills with time (faults.md, F80). A peer whose allowance is used up is told that we are busy;
// honest ones ask somebody else meanwhile. The allowance may go below zero, so that any answer can be had.

import { assertNever } from "@selvedge/integrity";
import {
  BLOCKS_PER_RESPONSE_MAX,
  SERVING_ENTRIES_MAX,
  SERVING_REFERENCE_COST_BYTES,
  SERVING_REQUEST_COST_BYTES,
} from "./limits.ts";
import type { BlockRequest } from "./transport.ts";
import type { WireRequest } from "./wire.ts";

export interface ServingRules {
  readonly bytesPerSecond: number;
  readonly burstBytes: number;
  readonly now: () => number;
}

interface Allowance {
  bytes: number;
  atMs: number;
}

export class ServingBudget {
  readonly #rules: ServingRules;
  /** Least recently asked first; at most SERVING_ENTRIES_MAX. */
  readonly #allowances = new Map<string, Allowance>();

  constructor(rules: ServingRules) {
    this.#rules = rules;
  }

  /** False once the peer has used up what it is allowed. */
  mayAsk(key: string): boolean {
    return this.#refilled(key).bytes > 0;
  }

  charge(key: string, bytes: number): void {
    const allowance = this.#refilled(key);
    this.#allowances.delete(key);
    this.#allowances.set(key, { ...allowance, bytes: allowance.bytes - bytes });
    const [oldest] = this.#allowances.keys();
    if (this.#allowances.size > SERVING_ENTRIES_MAX && oldest !== undefined) this.#allowances.delete(oldest);
  }

  #refilled(key: string): Allowance {
    const { bytesPerSecond, burstBytes, now } = this.#rules;
    const nowMs = now();
    const known = this.#allowances.get(key);
    if (known === undefined) return { bytes: burstBytes, atMs: nowMs };
    const refillBytes = (Math.max(0, nowMs - known.atMs) / 1000) * bytesPerSecond;
    return { bytes: Math.min(burstBytes, known.bytes + refillBytes), atMs: nowMs };
  }
}

/** Of a request and its answer of so many bytes. */
export function costOf(request: WireRequest, answerBytes: number): number {
  const lookups = request.type === "blocks" ? lookupsOf(request.request) : 0;
  return SERVING_REQUEST_COST_BYTES + lookups * SERVING_REFERENCE_COST_BYTES + answerBytes;
}

/** Look-ups in the store, one by one. */
function lookupsOf(request: BlockRequest): number {
  switch (request.type) {
    case "refs":
      return request.refs.length;
    case "rounds":
      return 0;
    case "roundsOf":
      return Math.min(request.toRound - request.fromRound + 1, BLOCKS_PER_RESPONSE_MAX);
    default:
      return assertNever(request);
  }
}
