// `selvedge sim run`: one scenario, its verdict and a short table, and whatever else was asked for about this run.

import { refusingRejections } from "../../adversary/left-behind.ts";
import { readDecisionLog, writeDecisionLog } from "../../kernel/decision-log.ts";
import type { RunResult } from "../../run/result.ts";
import type { RunOptions } from "../../run/run-options.ts";
import { recordScenario, runScenario } from "../../run/run-scenario.ts";
import { BUILTIN_SCENARIOS } from "../../scenario/builtin/registry.ts";
import { readInputText } from "../../scenario/input-file.ts";
import { DECISIONS_FILE_MAX_BYTES } from "../../scenario/limits.ts";
import { SimInputError } from "../../scenario/sim-error.ts";
import { createJob } from "../../sweep/job.ts";
import { runOptionsOf } from "../../sweep/options-of-job.ts";
import type { Action } from "../context.ts";
import { checkDeterminism } from "../determinism.ts";
import { exitCodeOfVerdict } from "../exit-codes.ts";
import { OutputFile } from "../output-file.ts";
import { type Output, jsonLine } from "../output.ts";
import { reportText, verdictLine } from "../report.ts";
import { type ChosenScenario, type ScenarioOptions, chooseScenario, replayCommand } from "../scenario-options.ts";
import { refuseSharedFiles } from "../shared-files.ts";
import { shrinkAndWrite } from "../shrinking.ts";
import { traceFiles } from "../trace-files.ts";

interface RunCommandOptions extends ScenarioOptions {
  readonly trace?: string;
  readonly perfetto?: string;
  readonly decisions?: string;
  readonly replay?: string;
  readonly checkDeterminism?: boolean;
  readonly shrink?: boolean;
  readonly output?: string;
  readonly json?: boolean;
}

export const runOne: Action<RunCommandOptions> = async (options, output) => {
  refuseContradictions(options);
  refuseOverwriting(options);
  const chosen = await chooseScenario(options);
  const replayed =
    options.replay === undefined
      ? undefined
      : readDecisionLog(await readInputText(options.replay, DECISIONS_FILE_MAX_BYTES));
  const runOptions = { ...(await runOptionsOf(chosen)), ...(replayed === undefined ? {} : { decisions: replayed }) };
  const result = await runWithFiles(chosen, { options, runOptions });
  await print({ options, chosen, result }, output);
  if (options.checkDeterminism === true) await compareDigests(chosen, result, output);
  if (options.shrink === true && result.verdict !== "PASS") {
    await shrinkAndWrite(chosen, { file: minimalFileOf(options), runsMax: undefined }, output);
  }
  return exitCodeOfVerdict(result.verdict);
};

function refuseContradictions(options: RunCommandOptions): void {
  if (options.replay !== undefined && options.shrink === true) {
    throw new SimInputError(
      "USAGE",
      "--replay and --shrink do not go together: a smaller scenario draws other choices",
    );
  }
  if (options.replay !== undefined && options.checkDeterminism === true) {
    throw new SimInputError(
      "USAGE",
      "--replay and --check-determinism do not go together: compare the trace digests of two replays instead",
    );
  }
  if (options.output !== undefined && options.shrink !== true)
    throw new SimInputError("USAGE", "--output says where --shrink writes: add --shrink");
}

function refuseOverwriting(options: RunCommandOptions): void {
  const isFile = !Object.hasOwn(BUILTIN_SCENARIOS, options.argument);
  const read = [
    { name: "the scenario", path: isFile ? options.argument : undefined },
    { name: "--replay", path: options.replay },
    ...(options.adversary ?? []).map((path) => ({ name: "--adversary", path })),
  ];
  const written = [
    { name: "--trace", path: options.trace },
    { name: "--perfetto", path: options.perfetto },
    { name: "--decisions", path: options.decisions },
  ];
  refuseSharedFiles({ read, written });
  // A smaller scenario may be written in the place of the one that was read.
  const minimal = { name: "what --shrink writes", path: options.shrink === true ? minimalFileOf(options) : undefined };
  refuseSharedFiles({ read: [], written: [...written, minimal] });
}

function minimalFileOf({ output = "minimal.json" }: RunCommandOptions): string {
  return output;
}

async function runWithFiles(
  chosen: ChosenScenario,
  from: { options: RunCommandOptions; runOptions: RunOptions },
): Promise<RunResult> {
  const { options, runOptions } = from;
  using files = traceFiles({ scenario: chosen.scenario, trace: options.trace, perfetto: options.perfetto });
  using decisions = options.decisions === undefined ? undefined : new OutputFile(options.decisions);
  const observers = files.observers.length === 0 ? {} : { observers: files.observers };
  const { result, decisions: drawn } = await refusingRejections(chosen.adversaryFiles, () =>
    recordScenario(chosen.scenario, { ...runOptions, ...observers }),
  );
  files.finish(result);
  if (decisions !== undefined) {
    decisions.sink(writeDecisionLog(drawn));
    decisions.finish();
  }
  return result;
}

async function print(
  done: { options: RunCommandOptions; chosen: ChosenScenario; result: RunResult },
  output: Output,
): Promise<void> {
  const { options, chosen, result } = done;
  const replay = replayCommand(options, chosen.scenario);
  if (options.json === true) {
    const { name, seed } = chosen.scenario;
    await output.data(jsonLine({ scenario: name, seed, protocol: chosen.scenario.protocol.name, ...result, replay }));
    return;
  }
  const hasAdversary = chosen.scenario.adversary.behaviours.length > 0 || chosen.adversaryFiles.length > 0;
  const tail = result.verdict === "PASS" ? "" : `replay: ${replay}\n`;
  await output.data(
    `${verdictLine(chosen.scenario, result, output.hasColour)}${reportText(result, hasAdversary)}${tail}`,
  );
}

async function compareDigests(chosen: ChosenScenario, result: RunResult, output: Output): Promise<void> {
  const { scenario, costs, adversaryFiles } = chosen;
  const runHere = async (): Promise<string> => {
    const options = await runOptionsOf(chosen);
    return await refusingRejections(adversaryFiles, () => runScenario(scenario, options).traceDigest);
  };
  const check = { job: createJob({ scenario, costs }), adversaryFiles, traceDigest: result.traceDigest, runHere };
  const places = await checkDeterminism(check);
  output.note(`deterministic: the same trace digest in ${places.join(", ")}`);
}
