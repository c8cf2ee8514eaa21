// Makes a store whole before its node starts (docs/protocol.md §11): what damage took out of it comes from other
// validators, by digest, or is made again by executing. Called before there is an engine, so nothing is signed meanwhile.
// What cannot be had is named; what a node cannot go on without keeps it from starting.

import {
  CommitFollower,
  DEFAULT_LOCAL_PARAMS,
  type EngineSetup,
  createFallbackCoin,
  epochSeedOf,
} from "@selvedge/consensus";
import {
  type BlockRef,
  type Committee,
  type Crypto,
  type ChainId,
  type Digest,
  type SealedCommit,
  type Store,
  type ValidatorIndex,
  type VerifiedBlock,
  mustExist,
  zeroDigest,
} from "@selvedge/integrity";
import { sha256 } from "../crypto.ts";
import type { BlockVerifier } from "../daemon/parts.ts";
import { NodeError } from "../errors.ts";
import type { Transport } from "../network/transport.ts";
import type { NodeLogger } from "../observability/log.ts";
import type { ChainStore } from "../storage/chain-store.ts";
import { isOverlap } from "../storage/leveldb/mend-database.ts";
import type { KeyRange } from "../storage/leveldb/table.ts";
import type { PayloadStore } from "../storage/payload-store.ts";
import { readPruneMark } from "../storage/prune-mark.ts";
import type { StateStore } from "../storage/state-store.ts";
import { fetchSegment } from "../sync/commit-segment.ts";
import { fetchMissing } from "./fetch-missing.ts";
import { HealNetwork } from "./heal-network.ts";
import { healPayloads } from "./heal-payloads.ts";
import {
  type ChainBegin,
  type ChainPlace,
  type CommitHole,
  chainEnd,
  commitAt,
  commitHoles,
  missingOutput,
  missingParents,
} from "./store-holes.ts";

export interface HealSetup {
  readonly store: Store;
  readonly chain: ChainStore;
  readonly state: StateStore;
  readonly payloads: PayloadStore;
  readonly verify: BlockVerifier;
  readonly chainId: ChainId;
  readonly committee: Committee;
  readonly crypto: Crypto;
  readonly params: EngineSetup["params"];
  readonly epochBase: EngineSetup["epochBase"];
  readonly self: ValidatorIndex | null;
  /** What opening the store found; nothing to heal if absent, but the newest commits are checked all the same. */
  readonly lostRanges: readonly KeyRange[];
  readonly markHealed: (unhealed: readonly KeyRange[]) => Promise<void>;
  readonly openTransport: () => Promise<Transport>;
  readonly logger: NodeLogger;
  readonly nowMs: () => number;
  /** Peers that do not answer for so long end the start, which a supervisor repeats. */
  readonly patienceMs?: number;
  readonly stopped?: AbortSignal;
}

/** Commits that are executed again, all in memory, to make derived records anew. */
const REEXECUTED_COMMITS_MAX = 20_000;
const SPACES = { blocks: "b", commits: "c", payload: "p", state: "s", versions: "v" } as const;

export async function healStore(setup: HealSetup): Promise<void> {
  const network = new HealNetwork(setup);
  try {
    await new Healing(setup, network).run();
  } finally {
    await network.close();
  }
}

class Healing {
  readonly #setup: HealSetup;
  readonly #network: HealNetwork;
  readonly #unhealed: KeyRange[] = [];

  constructor(setup: HealSetup, network: HealNetwork) {
    this.#setup = setup;
    this.#network = network;
  }

