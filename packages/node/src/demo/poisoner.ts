// What the poisoning device achieved: how long its deltas were beside the others', how far clipping shortened them, and
// which part of each version's push was its own, with clipping and had there been none. Pure.

import { lowerMedian } from "@selvedge/ledger";
import { POISONER_DEVICE } from "../training/defaults.ts";
import type { StudiedUpdate, StudiedVersion } from "./study-lineage.ts";

export interface PoisonerFigures {
  /** Its certified updates that went into a version. */
  readonly appliedUpdates: number;
  readonly versionsWithIt: number;
  readonly versions: number;
  /** Medians over its updates; null without one. */
  readonly norm: number | null;
  readonly honestNorm: number | null;
  readonly scale: number | null;
  /** Its share of the sum of weighted delta lengths, 0 to 1: median over the versions that hold it. */
  readonly pushShareClipped: number | null;
  readonly pushShareUnclipped: number | null;
  /** Every one of its updates was scaled down by clipping. */
  readonly wasAlwaysClipped: boolean;
}

export function poisonerFigures(versions: readonly StudiedVersion[]): PoisonerFigures {
  const updates = versions.flatMap((version) => version.updates);
  const poisoned = updates.filter(isPoisoned);
  const held = versions.filter((version) => version.updates.some(isPoisoned));
  return {
    appliedUpdates: poisoned.length,
    versionsWithIt: held.length,
    versions: versions.length,
    norm: median(poisoned.map(({ norm }) => norm)),
    honestNorm: median(updates.filter((update) => !isPoisoned(update)).map(({ norm }) => norm)),
    scale: median(poisoned.map(({ scale }) => scale)),
    pushShareClipped: median(held.map((version) => pushShare(version, ({ scale }) => scale))),
    pushShareUnclipped: median(held.map((version) => pushShare(version, () => 1))),
    wasAlwaysClipped: poisoned.length > 0 && poisoned.every(({ scale }) => scale < 1),
  };
}

function isPoisoned({ device }: StudiedUpdate): boolean {
  return device === POISONER_DEVICE;
}

function pushShare({ updates }: StudiedVersion, scaleOf: (update: StudiedUpdate) => number): number {
  const push = (update: StudiedUpdate): number => update.weightShare * update.norm * scaleOf(update);
  const sum = (some: readonly StudiedUpdate[]): number => some.reduce((total, update) => total + push(update), 0);
  return sum(updates.filter(isPoisoned)) / sum(updates);
}

function median(values: readonly number[]): number | null {
  return values.length === 0 ? null : lowerMedian(values);
}
