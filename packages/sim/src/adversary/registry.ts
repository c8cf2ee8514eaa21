// The named behaviours, in the order of the handbook, and how one of a scenario becomes an adversary for one run.

import { suggestion } from "../scenario/nearest-name.ts";
import { nodesOf } from "../scenario/nodes.ts";
import type { BehaviourSpec } from "../scenario/schema.ts";
import { AdversaryError } from "./adversary-error.ts";
import type { Adversary } from "./adversary.ts";
import type { BehaviourDefinition } from "./behaviour-definition.ts";
import { readOptions } from "./behaviour-options.ts";
import { windowed } from "./behaviour-window.ts";
import { ackLiar } from "./behaviour/ack-liar.ts";
import { adaptiveLeader } from "./behaviour/adaptive-leader.ts";
import { chainBomb } from "./behaviour/chain-bomb.ts";
import { coinShareGarbage } from "./behaviour/coin-share-garbage.ts";
import { coinShareWithholder } from "./behaviour/coin-share-withholder.ts";
import { crashRecover } from "./behaviour/crash-recover.ts";
import { deviceCensor } from "./behaviour/device-censor.ts";
import { doubleSigner } from "./behaviour/double-signer.ts";
import { equivocatorFlood } from "./behaviour/equivocator-flood.ts";
import { equivocator } from "./behaviour/equivocator.ts";
import { fieldMutator } from "./behaviour/field-mutator.ts";
import { garbage } from "./behaviour/garbage.ts";
import { headerWithoutPayload } from "./behaviour/header-without-payload.ts";
import { lateSender } from "./behaviour/late-sender.ts";
import { leaderHider } from "./behaviour/leader-hider.ts";
import { leaderScheduler } from "./behaviour/leader-scheduler.ts";
import { leaderShunner } from "./behaviour/leader-shunner.ts";
import { payloadWithholder } from "./behaviour/payload-withholder.ts";
import { randomScheduler } from "./behaviour/random-scheduler.ts";
import { referenceFlooder } from "./behaviour/reference-flooder.ts";
import { scoreLiar } from "./behaviour/score-liar.ts";
import { silent } from "./behaviour/silent.ts";
import { slowLinks } from "./behaviour/slow-links.ts";
import { splitBrain } from "./behaviour/split-brain.ts";
import { staleReplay } from "./behaviour/stale-replay.ts";
import { staller } from "./behaviour/staller.ts";
import { timestampLiar } from "./behaviour/timestamp-liar.ts";
import { twins } from "./behaviour/twins.ts";
import { voteSplitter } from "./behaviour/vote-splitter.ts";
import { wrongParents } from "./behaviour/wrong-parents.ts";

export const BEHAVIOURS: readonly BehaviourDefinition[] = [
  silent,
  crashRecover,
  lateSender,
  staller,
  leaderHider,
  leaderShunner,
  voteSplitter,
  equivocator,
  equivocatorFlood,
  twins,
  splitBrain,
  doubleSigner,
  chainBomb,
  payloadWithholder,
  headerWithoutPayload,
  referenceFlooder,
  wrongParents,
  fieldMutator,
  garbage,
  staleReplay,
  coinShareGarbage,
  coinShareWithholder,
  timestampLiar,
  ackLiar,
  scoreLiar,
  deviceCensor,
  leaderScheduler,
  randomScheduler,
  slowLinks,
  adaptiveLeader,
];

/** What of the committee a behaviour is told beforehand. */
export interface BehaviourSetting {
  readonly size: number;
  readonly faultyStakeMax: number;
  readonly stakes: readonly number[];
}

/** Fresh for one run: behaviours keep state. Throws AdversaryError. */
export function createBehaviour(spec: BehaviourSpec, setting: BehaviourSetting): Adversary {
  const definition = behaviourNamed(spec.name);
  const { fromMs = 0, toMs = Number.POSITIVE_INFINITY } = spec;
  if (toMs <= fromMs) {
    throw new AdversaryError(
      "SIM_BEHAVIOUR_TARGET",
      `behaviour ${spec.name}: the window from ${fromMs} to ${toMs} ms is empty`,
    );
  }
  const nodes = nodesThrough(definition, spec, setting);
  const hooks = definition.create({ ...setting, nodes: nodes ?? [], ...readOptions(definition, spec.options ?? {}) });
  return windowed(definition, hooks, { fromMs, toMs, nodes });
}

/** Throws SIM_BEHAVIOUR_UNKNOWN with the name that was probably meant. */
export function behaviourNamed(name: string): BehaviourDefinition {
  const definition = BEHAVIOURS.find((candidate) => candidate.name === name);
  if (definition !== undefined) return definition;
  const names = BEHAVIOURS.map((candidate) => candidate.name);
  throw new AdversaryError("SIM_BEHAVIOUR_UNKNOWN", `there is no behaviour ${name}${suggestion(name, names)}`);
}

/** Null: not through nodes of its own. Nodes not named: the last ones, as many as the committee must bear. */
function nodesThrough(
  { name, through }: BehaviourDefinition,
  spec: BehaviourSpec,
  { size, stakes, faultyStakeMax }: BehaviourSetting,
): readonly number[] | null {
  if (through !== "nodes") {
    if (spec.nodes === undefined) return null;
    const whose = through === "network" ? "is the network's and has no nodes" : "picks its victims itself";
    throw new AdversaryError("SIM_BEHAVIOUR_TARGET", `behaviour ${name} ${whose}: leave \`nodes\` out`);
  }
  const nodes = spec.nodes === undefined ? lastWithin(stakes, faultyStakeMax) : nodesOf(spec.nodes, size);
  if (nodes.length > 0) return nodes;
  throw new AdversaryError(
    "SIM_BEHAVIOUR_TARGET",
    `behaviour ${name} has no node to act through in a committee of ${size}`,
  );
}

/** Of the committee's last nodes as many as hold no more than this stake together. */
export function lastWithin(stakes: readonly number[], stakeMax: number): readonly number[] {
  const chosen: number[] = [];
  let stake = 0;
  for (let node = stakes.length - 1; node >= 0; node -= 1) {
    stake += stakes[node] ?? 0;
    if (stake > stakeMax) break;
    chosen.unshift(node);
  }
  return chosen;
}
