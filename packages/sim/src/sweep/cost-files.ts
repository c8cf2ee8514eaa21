// Reads the cost files that scenarios name, each once. A run itself reads no file: figures come to it as data.

import { resolve } from "node:path";
import { Type } from "typebox";
import { Value } from "typebox/value";
import type { CostTable } from "../run/run-options.ts";
import { parseJson, readInputText } from "../scenario/input-file.ts";
import { schemaFault } from "../scenario/schema-fault.ts";
import type { Scenario } from "../scenario/schema.ts";
import { SimInputError } from "../scenario/sim-error.ts";

const COST = Type.Number({ minimum: 0, maximum: 1e9 });
export const COST_TABLE = Type.Object(
  {
    machine: Type.String({ maxLength: 256 }),
    signUs: COST,
    verifyUs: COST,
    coinShareUs: COST,
    coinVerifyUs: COST,
    hashUsPerKiB: COST,
    blockUs: COST,
    parentUs: COST,
    transactionUs: COST,
  },
  { additionalProperties: false },
);

/** Figures that ship with the simulator: the run knows them by this name. */
const BUILTIN = "builtin";

export class CostFiles {
  readonly #folder: string;
  readonly #tables = new Map<string, CostTable>();

  /** Relative paths are meant from this folder. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  async of(scenario: Scenario): Promise<CostTable | null> {
    const name = scenario.execution.costs;
    if (name === undefined || name === BUILTIN) return null;
    const known = this.#tables.get(name);
    if (known !== undefined) return known;
    const file = resolve(this.#folder, name);
    const table = parseJson(await readInputText(file), { name: file, code: "SIM_SCENARIO_INVALID" });
    if (!Value.Check(COST_TABLE, table)) {
      throw new SimInputError(
        "SIM_SCENARIO_INVALID",
        `${file}: ${schemaFault(COST_TABLE, table) ?? "is no cost file"}`,
      );
    }
    this.#tables.set(name, table);
    return table;
  }
}
