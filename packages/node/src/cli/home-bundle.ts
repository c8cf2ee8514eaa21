// The bundle of a support case for a home, whether its node runs or not: what only a running node can tell is asked of it as
// anybody would ask.

import { writeFile } from "node:fs/promises";
import { readAdminJson } from "../admin/admin-client.ts";
import { homePaths } from "../config/home.ts";
import type { NodeConfig } from "../config/schema.ts";
import { foundLog, makeBundle } from "../debug/bundle.ts";
import { secretsOf } from "../debug/secrets.ts";
import { NodeError, isSystemError } from "../errors.ts";
import { apiAddressOf, readApi, readApiText } from "./api-read.ts";

export interface HomeBundle {
  readonly home: string;
  readonly config: NodeConfig;
  /** Where the node's stderr was sent; looked for in the home if absent. */
  readonly logFile?: string;
  readonly nowMs: number;
}

/** A .tar.gz without secrets. */
export async function bundleOf({ home, config, logFile, nowMs }: HomeBundle): Promise<Uint8Array> {
  const paths = homePaths(home);
  return makeBundle({
    paths,
    config,
    secrets: await secretsOf(paths, config),
    logFile: logFile ?? (await foundLog(paths)),
    status: () =>
      orWhyNot(async () => JSON.stringify(await readApi(await apiAddressOf({ home }), "/v1/status"), null, 2)),
    metrics: () => orWhyNot(async () => readApiText(await apiAddressOf({ home }), "/metrics")),
    report: () =>
      orWhyNot(async () => JSON.stringify((await readAdminJson(home, "/v1/admin/report")) ?? "no node runs", null, 2)),
    nowMs,
  });
}

/** For its owner alone, and never over another one: HOME_EXISTS if there is a file, IO_FAILED if it cannot be written. */
export async function writeBundle(path: string, bytes: Uint8Array): Promise<void> {
  try {
    await writeFile(path, bytes, { mode: 0o600, flag: "wx" });
  } catch (cause) {
    if (isSystemError(cause, "EEXIST")) throw new NodeError("HOME_EXISTS", `${path} exists`);
    throw new NodeError("IO_FAILED", `cannot write ${path}`, { cause });
  }
}

/** A node that is down is often why somebody makes a bundle. */
async function orWhyNot(read: () => Promise<string>): Promise<string> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof NodeError) return `${error.message} (${error.code})\n`;
    throw error;
  }
}
