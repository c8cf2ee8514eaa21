// What follows from the start of an epoch for everybody who makes, checks or stores blocks in it. node.ts, `verify` and the
// epoch runner ask; it knows no store and no network.

import type { EngineEpochBase } from "@selvedge/consensus";
import {
  type BlockContext,
  type Committee,
  type Digest,
  type EpochStart,
  coinTicketsOf,
  committeeOfEpoch,
  epochStartDigest,
} from "@selvedge/integrity";
import { sha256 } from "../crypto.ts";
import type { EpochPlace } from "../storage/chain-store.ts";

export interface EpochAt {
  readonly start: EpochStart;
  readonly committee: Committee;
  /** Undefined in the first epoch, whose blocks name the genesis alone. */
  readonly startDigest: Digest | undefined;
  /** The epoch before, whose members dealt the present key; null in the first. */
  readonly previous: EpochStart | null;
}

export function epochAt(start: EpochStart, previous: EpochStart | null): EpochAt {
  const startDigest = start.epoch === 0 ? undefined : epochStartDigest(start, sha256);
  return { start, committee: committeeOfEpoch(start), startDigest, previous };
}

export function blockContextOf(
  { start, committee, startDigest }: EpochAt,
  chain: Pick<BlockContext, "chainId" | "params" | "crypto">,
): BlockContext {
  const hasCoin = start.coin.setup !== "none";
  const tickets = hasCoin ? coinTicketsOf(start.members) : undefined;
  const coinTickets = tickets?.ok === true ? { coinTickets: tickets.value.counts } : {};
  return { ...chain, committee, hasCoin, startDigest, ...coinTickets };
}

export function engineBaseOf({ start, startDigest }: EpochAt): EngineEpochBase | undefined {
  return startDigest === undefined ? undefined : { ...start.base, startDigest };
}

export function placeOf({ start }: EpochAt): EpochPlace {
  return { epoch: start.epoch, baseIndex: start.base.index };
}
