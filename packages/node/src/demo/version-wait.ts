// How a device learns that there is a newer version: it asks its gateways now and then. The answer is only a hint; what
// is trained on is pulled and verified afterwards.

import { setTimeout as delay } from "node:timers/promises";
import type { DeviceJob } from "./device-job.ts";

const POLL_MS = 120;
const ANSWER_MAX_MS = 3000;

/** The newest version of a gateway if it is above `than`; undefined, after a pause, if there is none yet. */
export async function newerVersion(
  { gateways, model }: DeviceJob,
  than: number,
  isOver: () => boolean,
): Promise<number | undefined> {
  for (const gateway of gateways) {
    if (isOver()) return undefined;
    const version = await currentVersion(gateway, model);
    if (version === undefined) continue;
    if (version > than) return version;
    break;
  }
  await delay(POLL_MS);
  return undefined;
}

/** Resolves early when the signal aborts. */
export async function pauseFor(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => undefined);
}

async function currentVersion(gateway: string, model: string): Promise<number | undefined> {
  try {
    const response = await fetch(`${gateway}/v1/models/${model}`, { signal: AbortSignal.timeout(ANSWER_MAX_MS) });
    const answer: unknown = await response.json();
    if (!isRecord(answer) || !isRecord(answer["current"])) return undefined;
    const { version } = answer["current"];
    return typeof version === "number" ? version : undefined;
  } catch {
    // This gateway is down or too busy: the next one is asked.
    return undefined;
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
