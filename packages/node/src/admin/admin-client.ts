// Asks the admin socket of a home's running node.

import { type IncomingMessage, request } from "node:http";
import { NodeError, isSystemError } from "../errors.ts";
import { adminSocketPath } from "./admin-server.ts";

const ANSWER_MAX_BYTES: number = 64 * 1024 * 1024;

/** Undefined if no node of this home runs. */
export async function askAdmin(
  home: string,
  ask: { readonly method: "GET" | "PUT"; readonly path: string; readonly body?: string },
): Promise<IncomingMessage | undefined> {
  const answered = Promise.withResolvers<IncomingMessage | undefined>();
  const asking = request({ socketPath: adminSocketPath(home), method: ask.method, path: ask.path });
  asking.once("response", answered.resolve);
  asking.once("error", (cause) => {
    const isDown = isSystemError(cause, "ENOENT") || isSystemError(cause, "ECONNREFUSED");
    // Beyond the length of such an address there is no socket either.
    if (isDown || isSystemError(cause, "EINVAL")) answered.resolve(undefined);
    else answered.reject(new NodeError("API_UNREACHABLE", `no answer from the node of ${home}`, { cause }));
  });
  asking.end(ask.body);
  const response = await answered.promise;
  if (response !== undefined && response.statusCode !== 200) {
    response.resume();
    throw new NodeError("API_ERROR", `the node of ${home} refuses ${ask.path}: ${response.statusCode}`);
  }
  return response;
}

export async function readAdminJson(home: string, path: string): Promise<unknown> {
  const response = await askAdmin(home, { method: "GET", path });
  if (response === undefined) return undefined;
  let text = "";
  for await (const part of response) {
    text += String(part);
    if (text.length > ANSWER_MAX_BYTES)
      throw new NodeError("API_ERROR", `an answer of more than ${ANSWER_MAX_BYTES} bytes`);
  }
  const parsed: unknown = JSON.parse(text);
  return parsed;
}
