// The command line of the benchmarks: which scenario and with what, checked whole before anything is started.

import { parseArgs } from "node:util";
import { UsageError } from "@selvedge/node/testing";
import { TRANSACTION_MIN_BYTES } from "./batch-request.ts";

export interface NetworkOptions {
  readonly scenario: "network";
  readonly nodes: number;
  readonly txBytes: number;
  /** Transactions per second over all nodes. */
  readonly rate: number;
  readonly seconds: number;
  readonly saturate: boolean;
  readonly nullPipeline: boolean;
  readonly profile: boolean;
  readonly out: string;
}

export interface UpdatesOptions {
  readonly scenario: "updates";
  readonly nodes: number;
  readonly payloads: readonly number[];
  /** Updates per second over all nodes. */
  readonly rate: number;
  readonly seconds: number;
  readonly devices: number;
  /** Updates in a version. */
  readonly buffer: number;
  readonly profile: boolean;
  readonly out: string;
}

export type BenchOptions = NetworkOptions | UpdatesOptions;

export const USAGE = `usage: npm run bench -- network [--nodes 4] [--tx-bytes 512] [--rate 5000] [--seconds 30]
                                [--no-saturate] [--no-null] [--profile] [--out DIR]
       npm run bench -- updates [--nodes 4] [--payload 64KiB,1MiB] [--rate 4] [--seconds 30]
                                [--devices 16] [--buffer 4] [--profile] [--out DIR]
       npm run bench -- catch-up [--gaps 1000,4000] [--rate 400] [--tx-bytes 512] [--wipe]
       npm run bench -- costs [--out FILE]       CPU costs of this machine, for the simulator's cost model
       npm run bench -- sim-speed [--quick]      deliveries of the simulator per CPU second
  --rate     offered by all nodes together, per second, whatever they answer
  --out      where report.json, report.md and report.svg go (default: reports/SCENARIO-TIME)
  --profile  write CPU profiles of every node beside the report, and where its time went into it
`;

const FLAGS = {
  nodes: { type: "string", default: "4" },
  "tx-bytes": { type: "string", default: "512" },
  payload: { type: "string", default: "64KiB,1MiB" },
  rate: { type: "string" },
  seconds: { type: "string", default: "30" },
  devices: { type: "string", default: "16" },
  buffer: { type: "string", default: "4" },
  saturate: { type: "boolean", default: true },
  null: { type: "boolean", default: true },
  profile: { type: "boolean", default: false },
  out: { type: "string", default: "" },
} as const;

const COMMON_FLAGS: readonly string[] = ["nodes", "rate", "seconds", "profile", "out"];
const FLAGS_OF: Readonly<Record<BenchOptions["scenario"], readonly string[]>> = {
  network: [...COMMON_FLAGS, "tx-bytes", "saturate", "null"],
  updates: [...COMMON_FLAGS, "payload", "devices", "buffer"],
};

type Values = ReturnType<typeof parsed>["values"];

export function parseBenchArguments(argv: readonly string[]): BenchOptions {
  const { values, positionals, tokens } = parsed(argv);
  const [scenario, ...rest] = positionals;
  if (scenario !== "network" && scenario !== "updates") throw new UsageError("name a scenario: network or updates");
  if (rest.length > 0) throw new UsageError(`what is ${rest.join(" ")}?`);
  for (const token of tokens) {
    const isForeign = token.kind === "option" && !FLAGS_OF[scenario].includes(token.name);
    if (isForeign) throw new UsageError(`--${token.name} means nothing to ${scenario}`);
  }
  return scenario === "network" ? networkOptions(values) : updatesOptions(values);
}

function parsed(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      options: FLAGS,
      allowPositionals: true,
      allowNegative: true,
      tokens: true,
      strict: true,
    });
  } catch (cause) {
    throw new UsageError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

function networkOptions(values: Values): NetworkOptions {
  return {
    scenario: "network",
    nodes: wholeNumber("--nodes", values.nodes, { min: 1, max: 64 }),
    txBytes: wholeNumber("--tx-bytes", values["tx-bytes"], { min: TRANSACTION_MIN_BYTES, max: 128 * 1024 }),
    rate: wholeNumber("--rate", values.rate ?? "5000", { min: 1, max: 1_000_000 }),
    seconds: wholeNumber("--seconds", values.seconds, { min: 2, max: 3600 }),
    saturate: values.saturate,
    nullPipeline: values.null,
    profile: values.profile,
    out: values.out,
  };
}

function updatesOptions(values: Values): UpdatesOptions {
  const rate = Number(values.rate ?? "4");
  if (!(rate > 0 && rate <= 10_000)) throw new UsageError(`--rate is a number above 0, not ${values.rate}`);
  return {
    scenario: "updates",
    nodes: wholeNumber("--nodes", values.nodes, { min: 1, max: 64 }),
    payloads: values.payload.split(",").map(sizeOf),
    rate,
    seconds: wholeNumber("--seconds", values.seconds, { min: 2, max: 3600 }),
    devices: wholeNumber("--devices", values.devices, { min: 1, max: 4096 }),
    buffer: wholeNumber("--buffer", values.buffer, { min: 1, max: 4096 }),
    profile: values.profile,
    out: values.out,
  };
}

function wholeNumber(flag: string, text: string, { min, max }: { readonly min: number; readonly max: number }): number {
  const value = /^\d{1,9}$/u.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  throw new UsageError(`${flag} is a whole number from ${min} to ${max}, not ${text}`);
}

const SIZE_UNITS: Readonly<Record<string, number>> = { "": 1, B: 1, KiB: 1024, MiB: 1024 * 1024 };

function sizeOf(text: string): number {
  const parts = /^(?<count>\d{1,9})(?<unit>[A-Za-z]*)$/u.exec(text)?.groups;
  const unit = SIZE_UNITS[parts?.["unit"] ?? "?"];
  const bytes = unit === undefined ? Number.NaN : Number(parts?.["count"]) * unit;
  if (bytes >= 4096 && bytes <= 64 * 1024 * 1024) return bytes;
  throw new UsageError(`--payload is a list of sizes from 4KiB to 64MiB, not ${text}`);
}
