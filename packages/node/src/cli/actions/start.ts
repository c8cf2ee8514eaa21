// `start`: one node in the foreground. Answers with the exit code that a supervisor acts on.

import { setTimeout as delay } from "node:timers/promises";
import { configChanges, rememberConfig } from "../../config/config-change.ts";
import { fromUserFolder, homePaths } from "../../config/home.ts";
import { loadConfig } from "../../config/load.ts";
import type { NodeConfig } from "../../config/schema.ts";
import { guardAgainstCrashes } from "../../daemon/crash-guard.ts";
import { type Daemon, type DaemonOptions, startDaemon } from "../../daemon/daemon.ts";
import { isThere } from "../../daemon/home.ts";
import { EXIT, NodeError } from "../../errors.ts";
import { type NodeLogger, createLogger } from "../../observability/log.ts";
import { bundleOnSignal } from "../bundle-on-signal.ts";
import { homeOf } from "../context.ts";
import { type Output, jsonLine } from "../output.ts";
import { reloadOnHangup } from "../reload.ts";
import { removeRunFile, writeRunFile } from "../run-file.ts";
import { stopRequested } from "../stop-signal.ts";

/** A stop that takes longer is cut short with exit 1. */
const STOP_MAX_MS = 30_000;
/** After it, even what reports a late stop is late. */
const DEADLINE_SLACK_MS = 500;

export interface StartOptions {
  readonly home?: string;
  readonly logLevel?: string;
  readonly apiPort?: number;
  readonly apiHost?: string;
  readonly apiTokenFile?: string;
  readonly listen?: readonly string[];
  readonly mode?: string;
  readonly passwordFile?: string;
  readonly sync?: string;
  readonly checkpoint?: string;
  readonly json?: boolean;
}

export async function runStart(options: StartOptions, output: Output): Promise<number> {
  const stop = stopRequested();
  const home = homeOf(options);
  const paths = homePaths(home);
  if (!(await isThere(paths.genesis)))
    throw new NodeError("HOME_MISSING", `${home} is not initialised; run: selvedge init`);
  const sources = { file: paths.config, environment: process.env, flags: flagsOf(options) };
  const config = await loadConfig(sources);
  const logger = createLogger(config.log.level);
  for (const change of await configChanges(home, config))
    logger.warn({ code: "CONFIG_CHANGED", ...change }, "the configuration is another one than at the last start");
  guardAgainstCrashes(logger);
  reloadOnHangup({ sources, config, logger });
  bundleOnSignal({ home, config, logger });
  const stopping = new AbortController();
  void stop.then((cause) => {
    stopping.abort(new NodeError("STOP_REQUESTED", cause));
    endAtDeadline(logger, cause);
  });
  const daemon = await startUnlessStopped({ home, config, logger, stopped: stopping.signal });
  if (daemon === undefined) return EXIT.ok;
  try {
    await rememberConfig(home, config);
    await writeRunFile(home, { url: daemon.apiUrl, tokenFile: config.api.token_file, pid: process.pid });
    await output.data(readyText(daemon, { options, config }));
    const failure = await Promise.race([daemon.failed, stop]);
    if (typeof failure === "string") logger.info({ cause: failure }, "stopping");
    return await stopWithin(daemon, { logger, exitCode: typeof failure === "string" ? EXIT.ok : failure });
  } finally {
    await removeRunFile(home);
  }
}

/** Also for a stop that was asked for while the node was still starting, or that never gets as far as to be awaited. */
function endAtDeadline(logger: NodeLogger, cause: string): void {
  setTimeout(() => {
    logger.error({ cause, maxMs: STOP_MAX_MS }, "the stop took too long: ending at once");
    process.exit(EXIT.unexpected);
  }, STOP_MAX_MS + DEADLINE_SLACK_MS);
}

/** A node that joins from a state may be starting for long; undefined if it was stopped meanwhile. */
async function startUnlessStopped(
  options: DaemonOptions & { readonly stopped: AbortSignal },
): Promise<Daemon | undefined> {
  if (options.stopped.aborted) return undefined;
  try {
    return await startDaemon(options);
  } catch (error) {
    if (options.stopped.aborted && error === options.stopped.reason) return undefined;
    throw error;
  }
}

async function stopWithin(
  daemon: Daemon,
  outcome: { readonly logger: NodeLogger; readonly exitCode: number },
): Promise<number> {
  const tooLate = new AbortController();
  try {
    const stopped = daemon.stop().then(() => true);
    const isStopped = await Promise.race([stopped, delay(STOP_MAX_MS, false, { signal: tooLate.signal })]);
    if (isStopped) return outcome.exitCode;
    outcome.logger.error({ maxMs: STOP_MAX_MS }, "the stop took too long");
  } catch (error) {
    outcome.logger.error({ err: error }, "the stop failed");
  } finally {
    tooLate.abort();
  }
  return outcome.exitCode === EXIT.ok ? EXIT.unexpected : outcome.exitCode;
}

function readyText(daemon: Daemon, { options, config }: { options: StartOptions; config: NodeConfig }): string {
  const { chainId, status } = daemon.node.services;
  const { validator, version } = status();
  const ready = {
    ready: true,
    api: daemon.apiUrl,
    p2p: daemon.p2pAddresses,
    role: config.role,
    validator,
    chainId,
    version,
    pid: process.pid,
  };
  if (options.json === true) return jsonLine(ready);
  const who = validator === null ? config.role : `validator ${validator}`;
  return `ready: selvedge ${version}, ${who} of chain ${chainId}; API ${daemon.apiUrl}; p2p ${daemon.p2pAddresses.join(" ")}\n`;
}

function flagsOf(options: StartOptions): Record<string, string> {
  const { logLevel, apiPort, apiHost, apiTokenFile, listen, mode, passwordFile, sync, checkpoint } = options;
  return {
    ...(logLevel === undefined ? {} : { "log.level": logLevel }),
    ...(apiPort === undefined ? {} : { "api.port": String(apiPort) }),
    ...(apiHost === undefined ? {} : { "api.host": apiHost }),
    ...(apiTokenFile === undefined ? {} : { "api.token_file": fromUserFolder(apiTokenFile, process.env) }),
    ...(listen === undefined ? {} : { "p2p.listen": JSON.stringify(listen) }),
    ...(mode === undefined ? {} : { "p2p.mode": mode }),
    ...(sync === undefined ? {} : { "sync.mode": sync }),
    ...(checkpoint === undefined ? {} : { "sync.checkpoint": checkpoint }),
    ...(passwordFile === undefined ? {} : { "keys.password_file": fromUserFolder(passwordFile, process.env) }),
  };
}
