// The slots of a run: who led each, what became of it, and the votes, blames and certificates in the blocks of the trace.
// Leaders of slots that emitted nothing follow from the chain's schedule, which the commits of the trace drive. Tallies
// count all blocks of the trace: what one node had seen when it decided may have been less.

import { type SlotOfHistory, epochSeedOf, slotHistory } from "@selvedge/consensus";
import {
  type ChainId,
  type Epoch,
  DEFAULT_PROTOCOL_PARAMS,
  type ProtocolParams,
  type Slot,
  createCommittee,
  digestFromHex,
  epoch,
  isDigestHex,
  mustExist,
  portableCrypto,
  slotName,
  unsoundParams,
} from "@selvedge/integrity";
import type { Scenario } from "../scenario/schema.ts";
import type { TraceLineOf } from "../trace/trace-event.ts";
import { chainOfCommits } from "./commit-chain.ts";
import { firstAt } from "./commits-seen.ts";
import { type SlotTally, tallySlot } from "./slot-tally.ts";
import type { SlotState, ViewBlocks, ViewCommit, ViewSlot } from "./view-data.ts";

export interface SlotsSetup {
  readonly scenario: Scenario;
  readonly stakes: readonly number[];
  readonly quorumStake: number;
  readonly chain: TraceLineOf<"chain"> | undefined;
  readonly blocks: ViewBlocks;
  readonly commits: readonly ViewCommit[];
}

export interface SlotsFound {
  readonly slots: readonly ViewSlot[];
  readonly notes: readonly string[];
}

const FAMILIES = { selvedge: "both", "p-only": "p-only", "c-only": "c-only" } as const;
const SLOT = /^([PC])(\d{1,9})$/;
const P_WAVE = 3;

export function slotsOf(setup: SlotsSetup): SlotsFound {
  const { protocol } = setup.scenario;
  const families = familiesOf(protocol.name);
  if (families === undefined) return { slots: setup.commits.map(plainSlot), notes: [] };
  const params = { ...DEFAULT_PROTOCOL_PARAMS, ...protocol.params };
  const chain = chainOf(setup.chain);
  if (chain === undefined || unsoundParams(params) !== undefined) {
    return {
      slots: setup.commits.map(plainSlot),
      notes: ["the trace does not tell the chain: skipped slots are not shown"],
    };
  }
  const { slots, isWhole } = withLeaders(setup, { params, families, ...chain });
  return {
    slots,
    notes: isWhole ? [] : ["commits do not follow upon one another: slots are shown to a point only"],
  };
}

interface Chain {
  readonly chainId: ChainId;
  readonly epoch: Epoch;
}

interface Rules extends Chain {
  readonly params: ProtocolParams;
  readonly families: Families;
}

type Families = (typeof FAMILIES)[keyof typeof FAMILIES];

function familiesOf(protocol: string): Families | undefined {
  return Object.entries(FAMILIES).find(([name]) => name === protocol)?.[1];
}

function chainOf(line: SlotsSetup["chain"]): Chain | undefined {
  if (line === undefined || !isDigestHex(line.chainId)) return undefined;
  return { chainId: digestFromHex<ChainId>(line.chainId), epoch: epoch(line.epoch) };
}

function withLeaders(
  setup: SlotsSetup,
  rules: Rules,
): { readonly slots: readonly ViewSlot[]; readonly isWhole: boolean } {
  const { blocks, stakes, quorumStake, commits } = setup;
  const emitted = emittedIn(commits, rules.params);
  const order = byRound(blocks);
  const history = historyOf(setup, { rules, emitted, order });
  const passedAt = timesOfPassing(history, emitted);
  const dag = { blocks, stakes, quorumStake, byRound: groupedByRound(blocks, order) };
  const slots = history.map(({ slot, round, author, commitIndex, isPassed }, position): ViewSlot => {
    const wave = slot.kind === "P" ? P_WAVE : rules.params.coinWave;
    const tally = tallySlot(dag, { kind: slot.kind, round, author, wave });
    const commit = commitIndex === null ? null : commits.indexOf(at(emitted, commitIndex - 1).commit);
    const state = stateOf({ slot, isPassed, isEmitted: commit !== null, tally });
    return {
      name: slotName(slot),
      kind: slot.kind,
      round,
      author,
      state,
      commit,
      at: at(passedAt, position),
      ...tally.lists,
    };
  });
  const emittedCount = history.filter(({ commitIndex }) => commitIndex !== null).length;
  return { slots, isWhole: emittedCount === chainOfCommits(commits).length };
}

