// Fetches the ledger's snapshot of one commit, portion by portion from several peers. A peer's manifest names the hash of
// each portion; whether the manifest is true shows only when the whole has the certified root, so until then a portion
// that does not fit is merely asked of somebody else, and who is to blame is settled at the end (faults.md, F63).

import { type Sha256, type ValidatorIndex, isSameBytes } from "@selvedge/integrity";
import { SNAPSHOT_PORTION_BYTES } from "../storage/snapshot-store.ts";
import type { Transfer, TransferStore } from "../storage/transfer-store.ts";
import { SYNC_REQUESTS_MAX } from "./limits.ts";
import { NothingHere, PeerLied, type SyncPeers } from "./sync-peers.ts";

const HASH_BYTES = 32;

export interface TransferSetup {
  readonly peers: SyncPeers;
  readonly transfers: TransferStore;
  readonly sha256: Sha256;
}

export interface FetchedState {
  readonly bytes: Uint8Array;
  /** Peers whose portions did not fit the manifest. */
  readonly deviating: ReadonlySet<ValidatorIndex>;
}

/** The whole, once every portion is here. Rejects with NobodyHas if the peers no longer serve it. */
export async function fetchState(setup: TransferSetup, transfer: Transfer): Promise<FetchedState> {
  const count = transfer.manifest.length / HASH_BYTES;
  const present = await setup.transfers.portions();
  const missing = Array.from({ length: count }, (_, number) => number).filter((number) => !present.has(number));
  const deviating = new Set<ValidatorIndex>();
  const work = async (): Promise<void> => {
    for (let number = missing.shift(); number !== undefined; number = missing.shift()) {
      await fetchPortion(setup, { transfer, number, deviating });
    }
  };
  const workers = await Promise.allSettled(Array.from({ length: SYNC_REQUESTS_MAX }, work));
  for (const worker of workers) if (worker.status === "rejected") throw worker.reason;
  return { bytes: await assembled(setup.transfers, count), deviating };
}

interface PortionRequest {
  readonly transfer: Transfer;
  readonly number: number;
  readonly deviating: Set<ValidatorIndex>;
}

async function fetchPortion(
  { peers, transfers, sha256 }: TransferSetup,
  { transfer, number, deviating }: PortionRequest,
): Promise<void> {
  const { index, manifest, source } = transfer;
  const expected = manifest.subarray(number * HASH_BYTES, (number + 1) * HASH_BYTES);
  const fromByte = number * SNAPSHOT_PORTION_BYTES;
  const bytes = await peers.ask(async (peer, signal) => {
    const answer = await peers.fetch(peer, { type: "state", index, kind: "snapshot", fromByte }, signal);
    if (isSameBytes(sha256(answer.bytes), expected)) return answer.bytes;
    if (peer === source) throw new PeerLied("a portion of state that its own manifest does not name");
    deviating.add(peer);
    throw new NothingHere();
  });
  await transfers.putPortion(number, bytes);
}

async function assembled(transfers: TransferStore, count: number): Promise<Uint8Array> {
  const portions: Uint8Array[] = [];
  for (let number = 0; number < count; number += 1) {
    portions.push((await transfers.portion(number)) ?? new Uint8Array(0));
  }
  const whole = new Uint8Array(portions.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const portion of portions) {
    whole.set(portion, offset);
    offset += portion.length;
  }
  return whole;
}

/** One part of the state that is small enough for one peer to give whole. */
export async function fetchSmall(
  peers: SyncPeers,
  request: { readonly peer: ValidatorIndex; readonly kind: "manifest" | "consensus"; readonly bytesMax: number },
  at: { readonly index: Transfer["index"] | null; readonly signal: AbortSignal },
): Promise<{ readonly index: Transfer["index"]; readonly bytes: Uint8Array }> {
  const { peer, kind, bytesMax } = request;
  const ask = (index: Transfer["index"] | null, fromByte: number): ReturnType<typeof peers.fetch<"state">> =>
    peers.fetch(peer, { type: "state", index, kind, fromByte }, at.signal);
  const first = await ask(at.index, 0);
  const { index, totalBytes } = first;
  if (totalBytes > bytesMax) throw new PeerLied(`a ${kind} of ${totalBytes} bytes`);
  const whole = new Uint8Array(totalBytes);
  whole.set(first.bytes);
  for (let offset = first.bytes.length; offset < totalBytes;) {
    const next = await ask(index, offset);
    if (next.totalBytes !== totalBytes) throw new PeerLied(`a ${kind} whose size changes`);
    whole.set(next.bytes, offset);
    offset += next.bytes.length;
  }
  return { index, bytes: whole };
}
