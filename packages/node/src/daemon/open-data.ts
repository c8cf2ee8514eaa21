// Opens the database of a node that starts, says what was found damaged, and makes sure that the data is this node's own.

import type { Genesis } from "@selvedge/integrity";
import type { HomePaths } from "../config/home.ts";
import { inspectKeyFile } from "../keys/keystore.ts";
import type { NodeLogger } from "../observability/log.ts";
import type { OpenedStore } from "../storage/open-store.ts";
import { claimHome, isThere, openStoreToRun } from "./home.ts";

export interface OpenDataOptions {
  readonly paths: HomePaths;
  readonly genesis: Genesis;
  readonly role: "validator" | "observer";
  readonly logger: NodeLogger;
}

export async function openData({ paths, genesis, role, logger }: OpenDataOptions): Promise<OpenedStore> {
  const opened = await openStoreToRun(paths, genesis);
  try {
    await claimHome(paths, await publicKeys(paths, role));
  } catch (error) {
    await opened.store.close();
    throw error;
  }
  const { mended, lostBatches, lostRanges } = opened.report;
  for (const damage of mended) logger.error({ code: "STORE_MENDED", damage }, "damage in the database was mended");
  if (lostBatches > 0)
    logger.error(
      { code: "STORE_TAIL_LOST", lostBatches },
      "acknowledged batches are missing at the end of the database",
    );
  if (lostRanges.length > 0) logger.warn({ code: "STORE_INCOMPLETE", lostRanges }, "records are missing until healed");
  return opened;
}

/** Of the node, and of the key that it will go on with if one is prepared. */
async function publicKeys(paths: HomePaths, role: OpenDataOptions["role"]): Promise<readonly string[]> {
  if (role === "observer") return [(await inspectKeyFile(paths.nodeKey)).publicKey];
  const keys = [(await inspectKeyFile(paths.validatorKey)).publicKey];
  if (await isThere(paths.nextValidatorKey)) keys.push((await inspectKeyFile(paths.nextValidatorKey)).publicKey);
  return keys;
}
