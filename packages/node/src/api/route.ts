// What a route is: the table of routes is the one source of dispatch, of validation and of the OpenAPI document. A handler
// gets an exchange whose method, media type and query are checked, and answers with a response or a refusal.

import type { IncomingMessage } from "node:http";
import type { Crypto } from "@selvedge/integrity";
import type { TObject, TProperties } from "typebox";
import type { NodeServices } from "../daemon/services.ts";
import type { NetworkLogger } from "../network/logger.ts";
import type { CursorSealer } from "./cursor.ts";
import type { ApiLimits } from "./limits.ts";
import type { Refusal } from "./problem.ts";

/** What all requests of one server share. */
export interface ApiContext {
  readonly services: NodeServices;
  readonly metrics: { readonly text: () => Promise<string> };
  readonly crypto: Crypto;
  readonly cursors: CursorSealer;
  readonly limits: ApiLimits;
  readonly logger: NetworkLogger;
  /** Aborts when the server stops. */
  readonly closing: AbortSignal;
}

export interface Exchange {
  readonly context: ApiContext;
  readonly request: Request;
  readonly incoming: IncomingMessage;
  /** Still untrusted text. */
  readonly param: (name: string) => string;
  /** Passed the route's query schema. */
  readonly query: Readonly<Record<string, string | undefined>>;
  /** Aborts when the client is gone or the server stops. */
  readonly signal: AbortSignal;
  /** Breaks the connection off: the only honest end of an answer that cannot be completed. */
  readonly abort: () => void;
}

export type Answer = Response | Refusal;

export interface RouteBody {
  readonly mediaType: string;
  readonly bytesMax: (context: ApiContext) => number;
  /** Of JSON bodies. */
  readonly schema?: TObject;
}

export interface Route {
  readonly method: "GET" | "POST" | "PUT";
  /** With `{name}` for parameters. */
  readonly path: string;
  readonly summary: string;
  readonly query?: TObject<TProperties>;
  readonly body?: RouteBody;
  /** Media types of successful answers. */
  readonly produces: readonly string[];
  readonly handle: (exchange: Exchange) => Promise<Answer>;
}

export const JSON_TYPE = "application/json";
export const BYTES_TYPE = "application/octet-stream";

export interface JsonOptions {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An answer that is true now and perhaps not later. */
export function jsonResponse(value: unknown, { status = 200, headers = {} }: JsonOptions = {}): Response {
  return new Response(JSON.stringify(value), {
    status,
    headers: { "content-type": JSON_TYPE, "cache-control": "no-store", ...headers },
  });
}
