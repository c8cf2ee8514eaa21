// Shrinking as a command does it: run again and again, tell how far it is, write the smallest scenario that still fails.

import { AdversaryError } from "../adversary/adversary-error.ts";
import { refusingRejections } from "../adversary/left-behind.ts";
import type { Finding } from "../run/result.ts";
import { runScenario } from "../run/run-scenario.ts";
import { checkScenario } from "../scenario/load.ts";
import type { Scenario } from "../scenario/schema.ts";
import { SimInputError } from "../scenario/sim-error.ts";
import { shrinkScenario } from "../shrink/shrink-scenario.ts";
import { runOptionsMaker } from "../sweep/options-of-job.ts";
import { writeOutput } from "./output-file.ts";
import type { Output } from "./output.ts";
import { type ChosenScenario, commandLine } from "./scenario-options.ts";

export interface ShrinkTarget {
  readonly file: string;
  readonly runsMax: number | undefined;
}

/** False if the scenario does not fail. */
export async function shrinkAndWrite(chosen: ChosenScenario, target: ShrinkTarget, output: Output): Promise<boolean> {
  const check = await failingCheck(chosen);
  const shrunk = await refusingRejections(chosen.adversaryFiles, () =>
    shrinkScenario(chosen.scenario, check, {
      ...(target.runsMax === undefined ? {} : { budgetRuns: target.runsMax }),
      onProgress: ({ runs, faultEvents }) => output.status(`shrinking: ${runs} runs, ${faultEvents} fault events left`),
    }),
  );
  output.status("");
  if (shrunk === undefined) return false;
  writeOutput(target.file, `${JSON.stringify(shrunk.scenario, null, 2)}\n`);
  const { finding, faultEventsBefore, faultEventsAfter, runs, isMinimal } = shrunk;
  const whether = isMinimal ? "" : " (the budget of runs ended the search)";
  const adversaries = chosen.adversaryFiles.flatMap((file) => ["--adversary", file]);
  await output.data(
    `shrunk: ${finding.verdict} (${finding.class}) with ${faultEventsAfter} of ${faultEventsBefore} fault events, after ${runs} runs${whether}\n` +
      `replay: ${commandLine(["run", target.file, ...adversaries])}\n`,
  );
  return true;
}

/**
 * What a scenario fails with. A smaller one that cannot be run at all does not fail in the way that is looked for; that
 * the first one cannot be run is what its user must hear.
 */
async function failingCheck(chosen: ChosenScenario): Promise<(scenario: Scenario) => Finding | undefined> {
  const optionsOf = await runOptionsMaker(chosen);
  return (scenario) => {
    if (scenario === chosen.scenario) return runScenario(scenario, optionsOf()).findings[0];
    try {
      return runScenario(checkScenario(scenario, "a smaller scenario"), optionsOf()).findings[0];
    } catch (error) {
      if (error instanceof SimInputError || error instanceof AdversaryError) return undefined;
      throw error;
    }
  };
}
