// `verify`: exit 0 and a summary, or exit 65 and the first broken thing.

import { EXIT, NodeError } from "../../errors.ts";
import { FindingError } from "../../verify/finding.ts";
import { type VerifySummary, verifyHome } from "../../verify/verify-home.ts";
import { homeOf } from "../context.ts";
import { type Output, formatBytes, jsonLine, table } from "../output.ts";
import { ProgressBar } from "../progress-bar.ts";
import { stopRequested } from "../stop-signal.ts";

export interface VerifyCommandOptions {
  readonly home?: string;
  readonly full?: boolean;
  readonly restart?: boolean;
  readonly json?: boolean;
}

export async function runVerify(options: VerifyCommandOptions, output: Output): Promise<number> {
  const stop = new AbortController();
  void stopRequested().then(() => stop.abort());
  const bar = new ProgressBar(output);
  const startedMs = performance.now();
  try {
    const summary = await verifyHome({
      home: homeOf(options),
      full: options.full === true,
      restart: options.restart === true,
      signal: stop.signal,
      onProgress: ({ subject, done, total }) => bar.draw(subject, done, total),
    });
    bar.clear();
    const seconds = (performance.now() - startedMs) / 1000;
    if (!summary.isComplete)
      throw new NodeError("OUTCOME_UNKNOWN", `interrupted after commit ${summary.commits}; run it again to go on`);
    await output.data(
      options.json === true ? jsonLine({ ok: true, ...summary, seconds }) : summaryText(summary, seconds),
    );
    return EXIT.ok;
  } catch (error) {
    bar.clear();
    if (error instanceof FindingError && options.json === true) {
      await output.data(jsonLine({ ok: false, subject: error.subject, code: error.finding, detail: error.detail }));
    }
    throw error;
  }
}

function summaryText(summary: VerifySummary, seconds: number): string {
  const models = summary.models.map(({ id, version, weightsRoot }) => [
    "model",
    `${id}: version ${version}, replayed bit for bit to weights ${weightsRoot}`,
  ]);
  const notExecuted = summary.lastCommit - summary.executedCommit;
  return table([
    ["verified", `chain ${summary.chainId}`],
    ["commits", `${summary.commits}${notExecuted > 0 ? `, the last ${notExecuted} not executed yet` : ""}`],
    ["blocks", `${summary.blocks} with ${summary.transactions} transactions`],
    ["checkpoints", checkpointsText(summary)],
    ...(summary.prunedTo > 0
      ? [["begins", `with the certified state after commit ${summary.prunedTo}: pruned below`]]
      : []),
    ["state root", summary.stateRoot],
    ...models,
    ["payloads", formatBytes(summary.payloadBytes)],
    ...(summary.records > 0 ? [["records", String(summary.records)]] : []),
    ...(summary.resumedAfter > 0 ? [["resumed", `after commit ${summary.resumedAfter}`]] : []),
    ["seconds", seconds.toFixed(1)],
  ]);
}

function checkpointsText({ checkpoints, certifiedCommit, lastCommit }: VerifySummary): string {
  if (certifiedCommit === 0) return "0, so nothing shows that the order is the committee's";
  return `${checkpoints}, a quorum signed up to commit ${certifiedCommit}, ${lastCommit - certifiedCommit} above it`;
}
