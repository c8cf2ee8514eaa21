// Faults that could not do anything whatever the run does: a scenario that asks for one has a mistake in it.

import type { FaultSpec } from "./schema.ts";

/** One sentence, or none. */
export function emptyFaults(fault: FaultSpec, at: string): readonly string[] {
  const wanted = wantedOf(fault);
  return wanted === undefined ? [] : [`${at}: this ${fault.type} fault does nothing: ${wanted}`];
}

/** What it would need to do something. */
function wantedOf(fault: FaultSpec): string | undefined {
  switch (fault.type) {
    case "clock":
      return isAny(fault.offsetMs, fault.driftPpm) ? undefined : "offsetMs or driftPpm must be there and not 0";
    case "disk":
      return isDiskChanged(fault) ? undefined : "slowMs (above 0), fullAfterBytes or flipBits must be there";
    case "pause":
      return isOfNoLength(fault) ? "toMs must be above fromMs" : undefined;
    case "link":
      return isLinkChanged(fault) ? undefined : "a probability, a delay or a factor other than 1 must be there";
    case "crash":
    case "partition":
      return undefined;
  }
}

function isOfNoLength({ fromMs = 0, toMs }: Extract<FaultSpec, { type: "pause" }>): boolean {
  return toMs === fromMs;
}

function isDiskChanged({ slowMs, flipBits, fullAfterBytes }: Extract<FaultSpec, { type: "disk" }>): boolean {
  return isAny(slowMs, flipBits) || fullAfterBytes !== undefined;
}

function isLinkChanged(fault: Extract<FaultSpec, { type: "link" }>): boolean {
  const { lossProbability, duplicateProbability, corruptProbability, reorderProbability, extraDelayMs } = fault;
  const { delayFactor = 1, bandwidthFactor = 1 } = fault;
  const isTroubled = isAny(lossProbability, duplicateProbability, corruptProbability, reorderProbability, extraDelayMs);
  return isTroubled || delayFactor !== 1 || bandwidthFactor !== 1;
}

function isAny(...amounts: readonly (number | undefined)[]): boolean {
  return amounts.some((amount) => amount !== undefined && amount !== 0);
}
