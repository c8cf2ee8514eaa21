// The sweep file: a base scenario, axes of values that are set in it, and seeds. Becomes a list of jobs in a fixed order:
// cases first, then the axes as written (the last one fastest), then seeds.

import { dirname, resolve } from "node:path";
import { type Static, Type } from "typebox";
import { Value } from "typebox/value";
import { canonicalJson } from "../canonical-json.ts";
import { BUILTIN_SCENARIOS } from "../scenario/builtin/registry.ts";
import { parseJson, readInputText } from "../scenario/input-file.ts";
import { SWEEP_JOBS_MAX } from "../scenario/limits.ts";
import { type Override, checkScenario, readScenario, withFields } from "../scenario/load.ts";
import { schemaFault } from "../scenario/schema-fault.ts";
import type { Scenario } from "../scenario/schema.ts";
import { SimInputError } from "../scenario/sim-error.ts";
import { CostFiles } from "./cost-files.ts";
import { type SweepJob, createJob } from "./job.ts";
import { settingUndone } from "./set-twice.ts";

const SEED_MAX = 2 ** 32 - 1;
const SEED = Type.Integer({ minimum: 0, maximum: SEED_MAX });
const closed = { additionalProperties: false };

export const SWEEP: ReturnType<typeof sweepSchema> = sweepSchema();

function sweepSchema() {
  return Type.Object(
    {
      format: Type.Literal(1),
      name: Type.String({ minLength: 1, maxLength: 128 }),
      /** A built-in scenario's name, a file (relative to this one), or a scenario written out. */
      base: Type.Union([Type.String({ minLength: 1, maxLength: 4096 }), Type.Object({})]),
      /** Sets of fields that change together, by name. */
      cases: Type.Optional(
        Type.Array(
          Type.Object(
            { name: Type.String({ minLength: 1, maxLength: 128 }), set: Type.Record(Type.String(), Type.Unknown()) },
            closed,
          ),
          {
            minItems: 1,
            maxItems: SWEEP_JOBS_MAX,
          },
        ),
      ),
      /** Path in the scenario → values: every combination is run. */
      axes: Type.Optional(
        Type.Record(Type.String(), Type.Array(Type.Unknown(), { minItems: 1, maxItems: SWEEP_JOBS_MAX })),
      ),
      /** Absent: the seed of the base scenario. */
      seeds: Type.Optional(
        Type.Union([
          Type.Array(SEED, { minItems: 1, maxItems: SWEEP_JOBS_MAX }),
          Type.Object({ from: SEED, count: Type.Integer({ minimum: 1, maximum: SWEEP_JOBS_MAX }) }, closed),
        ]),
      ),
      keepLatencies: Type.Optional(Type.Boolean()),
    },
    closed,
  );
}

export type SweepFile = Static<typeof SWEEP>;

export interface PlannedJob {
  readonly job: SweepJob;
  /** Value of each column, as the table prints it. */
  readonly cells: readonly string[];
}

export interface SweepPlan {
  readonly name: string;
  /** Names of the columns that tell jobs apart: "case", the axes, "seed". */
  readonly columns: readonly string[];
  readonly jobs: readonly PlannedJob[];
}

export async function loadSweep(file: string, overrides: readonly Override[] = []): Promise<SweepPlan> {
  const value = parseJson(await readInputText(file), { name: file, code: "SIM_SWEEP_INVALID" });
  const sweep = checkSweep(value, file);
  return planSweep(sweep, { origin: file, base: withFields(await baseOf(sweep, file), overrides) });
}

export function checkSweep(value: unknown, origin: string): SweepFile {
  if (Value.Check(SWEEP, value)) return value;
  const fault = schemaFault(SWEEP, value) ?? Value.Errors(SWEEP, value)[0]?.message ?? "is no sweep";
  throw new SimInputError("SIM_SWEEP_INVALID", `${origin}: ${fault}`);
}

