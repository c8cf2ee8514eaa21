// Decides the views of a conformance vector with the engine's own commit rule: JSON in, JSON out. The file is read and
// the answer printed by the command line; nothing is kept from one view to the next.

import { type Rejection, type Result, ok, slotName } from "@selvedge/integrity";
import { Committer, type SlotLeaders, type Verdict, anchorRule } from "../commit/committer.ts";
import { Linearizer, type SubDag } from "../commit/linearizer.ts";
import { OutputSet } from "../commit/output-set.ts";
import { SlotOrder, coinSlot, leaderSlot } from "../commit/slot-order.ts";
import { DagState } from "../dag/dag-state.ts";
import type { SlotFamilies } from "../params.ts";
import { type Scenario, type ScenarioView, genesisIdsOf, parseScenario } from "./scenario.ts";

export interface ReplayResult {
  readonly views: readonly ViewResult[];
}

export interface ViewResult {
  /** By slot name: "commit ID", "skip" or "undecided". */
  readonly verdicts: Readonly<Record<string, string>>;
  readonly commits: readonly ReplayCommit[];
  /** The slot at which the output stops. */
  readonly next: string;
}

export interface ReplayCommit {
  readonly index: number;
  readonly slot: string;
  readonly leader: string;
  readonly blocks: readonly string[];
}

export function replayVector(json: unknown): Result<ReplayResult, Rejection> {
  const scenario = parseScenario(json);
  if (!scenario.ok) return scenario;
  return ok({ views: scenario.value.views.map((view) => evaluateView(scenario.value, view)) });
}

/** What experiments and tests may vary of the rule. */
export interface EvaluateOptions {
  readonly families: SlotFamilies;
  readonly anchorRule: typeof anchorRule;
}

const THE_RULE: EvaluateOptions = { families: "both", anchorRule };

export function evaluateView(scenario: Scenario, view: ScenarioView, options: EvaluateOptions = THE_RULE): ViewResult {
  const { committee, params } = scenario;
  const dag = dagOf(scenario, view);
  const order = new SlotOrder(params, options.families);
  const leaders = leadersOf(scenario, dag, order);
  const committer = new Committer({ committee, dag, order, leaders, anchorRule: options.anchorRule });
  committer.resolve(1);
  const linearizer = new Linearizer({
    committeeSize: committee.validators.length,
    order,
    gcDepth: params.gcDepth,
    output: new OutputSet(),
    resume: null,
  });
  const commits: ReplayCommit[] = [];
  for (let next = linearizer.next(verdictOf); next !== undefined; next = linearizer.next(verdictOf)) {
    commits.push(asJson(next));
  }
  return { verdicts: verdictsOf(committer, order, dag), commits, next: slotName(linearizer.state.cursor) };

  function verdictOf(slot: Parameters<Committer["verdictOf"]>[0]): Verdict {
    return committer.verdictOf(slot);
  }
}

/** The union of the histories of the view's tips, and genesis. */
function dagOf({ committee, blocks }: Scenario, { tips }: ScenarioView): DagState {
  const dag = new DagState({ genesisIds: genesisIdsOf(committee) });
  const isInView = new Set(tips);
  // Ancestors stand earlier in the list, so going backwards meets every block after all that refer to it.
  for (const { id, ancestors } of blocks.toReversed()) {
    if (isInView.has(id)) for (const ancestor of ancestors) isInView.add(ancestor);
  }
  for (const { id, round, author, ancestors } of blocks) {
    if (isInView.has(id)) dag.insert({ id, round, author, parentIds: ancestors, block: null });
  }
  return dag;
}

function leadersOf(
  { committee, leaders, coins, invalidShares }: Scenario,
  dag: DagState,
  order: SlotOrder,
): SlotLeaders {
  return {
    leaderOf: (round) => leaders[round - 1],
    coinOf: (coin) => {
      const sharers = dag.atRound(order.decisionRoundOf(coinSlot(coin))).filter(({ id }) => !invalidShares.has(id));
      const authors = new Set(sharers.map(({ author }) => author));
      let stake = 0;
      for (const author of authors) stake += committee.validators[author]?.stake ?? 0;
      return stake > committee.faultyStakeMax ? coins[coin] : undefined;
    },
  };
}

function verdictsOf(committer: Committer, order: SlotOrder, dag: DagState): Record<string, string> {
  const verdicts: Record<string, string> = {};
  for (let round = 1; round <= dag.highestRound; round += 1) {
    verdicts[slotName(leaderSlot(round))] = wordOf(committer.verdictOf(leaderSlot(round)));
  }
  for (let coin = 0; order.roundOf(coinSlot(coin)) <= dag.highestRound; coin += 1) {
    verdicts[slotName(coinSlot(coin))] = wordOf(committer.verdictOf(coinSlot(coin)));
  }
  return verdicts;
}

function wordOf(verdict: Verdict): string {
  return verdict.type === "commit" ? `commit ${verdict.leader.id}` : verdict.type;
}

function asJson({ index, slot, leader, vertices }: SubDag): ReplayCommit {
  return { index, slot: slotName(slot), leader: leader.id, blocks: vertices.map(({ id }) => id) };
}
