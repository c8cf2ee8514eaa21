// What nobody caught: a rejection or an exception that no part of the daemon took on. It is a bug of ours, so the process
// ends at once with exit 70 and one log line that names the module; nothing durable depends on an orderly stop.

import { EXIT } from "../errors.ts";
import type { NodeLogger } from "../observability/log.ts";

/** Installs itself for the rest of the process. */
export function guardAgainstCrashes(logger: NodeLogger): void {
  const end = (error: unknown, kind: string): void => {
    logger.fatal({ err: error, kind, module: moduleOf(error) }, "an error that nobody took on: a bug of this software");
    process.exit(EXIT.invariant);
  };
  process.on("uncaughtException", (error, origin) => end(error, origin));
  process.on("unhandledRejection", (reason) => end(reason, "unhandledRejection"));
}

/** The file of ours nearest to where the error was made, like "network/dialer.ts"; or of the package, or "unknown". */
export function moduleOf(error: unknown): string {
  const stack = error instanceof Error ? (error.stack ?? "") : "";
  const own = /\/packages\/(?<name>[a-z]+)\/(?:src|dist)\/(?<file>[a-z0-9/.-]+?\.[jt]s)/u.exec(stack)?.groups;
  if (own !== undefined) return own["name"] === "node" ? (own["file"] ?? "unknown") : `${own["name"]}/${own["file"]}`;
  const foreign = /\/node_modules\/(?<name>(?:@[^/]+\/)?[^/]+)\/(?!.*\/node_modules\/)/u.exec(stack)?.groups;
  return foreign?.["name"] ?? "unknown";
}
