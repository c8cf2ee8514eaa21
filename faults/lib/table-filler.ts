// Fills what a daemon remembers of transactions and of updates up to its bounds: a network that has run for days is in that
// state, and memory is judged in it. Nothing here is counted as acknowledged.

import { setTimeout as delay } from "node:timers/promises";
import { LEDGER_LIMITS } from "@selvedge/ledger";
import { BATCH_TYPE, joinBatch } from "@selvedge/node";
import type { TestDaemon } from "./daemon.ts";
import type { FaultNetwork } from "./network.ts";
import { UpdateLoad } from "./update-load.ts";

const BATCH_TRANSACTIONS = 250;
const BATCH_EVERY_MS = 1000;
const TRANSACTION_BYTES = 32;
const ANSWER_MAX_MS = 10_000;
/** Some are lost with a gateway that is killed. */
const TRANSACTIONS = Math.ceil(1.1 * LEDGER_LIMITS.logDedupeMax);

const UPDATES = Math.ceil(1.05 * LEDGER_LIMITS.finishedUpdatesMax);
/** Updates that a device has under way; with more they would be stale before they are ordered. */
const LANES = 6;
const LANE_REST_MS = 50;
const COUNTED_EVERY_MS = 1000;

/** Resolves with the number of updates of these devices that got a receipt, when it is enough or the time is over. */
export async function fillUpdateTables(
  network: FaultNetwork,
  options: { readonly daemons: readonly TestDaemon[]; readonly devices: readonly number[]; readonly endMs: number },
): Promise<number> {
  const { daemons, devices, endMs } = options;
  const load = new UpdateLoad(network, { daemons, devices, lanes: LANES, everyMs: LANE_REST_MS }).start();
  while (load.acked.size < UPDATES && performance.now() < endMs) await delay(COUNTED_EVERY_MS);
  await load.stop();
  return load.acked.size;
}

/** Resolves with the number of transactions that daemons took, when it is enough or the time is over. */
export async function fillTransactionTables(
  { daemons }: FaultNetwork,
  { name, endMs }: { readonly name: string; readonly endMs: number },
): Promise<number> {
  let taken = 0;
  for (let batch = 0; taken < TRANSACTIONS && performance.now() < endMs; batch += 1) {
    const gateway = daemons[batch % daemons.length];
    if (gateway?.isUp === true && (await isTaken(gateway.apiUrl, batchBody(name, batch)))) taken += BATCH_TRANSACTIONS;
    await delay(BATCH_EVERY_MS);
  }
  return taken;
}

async function isTaken(apiUrl: string, body: Uint8Array<ArrayBuffer>): Promise<boolean> {
  try {
    const response = await fetch(`${apiUrl}/v1/transactions/batch`, {
      method: "POST",
      headers: { "content-type": BATCH_TYPE },
      body,
      signal: AbortSignal.timeout(ANSWER_MAX_MS),
    });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    // Killed meanwhile: another one, later.
    return false;
  }
}

function batchBody(name: string, batch: number): Uint8Array<ArrayBuffer> {
  return joinBatch(
    Array.from({ length: BATCH_TRANSACTIONS }, (_, position) => {
      return Buffer.alloc(TRANSACTION_BYTES, `${name}/${batch}/${position}/`);
    }),
  );
}
