// `debug bundle`: one file for a support case. Redaction is not an option: there is no bundle without it.

import { writeFile } from "node:fs/promises";
import { readAdminJson } from "../../admin/admin-client.ts";
import { fromUserFolder, homePaths } from "../../config/home.ts";
import { loadConfig } from "../../config/load.ts";
import { isThere } from "../../daemon/home.ts";
import { foundLog, makeBundle } from "../../debug/bundle.ts";
import { secretsOf } from "../../debug/secrets.ts";
import { EXIT, NodeError, isSystemError } from "../../errors.ts";
import { apiAddressOf, readApi, readApiText } from "../api-read.ts";
import { homeOf } from "../context.ts";
import { type Output, formatBytes, jsonLine } from "../output.ts";

export interface DebugBundleOptions {
  readonly home?: string;
  readonly out: string;
  readonly log?: string;
  readonly redact?: boolean;
  readonly json?: boolean;
}

export async function runDebugBundle(options: DebugBundleOptions, output: Output): Promise<number> {
  const home = homeOf(options);
  const paths = homePaths(home);
  if (!(await isThere(paths.genesis))) throw new NodeError("HOME_MISSING", `${home} is not initialised`);
  const config = await loadConfig({ file: paths.config, environment: process.env, flags: {} });
  const bytes = await makeBundle({
    paths,
    config,
    secrets: await secretsOf(paths, config),
    logFile: options.log === undefined ? await foundLog(paths) : fromUserFolder(options.log, process.env),
    status: () =>
      orWhyNot(async () => JSON.stringify(await readApi(await apiAddressOf({ home }), "/v1/status"), null, 2)),
    metrics: () => orWhyNot(async () => readApiText(await apiAddressOf({ home }), "/metrics")),
    report: () =>
      orWhyNot(async () => JSON.stringify((await readAdminJson(home, "/v1/admin/report")) ?? "no node runs", null, 2)),
    nowMs: Date.now(),
  });
  const out = fromUserFolder(options.out, process.env);
  await writeNew(out, bytes);
  await output.data(
    options.json === true
      ? jsonLine({ bundle: out, sizeBytes: bytes.length })
      : `${out}: ${formatBytes(bytes.length)}, redacted; look into it before you send it\n`,
  );
  return EXIT.ok;
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

async function writeNew(path: string, bytes: Uint8Array): Promise<void> {
  try {
    await writeFile(path, bytes, { mode: 0o600, flag: "wx" });
  } catch (cause) {
    if (isSystemError(cause, "EEXIST")) throw new NodeError("HOME_EXISTS", `${path} exists`);
    throw new NodeError("IO_FAILED", `cannot write ${path}`, { cause });
  }
}
