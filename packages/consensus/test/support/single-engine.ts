// One engine, validator 0 of four by default, and a pen to draw everybody else's blocks with.

import {
  type Effect,
  type ConsensusEngine,
  type InputEvent,
  type RecoveredState,
  type TimerId,
  createEngine,
  epochSeedOf,
} from "@selvedge/consensus";
import { type TestChain, type TestChainOptions, createTestChain } from "@selvedge/consensus/testing";
import {
  type BlockBody,
  type BlockHeader,
  type BlockRef,
  type VerifiedBlock,
  buildBlock,
  genesisRefs,
  mustExist,
  round as roundOf,
  validatorIndex,
} from "@selvedge/integrity";
import { type LeaderSchedule, firstSchedule, leaderIn } from "../../src/commit/leader-schedule.ts";

export type EffectOf<Type extends Effect["type"]> = Extract<Effect, { type: Type }>;

export interface Drawing {
  readonly author: number;
  readonly round: number;
  /** The author's own previous block first. */
  readonly parents: readonly BlockRef[];
  readonly body?: Partial<BlockBody>;
  readonly header?: Partial<Pick<BlockHeader, "commitVotes" | "checkpointVotes" | "timestampMs">>;
}

export class SingleEngine {
  readonly chain: TestChain;
  readonly engine: ConsensusEngine;
  readonly all: Effect[] = [];
  readonly genesis: readonly BlockRef[];

  constructor(options: Partial<TestChainOptions> = {}, index: number | null = 0, recovered?: RecoveredState) {
    this.chain = chainLedByOthers(options);
    this.engine = createEngine(this.chain.setupOf(index), recovered);
    const { chainId, committee, crypto } = this.chain;
    this.genesis = genesisRefs({ chainId, epoch: committee.epoch, size: committee.validators.length }, crypto.sha256);
  }

  feed(event: InputEvent): readonly Effect[] {
    const effects = this.engine.handle({ ...event, wallClockMs: 1000 });
    this.all.push(...effects);
    return effects;
  }

  receive(from: number, ...blocks: readonly VerifiedBlock[]): readonly Effect[] {
    return this.feed({ type: "blocks", blocks, from: validatorIndex(from) });
  }

  /** Fires a timer whether or not it was asked for. */
  fire(id: TimerId): readonly Effect[] {
    return this.feed({ type: "timer", id });
  }

  give(transactions: readonly Uint8Array[]): readonly Effect[] {
    return this.feed({ type: "localContent", updates: [], transactions, control: [] });
  }

  draw({ author, round, parents, body, header }: Drawing): VerifiedBlock {
    const { chainId, committee, crypto, signers } = this.chain;
    const draft = {
      header: {
        version: 1,
        chainId,
        epoch: committee.epoch,
        round: roundOf(round),
        author: validatorIndex(author),
        parents,
        coinShare: null,
        commitVotes: [],
        checkpointVotes: [],
        timestampMs: 0,
        ...header,
      },
      body: { acks: [], updates: [], transactions: [], control: [], ...body },
    } as const;
    return buildBlock(draft, mustExist(signers[author], "a member's key"), crypto.sha256);
  }

  /** One block of each author, all of them on all of `below` (genesis at first). */
  row(round: number, authors: readonly number[], below: readonly BlockRef[] = this.genesis): readonly VerifiedBlock[] {
    return authors.map((author) => {
      const own = mustExist(
        below.find((ref) => ref.author === author),
        "an own block below",
      );
      return this.draw({ author, round, parents: [own, ...below.filter((ref) => ref.author !== author)] });
    });
  }

  /** Rows of the other validators alone, from round 1 on. */
  tower(authors: readonly number[], rounds: number): readonly (readonly VerifiedBlock[])[] {
    const rows: (readonly VerifiedBlock[])[] = [];
    let below: readonly BlockRef[] = this.genesis;
    for (let round = 1; round <= rounds; round += 1) {
      const row = this.row(
        round,
        authors,
        below.filter(({ author }) => authors.includes(author) || round === 1),
      );
      rows.push(row);
      below = refsOf(row);
    }
    return rows;
  }

  leaderOf(round: number): number {
    return leaderIn(scheduleOf(this.chain), round);
  }
}

/** A chain whose rounds 1 and 2 are led by two others than validator 0. */
function chainLedByOthers(options: Partial<TestChainOptions>): TestChain {
  for (let salt = 0; ; salt += 1) {
    const chain = createTestChain({ size: 4, salt, ...options });
    const schedule = scheduleOf(chain);
    if (![leaderIn(schedule, 1), leaderIn(schedule, 2)].includes(validatorIndex(0))) return chain;
  }
}

function scheduleOf({ crypto, chainId, committee }: TestChain): LeaderSchedule {
  const epochSeed = epochSeedOf(crypto.sha256, { chainId, epoch: committee.epoch });
  return firstSchedule({ sha256: crypto.sha256, committee, epochSeed });
}

export function refsOf(blocks: readonly VerifiedBlock[]): readonly BlockRef[] {
  return blocks.map(({ ref }) => ref);
}

export function ofType<Type extends Effect["type"]>(effects: readonly Effect[], type: Type): readonly EffectOf<Type>[] {
  return effects.filter((effect): effect is EffectOf<Type> => effect.type === type);
}

/** The block that these effects signed, if any. */
export function signedIn(effects: readonly Effect[]): VerifiedBlock | undefined {
  const persist = ofType(effects, "persist").find(({ signed }) => signed !== null);
  return persist?.blocks.find(({ ref }) => ref.digest === persist.signed?.digest);
}

export function isDue(effects: readonly Effect[]): boolean {
  return ofType(effects, "setTimer").some(({ id, delayMs }) => id === "propose" && delayMs === 0);
}