function baseOf(sweep: SweepFile, file: string): unknown {
  if (typeof sweep.base !== "string") return sweep.base;
  return readScenario(Object.hasOwn(BUILTIN_SCENARIOS, sweep.base) ? sweep.base : resolve(dirname(file), sweep.base));
}

interface Variant {
  readonly overrides: readonly Override[];
  readonly cells: readonly string[];
}

/** All jobs of a sweep, each a checked scenario. */
export async function planSweep(
  sweep: SweepFile,
  from: { readonly origin: string; readonly base: unknown },
): Promise<SweepPlan> {
  const axes = Object.entries(sweep.axes ?? {}).map(([path, values]) =>
    values.map((value) => variant([{ path, value }], cellOf(value))),
  );
  const cases = sweep.cases?.map(({ name, set }) =>
    variant(
      Object.entries(set).map(([path, value]) => ({ path, value })),
      name,
    ),
  );
  const seeds = seedsOf(sweep)?.map((seed) => variant([{ path: "seed", value: seed }], String(seed)));
  const dimensions = [...(cases === undefined ? [] : [cases]), ...axes, ...(seeds === undefined ? [] : [seeds])];
  const count = dimensions.reduce((product, { length }) => product * length, 1);
  if (count > SWEEP_JOBS_MAX)
    throw new SimInputError("SIM_SWEEP_INVALID", `${from.origin}: ${count} jobs are more than ${SWEEP_JOBS_MAX}`);
  const variants = dimensions.reduce<readonly Variant[]>(combined, [{ overrides: [], cells: [] }]);
  const columns = [
    ...(cases === undefined ? [] : ["case"]),
    ...Object.keys(sweep.axes ?? {}),
    ...(seeds === undefined ? [] : ["seed"]),
  ];
  const jobs: PlannedJob[] = [];
  const costs = new CostFiles(dirname(from.origin));
  for (const { overrides, cells } of variants) {
    const scenario = scenarioOf({ overrides, cells }, { ...from, columns });
    const job = createJob({ scenario, costs: await costs.of(scenario), keepLatencies: sweep.keepLatencies ?? false });
    jobs.push({ cells, job });
  }
  return { name: sweep.name, columns, jobs };
}

function variant(overrides: readonly Override[], cell: string): Variant {
  return { overrides, cells: [cell] };
}

function combined(left: readonly Variant[], right: readonly Variant[]): readonly Variant[] {
  return left.flatMap((before) =>
    right.map((after) => ({
      overrides: [...before.overrides, ...after.overrides],
      cells: [...before.cells, ...after.cells],
    })),
  );
}

function scenarioOf(
  from: Variant,
  context: { readonly origin: string; readonly base: unknown; readonly columns: readonly string[] },
): Scenario {
  const columns = context.columns.map((column, index) => `${column}=${from.cells[index] ?? ""}`).join(", ");
  const place = columns === "" ? context.origin : `${context.origin} (${columns})`;
  const undone = settingUndone(from.overrides);
  if (undone !== undefined) {
    const { earlier, later } = undone;
    const what = earlier === later ? `${later} is set twice` : `${earlier} is set, and ${later} replaces it`;
    throw new SimInputError("SIM_SWEEP_INVALID", `${place}: ${what}: the row would be called by what did not run`);
  }
  return checkScenario(withFields(context.base, from.overrides), place);
}

function seedsOf(sweep: SweepFile): readonly number[] | undefined {
  if (sweep.seeds === undefined) return undefined;
  if (!("from" in sweep.seeds)) return sweep.seeds;
  const { from, count } = sweep.seeds;
  if (from + count - 1 > SEED_MAX) throw new SimInputError("SIM_SWEEP_INVALID", `seeds end beyond ${SEED_MAX}`);
  return Array.from({ length: count }, (_, index) => from + index);
}

function cellOf(value: unknown): string {
  return typeof value === "string" ? value : canonicalJson(value);
}
