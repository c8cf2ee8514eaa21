// The manifest of an experiment: everything that its tables depend on, and the digests of the tables. Run again from it,
// with the same version, they come out byte by byte.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { Type } from "typebox";
import { Value } from "typebox/value";
import { parseJson, readInputText } from "../scenario/input-file.ts";
import { checkScenario } from "../scenario/load.ts";
import { schemaFault } from "../scenario/schema-fault.ts";
import { SimInputError } from "../scenario/sim-error.ts";
import type { ExperimentSize, Point } from "./experiment.ts";

export interface ExperimentManifest {
  readonly format: 1;
  readonly experiment: string;
  readonly size: ExperimentSize;
  readonly versions: { readonly simulator: string; readonly node: string };
  /** Where it ran: it changes nothing in the tables. */
  readonly machine: {
    readonly processor: string;
    readonly cores: number;
    readonly memoryGiB: number;
    readonly platform: string;
  };
  readonly points: readonly Point[];
  /** SHA-256 of each CSV file, by file name. */
  readonly tables: Readonly<Record<string, string>>;
}

const SEED = Type.Integer({ minimum: 0, maximum: 2 ** 32 - 1 });
const closed = { additionalProperties: false };
const MANIFEST = Type.Object(
  {
    format: Type.Literal(1),
    experiment: Type.String({ minLength: 1, maxLength: 64 }),
    size: Type.Union([Type.Literal("quick"), Type.Literal("paper")]),
    versions: Type.Object({ simulator: Type.String(), node: Type.String() }, closed),
    machine: Type.Object(
      { processor: Type.String(), cores: Type.Integer(), memoryGiB: Type.Number(), platform: Type.String() },
      closed,
    ),
    points: Type.Array(
      Type.Object(
        {
          labels: Type.Record(Type.String(), Type.Union([Type.String(), Type.Number()])),
          scenario: Type.Unknown(),
          seeds: Type.Array(SEED, { minItems: 1, maxItems: 100_000 }),
          keepLatencies: Type.Optional(Type.Boolean()),
          measuresDelays: Type.Optional(Type.Boolean()),
        },
        closed,
      ),
      { minItems: 1, maxItems: 100_000 },
    ),
    tables: Type.Record(Type.String(), Type.String({ pattern: "^[0-9a-f]{64}$" })),
  },
  closed,
);

export function createManifest(
  content: Pick<ExperimentManifest, "experiment" | "size" | "points" | "tables">,
): ExperimentManifest {
  const { experiment, size, points, tables } = content;
  return { format: 1, experiment, size, versions: versions(), machine: machine(), points, tables };
}

/** Throws SIM_MANIFEST_INVALID, or SIM_SCENARIO_INVALID for a scenario in it. */
export async function readManifest(file: string): Promise<ExperimentManifest> {
  const value = parseJson(await readInputText(file), { name: file, code: "SIM_MANIFEST_INVALID" });
  if (!Value.Check(MANIFEST, value)) {
    throw new SimInputError("SIM_MANIFEST_INVALID", `${file}: ${schemaFault(MANIFEST, value) ?? "is no manifest"}`);
  }
  const points = value.points.map((point, index) => ({
    ...point,
    scenario: checkScenario(point.scenario, `${file}: points.${index}.scenario`),
  }));
  return { ...value, points };
}

export function sha256Of(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function versions(): ExperimentManifest["versions"] {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  const parsed: unknown = JSON.parse(text);
  const hasVersion = typeof parsed === "object" && parsed !== null && "version" in parsed;
  return { simulator: hasVersion ? String(parsed.version) : "", node: process.version };
}

function machine(): ExperimentManifest["machine"] {
  const processors = cpus();
  return {
    processor: processors[0]?.model ?? "",
    cores: processors.length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    platform: `${process.platform} ${process.arch}`,
  };
}
