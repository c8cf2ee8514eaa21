// What the simulator has for the rules of docs/protocol.md §11: chains that change their committee while the network parts
// and nodes crash, and validators that lose their disks. The product passes all of it; a defect has to get past it.

import { runScenario } from "../../src/run/run-scenario.ts";
import { runEpochs } from "../epoch/epoch-run.ts";
import { AMNESIA_SCENARIOS } from "./exploration/amnesia.ts";

const EPOCHS = /^epochs-(\d+)$/u;

/**
 * What a checker finds in the run of that name: "epochs-SEED", or a scenario of an amnesia. Undefined if it finds nothing.
 */
export function explore(name: string): string | undefined {
  const seed = EPOCHS.exec(name)?.[1];
  if (seed !== undefined) return findingOfEpochs(Number(seed));
  const scenario = AMNESIA_SCENARIOS.find((candidate) => candidate.name === name);
  if (scenario === undefined) throw new Error(`there is no exploration ${name}`);
  const { verdict, findings } = runScenario(scenario);
  return verdict === "PASS" ? undefined : `${verdict} ${findings[0]?.class ?? ""}`;
}

function findingOfEpochs(seed: number): string | undefined {
  const { world, isComplete } = runEpochs(seed);
  const [violation] = world.violations;
  if (violation !== undefined) return `UNSAFE ${violation.replaceAll(/[0-9a-f]{64}/gu, "…")}`;
  if (world.brokenReceipts().length > 0) return "UNSAFE a rival of a receipt is certified";
  return isComplete ? undefined : `STALLED in epoch ${world.epoch}`;
}
