// Reads a conformance vector: one DAG, its leaders and coins, and the views to decide. Everything in the file is checked
// here, so that evaluation meets only sound scenarios. The format is that of docs/protocol.md, "Conformance vectors".

import {
  type Committee,
  type Rejection,
  type Result,
  createCommittee,
  epoch,
  err,
  ok,
  rejection,
} from "@selvedge/integrity";
import { JsonReader } from "./json-reader.ts";

export interface Scenario {
  readonly committee: Committee;
  readonly params: ScenarioParams;
  /** Author of P(r) at r − 1. */
  readonly leaders: readonly number[];
  /** Author of C(k) at k; used only where the coin is open. */
  readonly coins: readonly number[];
  /** Every block after its ancestors. */
  readonly blocks: readonly ScenarioBlock[];
  readonly invalidShares: ReadonlySet<string>;
  readonly views: readonly ScenarioView[];
}

export interface ScenarioParams {
  readonly coinPeriod: number;
  readonly coinWave: number;
  readonly firstCoinRound: number;
  readonly gcDepth: number;
}

export interface ScenarioBlock {
  readonly id: string;
  readonly author: number;
  readonly round: number;
  readonly ancestors: readonly string[];
}

export interface ScenarioView {
  readonly tips: readonly string[];
}

/** The least wave that has a voting and a decision round after the leader's. */
const COIN_WAVE_MIN = 3;
/** Below it the commit of a C slot could garbage-collect the round of a P slot that comes after it. */
const GC_DEPTH_MIN = 3;

export function parseScenario(json: unknown): Result<Scenario, Rejection> {
  const reader = new JsonReader(json);
  const stakes = reader.list("stakes", (entry) => entry.integer(1));
  const params = reader.record("params", readParams);
  const author = { min: 0, max: stakes.length - 1 };
  const leaders = reader.list("leaders", (entry) => entry.integer(author.min, author.max));
  const coins = reader.list("coins", (entry) => entry.integer(author.min, author.max));
  const blocks = reader.list("blocks", (entry) => readBlock(entry, author.max));
  const invalidShares = reader.listIfAny("invalidShares", (entry) => entry.text());
  const views = reader.list("views", (entry) => ({ tips: entry.list("tips", (tip) => tip.text()) }));
  const fault = reader.fault ?? faultOfStakes(stakes) ?? faultOfParams(params);
  if (fault !== undefined) return err(fault);
  const committee = createCommittee(
    epoch(0),
    stakes.map((stake) => ({ stake, publicKey: new Uint8Array(0) })),
  );
  return checked({ committee, params, leaders, coins, blocks, invalidShares: new Set(invalidShares), views });
}

export function genesisIdsOf(committee: Committee): readonly string[] {
  return committee.validators.map(({ index }) => `g${index}`);
}

function readParams(reader: JsonReader): ScenarioParams {
  return {
    coinPeriod: reader.field("coinPeriod").integer(1),
    coinWave: reader.field("coinWave").integer(1),
    firstCoinRound: reader.field("firstCoinRound").integer(1),
    gcDepth: reader.field("gcDepth").integer(0),
  };
}

function readBlock(reader: JsonReader, authorMax: number): ScenarioBlock {
  return {
    id: reader.field("id").text(),
    author: reader.field("author").integer(0, authorMax),
    round: reader.field("round").integer(1),
    ancestors: reader.list("ancestors", (ancestor) => ancestor.text()),
  };
}

function faultOfStakes(stakes: readonly number[]): Rejection | undefined {
  if (stakes.length === 0) return rejection("REPLAY_STAKES", "a committee has members");
  let sum = 0;
  for (const stake of stakes) sum += stake;
  return Number.isSafeInteger(sum) ? undefined : rejection("REPLAY_STAKES", "stakes sum to 2^53 or more");
}

function faultOfParams(params: ScenarioParams): Rejection | undefined {
  const { coinPeriod, coinWave, gcDepth } = params;
  if (coinPeriod < coinWave) return rejection("REPLAY_PARAMS", "coinPeriod is smaller than coinWave: unsafe");
  if (coinWave < COIN_WAVE_MIN) return rejection("REPLAY_PARAMS", `coinWave is smaller than ${COIN_WAVE_MIN}`);
  if (gcDepth < GC_DEPTH_MIN) return rejection("REPLAY_PARAMS", `gcDepth is smaller than ${GC_DEPTH_MIN}: undefined`);
  return undefined;
}

function checked(scenario: Scenario): Result<Scenario, Rejection> {
  const known = new Map<string, Pick<ScenarioBlock, "round" | "author">>();
  for (const [author, id] of genesisIdsOf(scenario.committee).entries()) known.set(id, { round: 0, author });
  for (const block of scenario.blocks) {
    const fault = faultOfBlock(block, known, scenario.committee);
    if (fault !== undefined) return err(rejection("REPLAY_BLOCK", `block ${block.id}: ${fault}`));
    known.set(block.id, block);
  }
  for (const { tips } of scenario.views) {
    const unknown = tips.find((tip) => !known.has(tip));
    if (unknown !== undefined) return err(rejection("REPLAY_VIEW", `tip ${unknown} is no block`));
  }
  const fault = faultOfSlots(scenario);
  return fault === undefined ? ok(scenario) : err(rejection("REPLAY_SLOTS", fault));
}

type Known = ReadonlyMap<string, Pick<ScenarioBlock, "round" | "author">>;

/** P1–P4, as the vectors' format states them. */
function faultOfBlock(block: ScenarioBlock, known: Known, committee: Committee): string | undefined {
  if (known.has(block.id)) return "its id is taken";
  const authors = new Set<number>();
  let stake = 0;
  for (const [position, id] of block.ancestors.entries()) {
    const ancestor = known.get(id);
    if (ancestor === undefined) return `ancestor ${id} does not stand before it`;
    if (ancestor.round >= block.round) return `ancestor ${id} is not of an earlier round`;
    if ((ancestor.author === block.author) !== (position === 0)) return "the own previous block comes first, and once";
    if (authors.has(ancestor.author)) return "two ancestors of one author";
    authors.add(ancestor.author);
    if (ancestor.round === block.round - 1) stake += committee.validators[ancestor.author]?.stake ?? 0;
  }
  return stake >= committee.quorumStake ? undefined : "ancestors of the round before it are short of a quorum";
}

/** Every slot that blocks can decide has a leader. */
function faultOfSlots({ blocks, leaders, coins, params }: Scenario): string | undefined {
  const highest = blocks.reduce((round, block) => Math.max(round, block.round), 0);
  if (leaders.length < highest) return `leaders end before round ${highest}`;
  const lastFirstRound = highest - (params.coinWave - 1);
  const needed = Math.floor((lastFirstRound - params.firstCoinRound) / params.coinPeriod) + 1;
  return coins.length < needed ? `coins end before C(${needed - 1})` : undefined;
}
