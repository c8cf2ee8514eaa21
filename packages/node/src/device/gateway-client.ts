// Asks gateways over HTTP, one after the other until one gives an answer that the caller accepts. Trusts none of them:
// answers are bounded in bytes and time here and verified by the caller. No call goes on for ever: it ends with its last
// sweep or with its signal.

import { type Rejection, type Result, err, ok, rejection } from "@selvedge/integrity";
import { Type } from "typebox";
import { Value } from "typebox/value";
import type { DeviceLimits } from "./limits.ts";

export interface GatewayFailure {
  readonly cause: Rejection;
  /** The same gateway may answer otherwise later. */
  readonly isRetryable: boolean;
  /** The content itself was refused (HTTP 422): no other time will help. */
  readonly isVerdict: boolean;
  readonly retryAfterMs?: number;
}

export type GatewayResult<Value> = Result<Value, GatewayFailure>;

export type Pause = (ms: number, signal: AbortSignal) => Promise<void>;

/** The global `fetch`, or what stands in for it. */
export type Fetch = (url: URL, init: RequestInit) => Promise<Response>;

export interface GatewaySetup {
  /** Base URLs, in order of preference. */
  readonly gateways: readonly string[];
  readonly token: string | null;
  readonly fetch: Fetch;
  /** Resolves after the time or at once when the signal aborts. */
  readonly pause: Pause;
  /** In [0, 1): jitter only. */
  readonly random: () => number;
  readonly limits: DeviceLimits;
}

export interface GatewayRequest {
  readonly method?: "GET" | "POST" | "PUT";
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** Largest answer that makes sense. */
  readonly bytesMax: number;
}

const PROBLEM = Type.Object({
  code: Type.String({ maxLength: 128 }),
  detail: Type.String(),
  retryable: Type.Boolean(),
});
const PROBLEM_DETAIL_MAX_CHARS = 300;

export class GatewayClient {
  readonly #setup: GatewaySetup;
  /** The gateway that last gave an accepted answer is asked first. */
  #preferred = 0;

  constructor(setup: GatewaySetup) {
    this.#setup = setup;
  }

  /** The first accepted answer; else the most telling failure: a verdict before a refusal before silence. */
  async anywhere<Value>(
    ask: (gateway: string) => Promise<GatewayResult<Value>>,
    signal: AbortSignal,
  ): Promise<GatewayResult<Value>> {
    let worst: GatewayFailure | undefined;
    for (let sweep = 0; sweep < this.#setup.limits.sweepsMax; sweep += 1) {
      if (sweep > 0) await this.#setup.pause(this.#backoffMs(sweep, worst?.retryAfterMs), signal);
      const outcome = await this.#sweep(ask, signal);
      if (outcome.ok) return outcome;
      worst = outcome.error;
      if (!worst.isRetryable || signal.aborted) break;
    }
    return err(worst ?? NO_GATEWAY);
  }

  async json(gateway: string, path: string, signal: AbortSignal): Promise<GatewayResult<unknown>> {
    return this.sendJson(gateway, { path, bytesMax: this.#setup.limits.jsonBytesMax }, signal);
  }

  async sendJson(gateway: string, request: GatewayRequest, signal: AbortSignal): Promise<GatewayResult<unknown>> {
    const answer = await this.bytes(gateway, request, signal);
    if (!answer.ok) return answer;
    const value = parseJson(answer.value);
    return value === undefined ? err(invalidAnswer("the gateway's answer is not JSON")) : ok(value);
  }

  /** The body of a successful answer. */
  async bytes(gateway: string, request: GatewayRequest, signal: AbortSignal): Promise<GatewayResult<Uint8Array>> {
    const { limits, token } = this.#setup;
    const size = request.bytesMax + (request.body?.length ?? 0);
    const timeout = AbortSignal.timeout(limits.attemptMs + Math.ceil((1000 * size) / limits.bytesPerSecondMin));
    try {
      const response = await this.#setup.fetch(new URL(request.path, gateway), {
        method: request.method ?? "GET",
        headers: { ...request.headers, ...(token !== null && { authorization: `Bearer ${token}` }) },
        ...(request.body && { body: new Uint8Array(request.body) }),
        redirect: "error",
        signal: AbortSignal.any([signal, timeout]),
      });
      const body = await readBounded(response, response.ok ? request.bytesMax : limits.jsonBytesMax);
      if (body === undefined) return err(invalidAnswer("the gateway's answer is longer than it may be"));
      return response.ok ? ok(body) : err(failureOf(response, body));
    } catch (cause) {
      // Whatever fetch throws is the network's or the signal's doing.
      return err(signal.aborted ? DEADLINE : unreachable(gateway, cause));
    }
  }

