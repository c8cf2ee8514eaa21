// HOME/run/admin.sock: what only the operator of a running node may ask of it. A Unix socket of mode 0600, so whoever may
// read the home's data may use it and nobody else; no token, no network. Speaks HTTP with the few paths below.

import { chmod, rm } from "node:fs/promises";
import { type IncomingMessage, type Server, type ServerResponse, createServer } from "node:http";
import { pipeline } from "node:stream/promises";
import type { Store } from "@selvedge/integrity";
import { endFrame, recordFrame } from "../backup/frames.ts";
import { recordsOf } from "../backup/node-records.ts";
import { makeRunFolder, runPath } from "../config/run-folder.ts";
import { NodeError } from "../errors.ts";
import type { NodeLogger } from "../observability/log.ts";

/** Longer paths do not fit the address of a Unix socket. */
const SOCKET_PATH_MAX = 100;
const BODY_MAX_BYTES = 4096;
const LEVELS: ReadonlySet<string> = new Set(["trace", "debug", "info", "warn", "error", "silent"]);

export interface AdminSetup {
  readonly home: string;
  readonly store: Store;
  readonly logger: NodeLogger;
  /** Diagnostics of the process, without secrets. */
  readonly report: () => Promise<object>;
}

export interface AdminServer {
  readonly path: string;
  readonly close: () => Promise<void>;
}

export function adminSocketPath(home: string): string {
  return runPath(home, "admin.sock");
}

/** Undefined if the home's path is too long for a socket: then backups are made of the stopped node. */
export async function openAdminServer(setup: AdminSetup): Promise<AdminServer | undefined> {
  const path = adminSocketPath(setup.home);
  if (Buffer.byteLength(path) > SOCKET_PATH_MAX) {
    setup.logger.warn({ path }, "the path is too long for the admin socket: there is none");
    return undefined;
  }
  await makeRunFolder(setup.home);
  // Left by a crash; a running node of this home would hold its lock, and we would not be here.
  await rm(path, { force: true });
  const server = createServer((request, response) => {
    answer(setup, request, response).catch((error: unknown) => {
      setup.logger.warn({ error: String(error), url: request.url }, "an admin request failed");
      response.destroy();
    });
  });
  await listen(server, path);
  await chmod(path, 0o600);
  return { path, close: () => closeServer(server, path) };
}

async function answer(setup: AdminSetup, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const route = `${request.method} ${request.url}`;
  switch (route) {
    case "GET /v1/admin/records":
      response.writeHead(200, { "content-type": "application/octet-stream" });
      return pipeline(framesOf(setup.store), response);
    case "GET /v1/admin/report":
      return answerJson(response, 200, await setup.report());
    case "PUT /v1/admin/log":
      return setLevel(setup, request, response);
    default:
      return answerJson(response, 404, { code: "ROUTE_UNKNOWN" });
  }
}

async function* framesOf(store: Store): AsyncGenerator<Uint8Array, void, undefined> {
  let records = 0;
  for await (const record of recordsOf(store)) {
    records += 1;
    yield recordFrame(record);
  }
  yield endFrame(records);
}

async function setLevel({ logger }: AdminSetup, request: IncomingMessage, response: ServerResponse): Promise<void> {
  let text = "";
  for await (const part of request) {
    text += String(part);
    if (text.length > BODY_MAX_BYTES) return answerJson(response, 413, { code: "BODY_TOO_LARGE" });
  }
  if (!LEVELS.has(text)) return answerJson(response, 400, { code: "PARAMETER_INVALID" });
  logger.level = text;
  logger.info({ logLevel: text }, "the log level was changed");
  return answerJson(response, 200, { level: text });
}

function answerJson(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (cause) => reject(new NodeError("IO_FAILED", `cannot listen on ${path}`, { cause })));
    server.listen(path, () => resolve());
  });
}

async function closeServer(server: Server, path: string): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  await closed;
  await rm(path, { force: true });
}
