// The epochs of a chain before the present one as a store is judged by: whose committee signed its blocks, where its commits
// begin and with which they end. What the records of epochs say was checked when they were stored.

import type { EpochStart, Genesis } from "@selvedge/integrity";
import { sha256 } from "../crypto.ts";
import type { BlockVerifier } from "../daemon/parts.ts";
import { type EpochAt, engineBaseOf, epochAt, placeOf } from "../epoch/epoch-at.ts";
import type { EpochSetup } from "../epoch/epoch-setup.ts";
import { ChainStore } from "../storage/chain-store.ts";
import type { HealedEpoch } from "./heal-chain.ts";
import type { ChainPlace } from "./store-holes.ts";

export interface EarlierEpoch {
  readonly number: number;
  /** Undefined if its record or the next one's is missing here. */
  readonly known: { readonly epoch: HealedEpoch; readonly end: ChainPlace } | undefined;
}

export interface EarlierEpochsSetup extends Pick<EpochSetup, "store" | "at" | "epochs"> {
  readonly genesis: Genesis;
  readonly verifierOf: (at: EpochAt) => BlockVerifier;
}

/** From the epoch `from` on, oldest first. */
export async function earlierEpochs(setup: EarlierEpochsSetup, from: number): Promise<readonly EarlierEpoch[]> {
  const { at, epochs, genesis } = setup;
  const found: EarlierEpoch[] = [];
  let start = await epochs.start(from, genesis);
  for (let number = from; number < at.start.epoch; number += 1) {
    const next = await epochs.start(number + 1, genesis);
    const known = start === undefined || next === undefined ? undefined : await knownEpoch(setup, start, next);
    found.push({ number, known });
    start = next;
  }
  return found;
}

async function knownEpoch(
  { store, verifierOf }: EarlierEpochsSetup,
  start: EpochStart,
  next: EpochStart,
): Promise<NonNullable<EarlierEpoch["known"]>> {
  // Who dealt the coin's key matters to nobody who follows.
  const at = epochAt(start, null);
  const epoch: HealedEpoch = {
    chain: await ChainStore.open(store, sha256, placeOf(at)),
    verify: verifierOf(at),
    committee: at.committee,
    epochBase: engineBaseOf(at),
  };
  return { epoch, end: next.base };
}
