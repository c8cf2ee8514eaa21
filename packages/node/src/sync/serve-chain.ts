// Answers the questions of network/transport.ts about the chain out of the store. daemon/inbound.ts calls it for every
// peer; what a peer may cost is bounded before (network/) and by the page bounds here. It trusts its own store and no
// request: an index that is not there is answered with nothing.

import { type CommitIndex, type ValidatorIndex, encodeCheckpoint, round } from "@selvedge/integrity";
import { COMMITS_PER_RESPONSE_MAX, RESPONSE_MAX_BYTES } from "../network/limits.ts";
import type { ChainAnswer, ChainRequest } from "../network/transport.ts";
import type { ChainStore } from "../storage/chain-store.ts";
import type { SnapshotStore } from "../storage/snapshot-store.ts";
import type { StateStore } from "../storage/state-store.ts";

export interface ChainServer {
  readonly chain: ChainStore;
  readonly state: StateStore;
  readonly snapshots: SnapshotStore;
  /** §11: false for a validator of which we would answer with less than it has signed. Default: always true. */
  readonly knowsNewestOf?: (author: ValidatorIndex) => boolean;
  /** Records of the epochs from this one on, lowest first; none while the chain is in its first epoch. */
  readonly epochRecords?: (fromEpoch: number) => Promise<readonly Uint8Array[]>;
}

export async function serveChain(server: ChainServer, request: ChainRequest): Promise<ChainAnswer | undefined> {
  switch (request.type) {
    case "commits":
      return { type: "commits", commits: await commitsFrom(server.chain, request) };
    case "checkpoint":
      return serveCheckpoint(server.state, request.index);
    case "state":
      return serveState(server, request);
    case "newestBlockOf": {
      if (server.knowsNewestOf?.(request.author) === false) return undefined;
      const [block, highest] = await Promise.all([
        server.chain.newestBlockOf(request.author),
        server.chain.highestRound(),
      ]);
      return { type: "newestBlockOf", block: block ?? null, highestRoundSeen: round(highest) };
    }
    case "epochs":
      return { type: "epochs", records: (await server.epochRecords?.(request.fromEpoch)) ?? [] };
  }
}

/** At least one commit, though it be large; stops at a gap and at the bounds of an answer. */
async function commitsFrom(
  chain: ChainStore,
  { fromIndex, count }: { readonly fromIndex: number; readonly count: number },
): Promise<readonly Uint8Array[]> {
  const commits: Uint8Array[] = [];
  let sizeBytes = 0;
  const countMax = Math.min(count, COMMITS_PER_RESPONSE_MAX);
  for (let index = fromIndex; commits.length < countMax; index += 1) {
    const stored = await chain.commit(index);
    if (stored === undefined) break;
    sizeBytes += stored.bytes.length;
    if (commits.length > 0 && sizeBytes > RESPONSE_MAX_BYTES) break;
    commits.push(stored.bytes);
  }
  return commits;
}

async function serveCheckpoint(state: StateStore, index: CommitIndex | null): Promise<ChainAnswer> {
  const certificate = index === null ? await state.latestCheckpoint() : await state.checkpointUpTo(index);
  return { type: "checkpoint", certificate: certificate === undefined ? null : encodeCheckpoint(certificate) };
}

async function serveState(
  { snapshots }: ChainServer,
  { index, kind, fromByte }: StateRequest,
): Promise<ChainAnswer | undefined> {
  const portion = await snapshots.portion({ index, kind, fromByte });
  return portion === undefined ? undefined : { type: "state", ...portion };
}

type StateRequest = Extract<ChainRequest, { readonly type: "state" }>;
