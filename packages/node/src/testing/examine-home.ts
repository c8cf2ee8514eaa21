// Opens a copy of a node's home by the way that a start takes, and tells what a node would go on with: everything that it
// read and believed, or why it refused. Bit-flip trials compare two such tellings.

import { createHash } from "node:crypto";
import { STORE_SPACES, StoreError, chainIdOf, committeeOf } from "@selvedge/integrity";
import { readRunFile } from "../cli/run-file.ts";
import { configChanges, rememberConfig } from "../config/config-change.ts";
import { homePaths } from "../config/home.ts";
import { loadConfig } from "../config/load.ts";
import { runPath } from "../config/run-folder.ts";
import { sha256 } from "../crypto.ts";
import { isThere, readGenesisBundle } from "../daemon/home.ts";
import { openIdentity } from "../daemon/identity.ts";
import { openData } from "../daemon/open-data.ts";
import { NodeError } from "../errors.ts";
import { scrubTables } from "../heal/scrub-tables.ts";
import { readHomePassword } from "../keys/home-password.ts";
import { createLogger } from "../observability/log.ts";
import type { OpenReport } from "../storage/open-store.ts";
import { SafetyFile } from "../storage/safety-file.ts";
import { loadProgress } from "../verify/progress-file.ts";
import { openVerifiedHome } from "../verify/verified-home.ts";

export interface HomeTelling {
  /** By what it is, a digest: records of the store as "space/key", files by name. */
  readonly facts: ReadonlyMap<string, string>;
  readonly report: OpenReport;
  /** Said in the log of the start. */
  readonly said: readonly string[];
}

export interface Refusal {
  readonly code: string;
  readonly exitCode: number;
  readonly message: string;
}

export interface ExamineOptions {
  readonly home: string;
  /** Opening a key costs a second and is left out where no key can have changed. */
  readonly opensKeys: boolean;
}

export async function examineHome(options: ExamineOptions): Promise<HomeTelling | Refusal> {
  try {
    return await tellHome(options);
  } catch (error) {
    if (error instanceof NodeError) return { code: error.code, exitCode: error.exitCode, message: error.message };
    if (error instanceof StoreError) {
      const exitCode = error.code === "STORE_CORRUPT" ? 65 : 74;
      return { code: error.code, exitCode, message: error.message };
    }
    throw error;
  }
}

async function tellHome({ home, opensKeys }: ExamineOptions): Promise<HomeTelling> {
  const paths = homePaths(home);
  const facts = new Map<string, string>();
  // The copy's own, where the home has one.
  const flags = (await isThere(paths.password)) ? { "keys.password_file": paths.password } : {};
  const config = await loadConfig({ file: paths.config, environment: {}, flags });
  facts.set("config", digest(JSON.stringify(config)));
  const changes = await configChanges(home, config);
  await rememberConfig(home, config);
  const said = changes.map(({ key, before, now }) => `${key} was ${before} and is ${now}`);
  const { genesis } = await readGenesisBundle(paths.genesis, paths.genesisWeights);
  facts.set("genesis", chainIdOf(genesis, sha256));
  if (config.role === "device") throw new NodeError("USAGE", "a device does not run the daemon");
  const { role } = config;
  if (opensKeys) {
    const password = await readHomePassword(paths, config);
    const identity = await openIdentity({ role, paths, committee: committeeOf(genesis), password });
    facts.set("identity", digest(JSON.stringify([identity.validator?.index, [...identity.networkSecret]])));
  }
  const { store, report } = await openData({ paths, genesis, role, logger: createLogger("silent") });
  try {
    for (const { sentence } of await scrubTables(paths.chainData)) said.push(`scrub: ${sentence}`);
    for (const space of STORE_SPACES) {
      for await (const { key, value } of store.iterate(space)) facts.set(`${space}/${key}`, digest(value));
    }
    if (role === "validator") await tellSafety(paths.safety, facts);
  } finally {
    await store.close();
  }
  await tellRunFiles(home, facts);
  return { facts, report, said };
}

async function tellSafety(path: string, facts: Map<string, string>): Promise<void> {
  const safety = await SafetyFile.open(path, { create: false });
  facts.set("safety", JSON.stringify(safety.last));
  await safety.close();
}

async function tellRunFiles(home: string, facts: Map<string, string>): Promise<void> {
  facts.set("run/api.json", JSON.stringify(await readRunFile(home)) ?? "none");
  if (!(await isThere(runPath(home, "verify.json")))) return;
  const verified = await openVerifiedHome(home);
  try {
    const progress = await loadProgress(verified);
    // What is not there is checked from the start, which changes no answer.
    if (progress !== undefined)
      facts.set("run/verify.json", digest(JSON.stringify([progress.position, progress.counts])));
  } finally {
    await verified.close();
  }
}

function digest(value: string | Uint8Array): string {
  return createHash("sha256").update(value).digest("hex").slice(0, 24);
}
