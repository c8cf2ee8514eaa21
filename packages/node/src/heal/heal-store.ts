// Makes a store whole before its node starts (docs/protocol.md §11): what damage took out of it comes from other
// validators, by digest, or is made again by executing. Called before there is an engine, so nothing is signed meanwhile.
// What cannot be had is named; what a node cannot go on without keeps it from starting.

import type { EngineSetup } from "@selvedge/consensus";
import type { ChainId, Crypto, Store, ValidatorIndex } from "@selvedge/integrity";
import { NodeError } from "../errors.ts";
import type { Transport } from "../network/transport.ts";
import type { NodeLogger } from "../observability/log.ts";
import { isOverlap } from "../storage/leveldb/mend-database.ts";
import type { KeyRange } from "../storage/leveldb/table.ts";
import type { PayloadStore } from "../storage/payload-store.ts";
import { type PruneMark, readPruneMark } from "../storage/prune-mark.ts";
import type { StateStore } from "../storage/state-store.ts";
import { NobodyHas } from "../sync/sync-peers.ts";
import type { EarlierEpoch } from "./earlier-epochs.ts";
import { ChainHealing, type HealedEpoch, PastPruned } from "./heal-chain.ts";
import { HealNetwork } from "./heal-network.ts";
import { healPayloads } from "./heal-payloads.ts";
import { type ChainPlace, chainEnd } from "./store-holes.ts";

/** The present epoch, and how to come by those before it. */
export interface HealSetup extends HealedEpoch {
  readonly store: Store;
  readonly state: StateStore;
  readonly payloads: PayloadStore;
  readonly chainId: ChainId;
  readonly crypto: Crypto;
  readonly params: EngineSetup["params"];
  /** From the epoch `from` on, oldest first. */
  readonly earlierEpochs: (from: number) => Promise<readonly EarlierEpoch[]>;
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
  readonly #present: ChainHealing;
  readonly #unhealed: KeyRange[] = [];

  constructor(setup: HealSetup, network: HealNetwork) {
    this.#setup = setup;
    this.#network = network;
    this.#present = new ChainHealing({ ...setup, network });
  }

  async run(): Promise<void> {
    const { chain, lostRanges, markHealed, logger } = this.#setup;
    const end = await chainEnd(chain);
    if (end !== undefined && end.index > this.#present.epochBegin.index) await this.#healPresent(end);
    if (lostRanges.length === 0) return;
    if (this.#isLost(SPACES.state) || this.#isLost(SPACES.versions) || this.#isSnapshotLost()) await this.#remake(end);
    if (this.#isLost(SPACES.payload)) {
      const lost = await healPayloads(this.#setup, await this.#network.open());
      for (const root of lost) logger.error({ code: "PAYLOAD_UNHEALED", root }, "no validator has this payload");
    }
    if (this.#isChainLost) await this.#healEarlierEpochs();
    // Acks that are gone were promises (U3): from now on the engine knows that it has forgotten some.
    if (lostRanges.some((range) => isIn(range, "m"))) await chain.past.markForgotten();
    await markHealed(this.#unhealed);
    logger.warn(
      { code: "STORE_HEALED", unhealed: this.#unhealed },
      "the store is whole again, except for what is named",
    );
  }

  /** All of the epoch if records of commits or blocks were lost; otherwise what is executed at every start. */
  async #healPresent(end: ChainPlace & { readonly gcRound: number }): Promise<void> {
    const { store, state } = this.#setup;
    const pruned = await readPruneMark(store);
    const snapshot = this.#isChainLost ? undefined : await state.snapshot();
    const begin = await this.#present.beginAt(Math.max(pruned?.base ?? 0, snapshot?.index ?? 0));
    try {
      await this.#present.healCommits(begin, end);
      await this.#present.healAncestors(end.gcRound);
    } catch (error) {
      if (!(error instanceof NobodyHas)) throw error;
      throw new NodeError("HEAL_FAILED", `records of this epoch are missing, and ${error.message}`, { cause: error });
    }
  }

  /** A node goes on without what is lost of them; so what cannot be had is named, and asked for again at the next start. */
  async #healEarlierEpochs(): Promise<void> {
    const { store, lostRanges, earlierEpochs, logger } = this.#setup;
    const pruned = await readPruneMark(store);
    const epochs: { readonly epoch: number; readonly reason: string }[] = [];
    for (const earlier of await earlierEpochs(pruned?.epoch ?? 0)) {
      const reason = await this.#healEarlier(earlier, pruned);
      if (reason !== undefined) epochs.push({ epoch: earlier.number, reason });
    }
    if (epochs.length === 0) return;
    this.#unhealed.push(...lostRanges.filter((range) => isIn(range, SPACES.blocks) || isIn(range, SPACES.commits)));
    logger.error({ code: "STORE_UNHEALED", epochs }, "commits or blocks of earlier epochs are missing");
  }

  /** Undefined if the epoch is whole, otherwise why it is not. */
  async #healEarlier({ known }: EarlierEpoch, pruned: PruneMark | undefined): Promise<string | undefined> {
    if (known === undefined) return "the record of the epoch, or of the next one, is missing here";
    const { epoch, end } = known;
    const healing = new ChainHealing({ ...this.#setup, ...epoch, network: this.#network });
    try {
      await healing.healCommits(await healing.beginAt(pruned?.base ?? 0), end);
      return undefined;
    } catch (error) {
      if (!isBeyondHelp(error)) throw error;
      // An answer, too: the next epoch is asked for with as much patience.
      if (error instanceof NobodyHas) (await this.#network.open()).noteProgress();
      return error.message;
    }
  }

  /** State roots, transactions, updates, versions: made again by executing from genesis, where all of it is there. */
  async #remake(end: ChainPlace | undefined): Promise<void> {
    const { store, lostRanges, logger } = this.#setup;
    const isWhole = (await readPruneMark(store)) === undefined && this.#present.epochBegin.index === 0;
    if (isWhole && (end?.index ?? 0) <= REEXECUTED_COMMITS_MAX) {
      await store.batch([{ type: "delete", space: "meta", key: "ledger-snapshot" }], { sync: true });
      return;
    }
    if (this.#isSnapshotLost() && (await this.#setup.state.snapshot()) === undefined)
      throw new NodeError("DATA_CORRUPT", "the ledger's snapshot is lost, and what it was made from was pruned");
    const ranges = lostRanges.filter((range) => isIn(range, SPACES.state) || isIn(range, SPACES.versions));
    this.#unhealed.push(...ranges);
    logger.error(
      { code: "STORE_UNHEALED", ranges },
      "derived records of the past are missing and cannot be made again",
    );
  }

  get #isChainLost(): boolean {
    return this.#isLost(SPACES.commits) || this.#isLost(SPACES.blocks);
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

/** Nobody has it, nobody answers, or it cannot be put where it was. */
function isBeyondHelp(error: unknown): error is Error {
  return (
    error instanceof NobodyHas ||
    error instanceof PastPruned ||
    (error instanceof NodeError && error.code === "HEAL_FAILED")
  );
}

function isIn(range: KeyRange, space: string): boolean {
  return isOverlap(range, { from: `${space}/`, to: `${space}/\u007f` });
}
