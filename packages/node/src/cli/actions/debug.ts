// `debug bundle`: one file for a support case. Redaction is not an option: there is no bundle without it.

import { fromUserFolder, homePaths } from "../../config/home.ts";
import { loadConfig } from "../../config/load.ts";
import { isThere } from "../../daemon/home.ts";
import { EXIT, NodeError } from "../../errors.ts";
import { homeOf } from "../context.ts";
import { bundleOf, writeBundle } from "../home-bundle.ts";
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
  const logFile = options.log === undefined ? {} : { logFile: fromUserFolder(options.log, process.env) };
  const bytes = await bundleOf({ home, config, ...logFile, nowMs: Date.now() });
  const out = fromUserFolder(options.out, process.env);
  await writeBundle(out, bytes);
  await output.data(
    options.json === true
      ? jsonLine({ bundle: out, sizeBytes: bytes.length })
      : `${out}: ${formatBytes(bytes.length)}, redacted; look into it before you send it\n`,
  );
  return EXIT.ok;
}
