// `healthcheck`: one question to a running node and an exit code, for containers and supervisors.

import { Type } from "typebox";
import { Value } from "typebox/value";
import { EXIT, NodeError } from "../../errors.ts";
import { type ApiAddressOptions, apiAddressOf } from "../api-read.ts";
import { type Output, jsonLine, printable } from "../output.ts";

const ANSWER = Type.Object({
  state: Type.String({ maxLength: 64 }),
  reason: Type.Optional(Type.String({ maxLength: 4096 })),
});

export interface HealthcheckOptions extends ApiAddressOptions {
  readonly live?: boolean;
  readonly timeoutMs: number;
  readonly json?: boolean;
}

/** 0 ready (with --live: alive), 3 syncing or starting, 4 stalled, 69 no answer. */
export async function runHealthcheck(options: HealthcheckOptions, output: Output): Promise<number> {
  const { url } = await apiAddressOf(options);
  const { status, body } = await ask(`${url}${options.live === true ? "/livez" : "/readyz"}`, options.timeoutMs);
  if (!Value.Check(ANSWER, body)) throw new NodeError("API_ERROR", `${url} does not answer as a node of this version`);
  const { state, reason = "" } = body;
  await output.data(
    options.json === true ? jsonLine({ status, state, reason }) : `${printable(`${state} ${reason}`).trim()}\n`,
  );
  if (status === 200) return EXIT.ok;
  return state === "stalled" ? EXIT.stalled : EXIT.syncing;
}

async function ask(url: string, timeoutMs: number): Promise<{ readonly status: number; readonly body: unknown }> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) });
    const body: unknown = await response.json();
    return { status: response.status, body };
  } catch (cause) {
    throw new NodeError("API_UNREACHABLE", `no answer from ${url}`, { cause });
  }
}
