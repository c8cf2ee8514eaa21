// The command line of the harness.

import { parseArgs } from "node:util";
import { UsageError } from "@selvedge/node/testing";

export const USAGE = `usage: npm run faults -- [F01 F18 …] [--sample SEED] [--seed SEED] [--count N] [--list] [--json] [--report FILE] [--keep]
       npm run faults -- soak [--minutes 120] [--nodes 7] [--seed SEED] [--report FILE]
  F01 F18 …      which faults of the catalogue (default: all); "F22*" means all that begin so
  --sample SEED  the seconds-long run of CI: the quick faults, few injections each
  --seed SEED    repeats a run; random and printed unless given
  --count N      injections for each fault that counts them, instead of its own full number
  --list         what there is, and how it is injected
  --json         one JSON line a fault
  --report FILE  also writes the table, with date and machine, as Markdown
  --keep         keeps the folders of passed faults too
`;

export interface FaultArguments {
  readonly names: readonly string[];
  readonly isSample: boolean;
  readonly seed: string | null;
  readonly count: number | null;
  readonly isList: boolean;
  readonly isJson: boolean;
  readonly isKeep: boolean;
  readonly report: string | null;
  readonly minutes: number;
  readonly nodes: number;
}

const OPTIONS = {
  sample: { type: "string" },
  seed: { type: "string" },
  count: { type: "string" },
  list: { type: "boolean", default: false },
  json: { type: "boolean", default: false },
  keep: { type: "boolean", default: false },
  report: { type: "string" },
  minutes: { type: "string", default: "120" },
  nodes: { type: "string", default: "7" },
} as const;

export function parseFaultArguments(argv: readonly string[]): FaultArguments {
  const { values, positionals } = parsed(argv);
  return {
    names: positionals,
    isSample: values.sample !== undefined,
    seed: values.sample ?? values.seed ?? null,
    count: values.count === undefined ? null : wholeNumber("--count", values.count),
    isList: values.list,
    isJson: values.json,
    isKeep: values.keep,
    report: values.report ?? null,
    minutes: wholeNumber("--minutes", values.minutes),
    nodes: wholeNumber("--nodes", values.nodes),
  };
}

function parsed(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: OPTIONS, allowPositionals: true, strict: true });
  } catch (cause) {
    throw new UsageError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

function wholeNumber(flag: string, text: string): number {
  const value = /^\d{1,7}$/u.test(text) ? Number(text) : 0;
  if (value >= 1) return value;
  throw new UsageError(`${flag} is a whole number from 1, not ${text}`);
}
