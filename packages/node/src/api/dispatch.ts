// From a request to its route: Hono matches the path, this checks method, query and the headers of the body before a
// handler runs, and turns refusals into problems. What a handler throws is our fault: 500, logged, never shown.

import type { IncomingMessage, ServerResponse } from "node:http";
import { InvariantError, type Result, err, ok } from "@selvedge/integrity";
import { type Context, Hono } from "hono";
import { Value } from "typebox/value";
import { INTERNAL_ERROR, type Refusal, badRequest, notFound, problemResponse, tooLarge } from "./problem.ts";
import { type Answer, type ApiContext, type Exchange, type Route } from "./route.ts";

export interface RequestBindings {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  readonly signal: AbortSignal;
  /** Names the request in problems and logs. */
  readonly instance: string;
}

interface RequestEnv {
  readonly Bindings: RequestBindings;
}

export type Dispatch = (request: Request, bindings: RequestBindings) => Promise<Response>;

export function createDispatch(routes: readonly Route[], context: ApiContext): Dispatch {
  const app = new Hono<RequestEnv>();
  for (const route of routes) {
    app.on(route.method, honoPath(route.path), (call) => answerCall(route, context, call));
  }
  for (const path of new Set(routes.map((route) => route.path))) {
    const allow = routes.filter((route) => route.path === path).map(({ method }) => method);
    app.all(honoPath(path), (call) => problemResponse(methodNotAllowed(allow), call.env.instance));
  }
  app.notFound((call) => problemResponse(notFound("ROUTE_UNKNOWN", "there is no such path"), call.env.instance));
  app.onError((error, call) => {
    context.logger.error({ error, instance: call.env.instance }, "a request failed");
    // Not ours to survive: the process ends as it would without a request (exit 70).
    if (error instanceof InvariantError)
      setImmediate(() => {
        throw error;
      });
    return problemResponse(INTERNAL_ERROR, call.env.instance);
  });
  return async (request, bindings) => app.fetch(request, bindings);
}

function honoPath(path: string): string {
  return path.replaceAll(/\{([a-z]+)\}/gu, ":$1");
}

function methodNotAllowed(allow: readonly string[]): Refusal {
  const headers = { allow: [...allow, ...(allow.includes("GET") ? ["HEAD"] : [])].join(", ") };
  return { status: 405, code: "METHOD_NOT_ALLOWED", detail: "the path has no such method", retryable: false, headers };
}

async function answerCall(route: Route, context: ApiContext, call: Context<RequestEnv>): Promise<Response> {
  const answer = await answerOf(route, context, call);
  return answer instanceof Response ? answer : problemResponse(answer, call.env.instance);
}

async function answerOf(route: Route, context: ApiContext, call: Context<RequestEnv>): Promise<Answer> {
  const { incoming, outgoing, signal } = call.env;
  const query = parseQuery(route, incoming.url ?? "");
  if (!query.ok) return query.error;
  const refusal = bodyRefusal(route, context, incoming);
  if (refusal !== undefined) return refusal;
  const exchange: Exchange = {
    context,
    request: call.req.raw,
    incoming,
    param: (name) => call.req.param(name) ?? "",
    query: query.value,
    signal,
    abort: () => outgoing.destroy(),
  };
  return route.handle(exchange);
}

/** From the raw request target, so that nothing in between has merged or dropped a key. */
function parseQuery(route: Route, target: string): Result<Exchange["query"], Refusal> {
  const mark = target.indexOf("?");
  const pairs = [...new URLSearchParams(mark < 0 ? "" : target.slice(mark + 1))];
  // Defines own properties only: "__proto__" is a key like any other, which no schema knows.
  const query: Record<string, string> = Object.fromEntries(pairs);
  if (Object.keys(query).length < pairs.length) return err(badRequest("QUERY_INVALID", "a query key stands twice"));
  if (route.query === undefined) {
    return pairs.length === 0 ? ok(query) : err(badRequest("QUERY_INVALID", "this path has no query"));
  }
  return Value.Check(route.query, query)
    ? ok(query)
    : err(badRequest("QUERY_INVALID", "an unknown key or a bad value in the query"));
}

function bodyRefusal({ body }: Route, context: ApiContext, { headers }: IncomingMessage): Refusal | undefined {
  const length = Number(headers["content-length"] ?? 0);
  if (body === undefined) {
    if (length === 0 && headers["transfer-encoding"] === undefined) return undefined;
    return { ...badRequest("BODY_UNEXPECTED", "this method has no body"), headers: { connection: "close" } };
  }
  const mediaType = (headers["content-type"] ?? "").split(";")[0]?.trim().toLowerCase();
  if (mediaType !== body.mediaType || headers["content-encoding"] !== undefined) {
    const detail = `the body is ${body.mediaType}, without content encoding`;
    return { status: 415, code: "MEDIA_TYPE_UNSUPPORTED", detail, retryable: false };
  }
  const bytesMax = body.bytesMax(context);
  return length > bytesMax ? tooLarge(bytesMax) : undefined;
}
