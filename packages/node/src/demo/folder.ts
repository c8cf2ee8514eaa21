// The folder of a demonstration: the plan, the devnet's folder, a folder for each device. Made once; a folder that exists
// is continued if it holds the same plan and refused (exit 73) otherwise.
//
//   HOME/demo.json                 what the run is; a run continues only one that is the same
//   HOME/network/                  genesis, keys, and v0 … v3, the homes of the validators
//   HOME/device-0 … device-7/      samples, outbox, log
//   HOME/report.json  HOME/report.svg

import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { sha256 } from "../crypto.ts";
import { isThere } from "../daemon/home.ts";
import { digitNetworkModel } from "../devnet/digit-network.ts";
import type { NetworkPlan } from "../devnet/make-network.ts";
import { NodeError } from "../errors.ts";
import { readTextIfThere, writeFileAtomically } from "../storage/files.ts";
import { DEVICE_COUNT } from "../training/defaults.ts";
import { DEMO_MODEL_ID, DEMO_POLICY, type DemoPlan, VALIDATOR_COUNT } from "./plan.ts";
import { type DemoSamples, writeShard } from "./samples.ts";

const PLAN_FORMAT = "selvedge-demo/1";
const PLAN_MAX_BYTES = 64 * 1024;
/** A time of no meaning, the same in every run: equal seeds give equal chains. */
const CREATED_MS = 1_700_000_000_000;

export interface DemoFolder {
  readonly root: string;
  readonly network: string;
  readonly isContinued: boolean;
}

export function deviceFolder({ root }: Pick<DemoFolder, "root">, index: number): string {
  return join(root, `device-${index}`);
}

export async function openFolder(root: string, plan: DemoPlan, samples: DemoSamples): Promise<DemoFolder> {
  const isContinued = await isContinuation(root, plan);
  // First, so that a run that was cut off while it made the rest can be started again.
  if (!isContinued) {
    await mkdir(root, { recursive: true, mode: 0o750 });
    await writeFileAtomically(planFile(root), `${identityOf(plan)}\n`, 0o640);
  }
  for (const [index, shard] of samples.shards.entries()) {
    await writeShard(join(deviceFolder({ root }, index), "samples"), shard);
  }
  return { root, network: join(root, "network"), isContinued };
}

export function networkPlanOf({ seed, hidden }: DemoPlan): NetworkPlan {
  return {
    name: "selvedge-demo",
    validators: VALIDATOR_COUNT,
    devices: DEVICE_COUNT,
    models: [digitNetworkModel({ id: DEMO_MODEL_ID, hidden, seed, policy: DEMO_POLICY })],
    createdMs: CREATED_MS,
    seed: sha256(new TextEncoder().encode(`selvedge demo/${seed}`)),
  };
}

/** What two runs must have in common to share a folder; how many versions they go to may differ. */
function identityOf({ seed, dataFolder, hidden, training }: DemoPlan): string {
  return JSON.stringify({ format: PLAN_FORMAT, seed, dataFolder, hidden, training });
}

async function isContinuation(root: string, plan: DemoPlan): Promise<boolean> {
  const stored = await readTextIfThere(planFile(root), PLAN_MAX_BYTES);
  if (stored !== undefined) {
    if (stored.trim() === identityOf(plan)) return true;
    throw new NodeError("HOME_EXISTS", `${root} holds a demonstration with another seed, other data or other settings`);
  }
  if ((await isThere(root)) && (await readdir(root)).length > 0) {
    throw new NodeError("HOME_EXISTS", `${root} is not empty and holds no demonstration`);
  }
  return false;
}

function planFile(root: string): string {
  return join(root, "demo.json");
}
