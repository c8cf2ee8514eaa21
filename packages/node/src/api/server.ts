// The HTTP interface of a node: owns the socket, its timeouts and its end. Loopback unless a token is configured; no
// CORS, no cookies, no proxy headers. What is asked is answered by the routes from NodeServices alone.

import { randomBytes } from "node:crypto";
import { type IncomingMessage, type Server, type ServerResponse, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { getRequestListener } from "@hono/node-server";
import { type Crypto, PAYLOAD_MAX_BYTES } from "@selvedge/integrity";
import { createNodeCrypto } from "../crypto.ts";
import type { NodeServices } from "../daemon/services.ts";
import { NodeError, isSystemError } from "../errors.ts";
import type { NetworkLogger } from "../network/logger.ts";
import { CursorSealer } from "./cursor.ts";
import { type Dispatch, createDispatch } from "./dispatch.ts";
import { Guard, exposureFault } from "./guard.ts";
import { type ApiLimits, DEFAULT_API_LIMITS } from "./limits.ts";
import { INTERNAL_ERROR, type Refusal, badRequest, problemBody, problemResponse } from "./problem.ts";
import { routeTable } from "./route-table.ts";
import type { ApiContext } from "./route.ts";

export interface ApiServerOptions {
  readonly services: NodeServices;
  readonly metrics: { readonly text: () => Promise<string> };
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly token: string | null;
  readonly logger: NetworkLogger;
  readonly crypto?: Crypto;
  /** Only tests set these. */
  readonly limits?: Partial<ApiLimits>;
}

export interface ApiServer {
  readonly url: string;
  readonly port: number;
  /** Ends event feeds and waits, lets answers under way go out for a moment, then closes every connection. */
  readonly close: () => Promise<void>;
}

/** Rejects with CONFIG_INVALID, PORT_IN_USE or IO_FAILED. */
export async function createApiServer(options: ApiServerOptions): Promise<ApiServer> {
  const { host, token, logger } = options;
  const fault = exposureFault(host, token);
  if (fault !== undefined) throw new NodeError("CONFIG_INVALID", fault);
  const limits = { ...DEFAULT_API_LIMITS, ...options.limits };
  const closing = new AbortController();
  const context: ApiContext = {
    services: options.services,
    metrics: options.metrics,
    crypto: options.crypto ?? createNodeCrypto(),
    cursors: new CursorSealer(),
    limits,
    logger,
    closing: closing.signal,
  };
  const listener = requestListener(createDispatch(routeTable(), context), new Guard({ host, token, limits }), context);
  const server = openServer(limits, listener);
  const port = await listen(server, host, options.port);
  const name = host.includes(":") ? `[${host}]` : host;
  return { url: `http://${name}:${port}`, port, close: () => closeServer(server, closing, limits.closeGraceMs) };
}

type NodeListener = (incoming: IncomingMessage, outgoing: ServerResponse) => void;

function requestListener(dispatch: Dispatch, guard: Guard, { closing, logger }: ApiContext): NodeListener {
  const process = randomBytes(6).toString("hex");
  let requestCount = 0;
  const instanceOf = (): string => `urn:selvedge:request:${process}-${(requestCount += 1)}`;
  return (incoming, outgoing) => {
    const instance = instanceOf();
    const refusal = guard.enter(incoming);
    const gone = new AbortController();
    const onClosing = (): void => gone.abort();
    closing.addEventListener("abort", onClosing, { once: true });
    outgoing.once("close", () => {
      closing.removeEventListener("abort", onClosing);
      guard.leave(incoming);
      gone.abort();
    });
    const answer = async (request: Request): Promise<Response> =>
      refusal === undefined
        ? dispatch(request, { incoming, outgoing, signal: gone.signal, instance })
        : problemResponse(refusal, instance);
    const handle = getRequestListener(async (request) => secured(await answer(request)), {
      overrideGlobalObjects: false,
      errorHandler: (error) => {
        // A request that cannot even be represented (bad Host, bad target), or an answer that could not be made.
        logger.debug({ error: String(error), instance }, "a request could not be answered");
        const isTheirs = error instanceof Error && error.name === "RequestError";
        return secured(problemResponse(isTheirs ? MALFORMED : INTERNAL_ERROR, instance));
      },
    });
    handle(incoming, outgoing).catch((error: unknown) => {
      logger.warn({ error: String(error), instance }, "an answer broke off");
      outgoing.destroy();
    });
  };
}

const MALFORMED: Refusal = badRequest("REQUEST_MALFORMED", "the request is malformed");

function secured(response: Response): Response {
  response.headers.set("x-content-type-options", "nosniff");
  response.headers.set("content-security-policy", "default-src 'none'; frame-ancestors 'none'");
  return response;
}

function openServer(limits: ApiLimits, listener: NodeListener): Server {
  const server = createServer(
    {
      maxHeaderSize: limits.headerBytesMax,
      headersTimeout: limits.headersTimeoutMs,
      // Bodies have deadlines of their own (body-reader.ts); this one ends requests whose body nobody reads.
      requestTimeout: requestTimeoutMs(limits),
      keepAliveTimeout: limits.keepAliveMs,
      connectionsCheckingInterval: limits.checkEveryMs,
      insecureHTTPParser: false,
      // Refused by us instead, as a problem: without a host there is no request that could be represented.
      requireHostHeader: false,
    },
    listener,
  );
  server.maxConnections = limits.connectionsMax;
  // The bound on bytes is the bound on headers: a smaller count would drop some silently.
  server.maxHeadersCount = 0;
  server.timeout = limits.idleMs;
  server.on("clientError", refuseMalformed);
  server.on("checkExpectation", refuseExpectation);
  return server;
}

/** The largest payload at the least rate, and some. */
function requestTimeoutMs({ bodyTotalMs, bodyBytesPerSecondMin }: ApiLimits): number {
  return 2 * bodyTotalMs + Math.ceil((1000 * PAYLOAD_MAX_BYTES) / bodyBytesPerSecondMin);
}

const STATUS_OF_PARSER: Readonly<Record<string, Refusal>> = {
  HPE_HEADER_OVERFLOW: { ...badRequest("HEADER_TOO_LARGE", "the headers are too large"), status: 431 },
  ERR_HTTP_REQUEST_TIMEOUT: {
    ...badRequest("REQUEST_TOO_SLOW", "the request came too slowly"),
    status: 408,
    retryable: true,
  },
};

const EXPECTATION_UNKNOWN: Refusal = {
  ...badRequest("EXPECTATION_UNKNOWN", "nothing but 100-continue can be expected"),
  status: 417,
};

/** Before any guard, and without a look at the request: the connection ends with it. */
function refuseExpectation(_: IncomingMessage, outgoing: ServerResponse): void {
  const headers = { connection: "close", "cache-control": "no-store", "content-type": "application/problem+json" };
  outgoing.writeHead(417, headers).end(problemBody(EXPECTATION_UNKNOWN, "urn:selvedge:request:unread"));
}

/** What node's own parser refused: there is no request to answer, only a socket. */
function refuseMalformed(error: Error & { readonly code?: string }, socket: Duplex): void {
  if (socket.destroyed || !socket.writable || error.code === "ECONNRESET") {
    socket.destroy();
    return;
  }
  const refusal = STATUS_OF_PARSER[error.code ?? ""] ?? MALFORMED;
  const body = problemBody(refusal, "urn:selvedge:request:unread");
  const head = `HTTP/1.1 ${refusal.status} ${refusal.code}\r\nconnection: close\r\ncontent-type: application/problem+json\r\n`;
  socket.end(`${head}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`, () => socket.destroy());
}

async function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", (cause) => {
      const isTaken = isSystemError(cause, "EADDRINUSE");
      const message = isTaken ? `port ${port} of ${host} is in use` : `cannot listen on ${host}:${port}`;
      reject(new NodeError(isTaken ? "PORT_IN_USE" : "IO_FAILED", message, { cause }));
    });
    server.listen({ host, port, backlog: 256 }, () => resolve(addressOf(server).port));
  });
}

function addressOf(server: Server): AddressInfo {
  const address = server.address();
  if (address === null || typeof address === "string") throw new NodeError("IO_FAILED", "the server has no address");
  return address;
}

async function closeServer(server: Server, closing: AbortController, graceMs: number): Promise<void> {
  closing.abort();
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), graceMs);
  await closed;
  clearTimeout(timer);
}