  async run(): Promise<void> {
    const { chain, lostRanges, markHealed, logger } = this.#setup;
    const end = await chainEnd(chain);
    if (end !== undefined && end.index > this.#epochBegin.index) await this.#healChain(end);
    if (lostRanges.length === 0) return;
    this.#nameEarlierEpochs();
    if (this.#isLost(SPACES.state) || this.#isLost(SPACES.versions) || this.#isSnapshotLost()) await this.#remake(end);
    if (this.#isLost(SPACES.payload)) {
      const lost = await healPayloads(this.#setup, await this.#network.open());
      for (const root of lost) logger.error({ code: "PAYLOAD_UNHEALED", root }, "no validator has this payload");
    }
    // Acks that are gone were promises (U3): from now on the engine knows that it has forgotten some.
    if (lostRanges.some((range) => isIn(range, "m"))) await chain.noteForgotten();
    await markHealed(this.#unhealed);
    logger.warn(
      { code: "STORE_HEALED", unhealed: this.#unhealed },
      "the store is whole again, except for what is named",
    );
  }

  /** The blocks of an epoch are checked by its committee: those of earlier ones are not fetched again, and it is said. */
  #nameEarlierEpochs(): void {
    const { committee, lostRanges, logger } = this.#setup;
    const unhealed = lostRanges.filter((range) => isIn(range, SPACES.blocks) || isIn(range, SPACES.commits));
    if (committee.epoch === 0 || unhealed.length === 0) return;
    this.#unhealed.push(...unhealed);
    logger.error({ code: "STORE_UNHEALED", unhealed }, "records of earlier epochs may be missing in these ranges");
  }

  get #epochBegin(): ChainPlace {
    const { epochBase } = this.#setup;
    return { index: epochBase?.index ?? 0, digest: epochBase?.digest ?? zeroDigest() };
  }

  /** All of it if records of commits or blocks were lost; otherwise what is executed at every start. */
  async #healChain(end: ChainPlace & { readonly gcRound: number }): Promise<void> {
    const isDamaged = this.#isLost(SPACES.commits) || this.#isLost(SPACES.blocks);
    const begin = await this.#begin(isDamaged);
    const holes = await commitHoles(this.#setup.chain, begin, end);
    const sealed: SealedCommit[] = [];
    for (const hole of holes) sealed.push(...(await this.#fetchHole(hole)));
    await this.#healBlocks(sealed, { begin, end });
    if (sealed.length > 0) await this.#storeCommits(sealed);
  }

  async #begin(isDamaged: boolean): Promise<ChainBegin> {
    const { store, state, chain } = this.#setup;
    const pruned = await readPruneMark(store);
    const snapshot = isDamaged ? undefined : await state.snapshot();
    const index = Math.max(this.#epochBegin.index, pruned?.base ?? 0, snapshot?.index ?? 0);
    if (index === this.#epochBegin.index) return this.#epochBegin;
    return { index, digest: (await commitAt(chain, index))?.digest ?? null };
  }

  async #fetchHole({ start, end }: CommitHole): Promise<readonly SealedCommit[]> {
    if (start.digest === null)
      throw new NodeError("DATA_CORRUPT", `commit ${start.index}, with which the stored chain begins, is missing`);
    this.#setup.logger.warn({ after: start.index, upTo: end.index }, "fetching missing commits");
    const { peers } = await this.#network.open();
    return fetchSegment(peers, sha256, { start: { index: start.index, digest: start.digest }, end });
  }

  async #healBlocks(
    sealed: readonly SealedCommit[],
    { begin, end }: { readonly begin: ChainBegin; readonly end: ChainPlace & { readonly gcRound: number } },
  ): Promise<void> {
    const { chain, verify } = this.#setup;
    const named = sealed.flatMap(({ commit }) => commit.blocks);
    const found = await chain.blocks(named);
    const output = [
      ...named.filter((_, position) => found[position] === undefined),
      ...(await missingOutput(chain, begin.index, end.index)),
    ];
    // What no child above gcRound names was accepted before all that is kept in an order.
    await this.#fetchBlocks(output.map((ref) => ({ ref, acceptedBefore: 1 })));
    for (;;) {
      const parents = await missingParents(chain, verify, end.gcRound);
      if (parents.length === 0) return;
      await this.#fetchBlocks(parents);
    }
  }

  async #fetchBlocks(wanted: readonly { readonly ref: BlockRef; readonly acceptedBefore: number }[]): Promise<void> {
    if (wanted.length === 0) return;
    const { chain, verify, logger } = this.#setup;
    logger.warn({ count: wanted.length }, "fetching missing blocks");
    const { peers } = await this.#network.open();
    const acceptedBefore = new Map(wanted.map((one) => [one.ref.digest, one.acceptedBefore]));
    const blocks = await fetchMissing(
      peers,
      verify,
      wanted.map(({ ref }) => ref),
    );
    await chain.restoreBlocks(
      blocks.map((block) => ({ block, acceptedAs: mustExist(acceptedBefore.get(block.ref.digest), "was asked for") })),
    );
  }

  /** The state of consensus after each is worked out from the start of the epoch: it stands under the state roots. */
  async #storeCommits(sealed: readonly SealedCommit[]): Promise<void> {
    const { chain, verify } = this.#setup;
    const missing = new Map(sealed.map((one) => [one.commit.index as number, one]));
    const follower = new CommitFollower(this.#engineSetup(), null);
    for (let index = this.#epochBegin.index + 1; missing.size > 0; index += 1) {
      const commit = missing.get(index) ?? (await commitAt(chain, index));
      if (commit === undefined)
        throw new NodeError("DATA_CORRUPT", `commits after ${index} are missing, and those before it were pruned`);
      const blocks = await blocksOf(chain, verify, commit);
      const followed = follower.follow(commit, blocks);
      if (!followed.ok) throw new NodeError("STATE_DIVERGED", followed.error.detail);
      if (missing.delete(index)) await chain.restoreCommit(commit, followed.value.consensusStateDigest);
    }
  }

  #engineSetup(): EngineSetup {
    const { chainId, committee, params, crypto, epochBase } = this.#setup;
    const startDigest = epochBase?.startDigest;
    const epochSeed: Digest = epochSeedOf(sha256, { chainId, epoch: committee.epoch, startDigest });
    return {
      chainId,
      committee,
      params,
      crypto,
      epochBase,
      local: DEFAULT_LOCAL_PARAMS,
      // Following needs no coin: the slots of commits are given.
      coin: createFallbackCoin({ sha256, committee, epochSeed }),
      validator: null,
    };
  }

  /** State roots, transactions, updates, versions: made again by executing from genesis, where all of it is there. */
  async #remake(end: ChainPlace | undefined): Promise<void> {
    const { store, lostRanges, logger } = this.#setup;
    const isWhole = (await readPruneMark(store)) === undefined && this.#epochBegin.index === 0;
    if (isWhole && (end?.index ?? 0) <= REEXECUTED_COMMITS_MAX) {
      await store.batch([{ type: "delete", space: "meta", key: "ledger-snapshot" }], { sync: true });
      return;
    }
    if (this.#isSnapshotLost() && (await this.#setup.state.snapshot()) === undefined)
      throw new NodeError("DATA_CORRUPT", "the ledger's snapshot is lost, and what it was made from was pruned");
    const unhealed = lostRanges.filter((range) => isIn(range, SPACES.state) || isIn(range, SPACES.versions));
    this.#unhealed.push(...unhealed);
    logger.error(
      { code: "STORE_UNHEALED", unhealed },
      "derived records of the past are missing and cannot be made again",
    );
  }

  #isSnapshotLost(): boolean {
    return this.#setup.lostRanges.some((range) =>
      isOverlap(range, { from: "m/ledger-snapshot", to: "m/ledger-snapshot" }),
    );
  }

  #isLost(space: string): boolean {
    return this.#setup.lostRanges.some((range) => isIn(range, space));
  }
}

function isIn(range: KeyRange, space: string): boolean {
  return isOverlap(range, { from: `${space}/`, to: `${space}/\u007f` });
}

async function blocksOf(chain: ChainStore, verify: BlockVerifier, { commit }: SealedCommit): Promise<VerifiedBlock[]> {
  const stored = await chain.blocks(commit.blocks);
  return stored.map((bytes, position) => {
    const block = bytes === undefined ? undefined : verify(bytes);
    if (block?.ok === true) return block.value;
    const digest = commit.blocks[position]?.digest ?? "";
    throw new NodeError("DATA_CORRUPT", `block ${digest} of commit ${commit.index} is missing or does not verify`);
  });
}