interface Emitted {
  readonly commit: ViewCommit;
  readonly slot: Slot;
}

/** Up to the first commit that does not fit its slot: a trace may say anything. */
function emittedIn(commits: readonly ViewCommit[], { firstCoinRound, coinPeriod }: ProtocolParams): readonly Emitted[] {
  const emitted: Emitted[] = [];
  for (const commit of chainOfCommits(commits)) {
    const slot = slotOfName(commit.slot);
    const round = slot?.kind === "C" ? firstCoinRound + slot.number * coinPeriod : slot?.number;
    if (slot === undefined || commit.leader < 0 || round !== commit.round) break;
    emitted.push({ commit, slot });
  }
  return emitted;
}

interface Course {
  readonly rules: Rules;
  readonly emitted: readonly Emitted[];
  /** Positions of blocks, by round. */
  readonly order: readonly number[];
}

function historyOf({ blocks, stakes }: SlotsSetup, { rules, emitted, order }: Course): readonly SlotOfHistory[] {
  const { sha256 } = portableCrypto;
  return slotHistory({
    ...rules,
    sha256,
    committee: createCommittee(
      rules.epoch,
      stakes.map((stake) => ({ stake, publicKey: new Uint8Array(0) })),
    ),
    epochSeed: epochSeedOf(sha256, rules),
    blocks: order.map((position) => ({
      id: String(position),
      round: at(blocks.round, position),
      author: at(blocks.author, position),
      parentIds: at(blocks.parents, position).map(String),
    })),
    commits: emitted.map(({ commit, slot }) => ({ slot, leaderId: String(commit.leader) })),
  });
}

interface Passing {
  readonly slot: Slot;
  readonly isPassed: boolean;
  readonly isEmitted: boolean;
  readonly tally: SlotTally;
}

function stateOf({ slot, isPassed, isEmitted, tally }: Passing): SlotState {
  if (isEmitted) return "commit";
  if (!isPassed) return "open";
  if (slot.kind === "C") return "void";
  return tally.isCertified ? "earlier" : "skip";
}

/** The output passes a slot, for all to see, with the next commit that comes of it. */
function timesOfPassing(history: readonly SlotOfHistory[], emitted: readonly Emitted[]): readonly number[] {
  const passedAt: number[] = [];
  let next = -1;
  for (const { commitIndex } of history.toReversed()) {
    if (commitIndex !== null) next = firstAt(at(emitted, commitIndex - 1).commit.at);
    passedAt.push(next);
  }
  return passedAt.reverse();
}

function plainSlot(commit: ViewCommit, position: number): ViewSlot {
  return {
    name: commit.slot,
    kind: commit.slot.startsWith("P") ? "P" : commit.slot.startsWith("C") ? "C" : "other",
    round: commit.round,
    author: commit.author,
    state: "commit",
    commit: position,
    at: firstAt(commit.at),
    votes: [],
    blames: [],
    certificates: [],
  };
}

function slotOfName(name: string): Slot | undefined {
  const match = SLOT.exec(name);
  if (match === null) return undefined;
  return { kind: match[1] === "C" ? "C" : "P", number: Number(match[2]) };
}

function byRound({ round }: ViewBlocks): readonly number[] {
  return round.map((_, position) => position).sort((left, right) => at(round, left) - at(round, right) || left - right);
}

function groupedByRound({ round }: ViewBlocks, order: readonly number[]): ReadonlyMap<number, readonly number[]> {
  const groups = new Map<number, number[]>();
  for (const position of order) {
    const group = groups.get(at(round, position));
    if (group === undefined) groups.set(at(round, position), [position]);
    else group.push(position);
  }
  return groups;
}

function at<Item>(items: readonly Item[], position: number): Item {
  return mustExist(items[position], "the position is within the list");
}