  async pause(ms: number, signal: AbortSignal): Promise<void> {
    await this.#setup.pause(ms, signal);
  }

  async #sweep<Value>(
    ask: (gateway: string) => Promise<GatewayResult<Value>>,
    signal: AbortSignal,
  ): Promise<GatewayResult<Value>> {
    const { gateways } = this.#setup;
    let worst: GatewayFailure | undefined;
    let isRetryable = false;
    for (let offset = 0; offset < gateways.length; offset += 1) {
      if (signal.aborted) return err(DEADLINE);
      const position = (this.#preferred + offset) % gateways.length;
      const answer = await ask(gateways[position] ?? "");
      if (answer.ok) {
        this.#preferred = position;
        return answer;
      }
      isRetryable ||= answer.error.isRetryable;
      if (worst === undefined || weightOf(answer.error) >= weightOf(worst)) worst = answer.error;
    }
    return err(worst === undefined ? NO_GATEWAY : { ...worst, isRetryable });
  }

  #backoffMs(sweep: number, retryAfterMs = 0): number {
    const { backoffMs, backoffMaxMs } = this.#setup.limits;
    const ceiling = Math.min(backoffMaxMs, backoffMs * 2 ** (sweep - 1));
    return Math.min(backoffMaxMs, Math.max(retryAfterMs, ceiling * (0.5 + 0.5 * this.#setup.random())));
  }
}

/** A gateway's answer that did not verify; another gateway may do better, the same one will not. */
export function refusedAnswer(cause: Rejection): GatewayFailure {
  return { cause, isRetryable: false, isVerdict: false };
}

export function invalidAnswer(detail: string): GatewayFailure {
  return refusedAnswer(rejection("GATEWAY_ANSWER_INVALID", detail));
}

const DEADLINE: GatewayFailure = {
  cause: rejection("DEADLINE_PASSED", "the time for this call is over"),
  isRetryable: false,
  isVerdict: false,
};

const NO_GATEWAY: GatewayFailure = refusedAnswer(rejection("GATEWAY_UNREACHABLE", "no gateway is configured"));

function unreachable(gateway: string, cause: unknown): GatewayFailure {
  const reason = cause instanceof Error ? cause.message : "unknown";
  return { cause: rejection("GATEWAY_UNREACHABLE", `${gateway}: ${reason}`), isRetryable: true, isVerdict: false };
}

function weightOf({ isVerdict, isRetryable }: GatewayFailure): number {
  if (isVerdict) return 2;
  return isRetryable ? 0 : 1;
}

function failureOf(response: Response, body: Uint8Array): GatewayFailure {
  const problem = parseJson(body);
  const seconds = Number(response.headers.get("retry-after") ?? 0);
  const later = Number.isFinite(seconds) && seconds > 0 ? { retryAfterMs: 1000 * seconds } : {};
  if (!Value.Check(PROBLEM, problem)) {
    const cause = rejection("GATEWAY_ANSWER_INVALID", `HTTP ${response.status} without a problem document`);
    return { cause, isRetryable: response.status >= 500, isVerdict: false, ...later };
  }
  const cause = rejection(problem.code, problem.detail.slice(0, PROBLEM_DETAIL_MAX_CHARS));
  return { cause, isRetryable: problem.retryable, isVerdict: response.status === 422 && !problem.retryable, ...later };
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    const value: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    return value;
  } catch (cause) {
    if (cause instanceof SyntaxError || cause instanceof TypeError) return undefined;
    throw cause;
  }
}

/** Undefined once more arrives than may. */
async function readBounded(response: Response, bytesMax: number): Promise<Uint8Array | undefined> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  const reader = response.body?.getReader();
  while (reader !== undefined) {
    const piece: { readonly done: boolean; readonly value?: unknown } = await reader.read();
    if (piece.done) break;
    if (!(piece.value instanceof Uint8Array)) continue;
    size += piece.value.length;
    if (size > bytesMax) {
      await reader.cancel();
      return undefined;
    }
    pieces.push(piece.value);
  }
  return new Uint8Array(Buffer.concat(pieces));
}
