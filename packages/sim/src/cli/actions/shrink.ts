// `selvedge sim shrink`: the smallest scenario that fails in the same way.

import type { Action } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { type ScenarioOptions, chooseScenario } from "../scenario-options.ts";
import { shrinkAndWrite } from "../shrinking.ts";

interface ShrinkOptions extends ScenarioOptions {
  readonly output: string;
  readonly runs: number;
}

export const runShrink: Action<ShrinkOptions> = async (options, output) => {
  const chosen = await chooseScenario(options);
  if (await shrinkAndWrite(chosen, { file: options.output, runsMax: options.runs }, output)) return EXIT.finding;
  await output.data("this scenario passes: there is nothing to shrink\n");
  return EXIT.ok;
};
