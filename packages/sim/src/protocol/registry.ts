// The protocols that the world can run, by name.

import type { SlotFamilies } from "@selvedge/consensus";
import { createHotStuffChain } from "../baseline/hotstuff/create-hotstuff-chain.ts";
import { createSelvedgeChain } from "../process/selvedge-protocol.ts";
import type { CostTable } from "../run/run-options.ts";
import { suggestion } from "../scenario/nearest-name.ts";
import type { Scenario } from "../scenario/schema.ts";
import { SimInputError } from "../scenario/sim-error.ts";
import type { ProtocolChain } from "./protocol.ts";

export interface ProtocolEntry {
  readonly name: string;
  readonly summary: string;
  readonly create: (scenario: Scenario, costs: CostTable | undefined) => ProtocolChain;
}

const slots = (families: SlotFamilies): ProtocolEntry["create"] => {
  return (scenario, costs) => createSelvedgeChain(scenario, families, costs);
};

export const PROTOCOLS: readonly ProtocolEntry[] = [
  { name: "selvedge", summary: "P and C slots interleaved: the product's protocol", create: slots("both") },
  {
    name: "p-only",
    summary: "P slots only: a three-round DAG protocol that decides by no coin, though blocks carry its shares",
    create: slots("p-only"),
  },
  { name: "c-only", summary: "C slots only: an asynchronous DAG protocol", create: slots("c-only") },
  {
    name: "hotstuff",
    summary: "two-chain HotStuff with a pacemaker: leader-based, partially synchronous, the baseline",
    create: createHotStuffChain,
  },
];

/** Throws SimInputError for an unknown name. */
export function createChain(scenario: Scenario, costs: CostTable | undefined): ProtocolChain {
  const { name } = scenario.protocol;
  const entry = PROTOCOLS.find((candidate) => candidate.name === name);
  if (entry !== undefined) return entry.create(scenario, costs);
  const names = PROTOCOLS.map((candidate) => candidate.name);
  throw new SimInputError(
    "SIM_SCENARIO_INVALID",
    `protocol.name: there is no protocol ${name}${suggestion(name, names)}`,
  );
}
