// What an adversary gets of the world, and no more: every call is measured against its power and the budget. One seat for
// each adversary; they share one budget.

import { isDeepStrictEqual } from "node:util";
import { adversaryFailed } from "../adversary/adversary-error.ts";
import type { Adversary, AdversaryBudget, AdversaryWorld, Emission } from "../adversary/adversary.ts";
import { type BudgetLedger, hasPower } from "../adversary/budget.ts";
import type { Seated } from "../adversary/compose.ts";
import type { ChoiceStreams } from "../kernel/decisions.ts";
import { type Micros, microsOfMs, msOfMicros } from "../kernel/time.ts";
import type { OutgoingMessage } from "../protocol/message.ts";
import type { Process, ProtocolChain } from "../protocol/protocol.ts";
import type { SimNode } from "./sim-node.ts";
import type { Traffic } from "./traffic.ts";

export interface SeatSetup {
  readonly chain: ProtocolChain;
  readonly nodes: readonly SimNode[];
  readonly traffic: Traffic;
  readonly budget: BudgetLedger;
  readonly streams: ChoiceStreams;
  readonly nowUs: () => Micros;
  readonly schedule: (atUs: Micros, run: () => void) => void;
  /** From now on the node is the adversary's. */
  readonly corrupt: (node: SimNode) => void;
  readonly spawnTwin: (node: SimNode) => boolean;
  readonly acted: (adversary: string, what: string) => void;
  readonly enforced: (adversary: string) => void;
}

/** The least of what the scenario and each adversary allow. */
export function mergedBudget(budgets: readonly AdversaryBudget[]): AdversaryBudget {
  const merged: { nodes?: number; stake?: number; messages?: number; delayMs?: number } = {};
  for (const name of ["nodes", "stake", "messages", "delayMs"] as const) {
    const limits = budgets.flatMap((budget) => budget[name] ?? []);
    if (limits.length > 0) merged[name] = Math.min(...limits);
  }
  return merged;
}

/** Corrupts the nodes that each asks for, within the budget, and gives each its view of the world. */
export function seat(
  adversaries: readonly Adversary[],
  actors: readonly string[],
  setup: SeatSetup,
): readonly Seated[] {
  return adversaries.map((adversary, position) => {
    const actor = actors[position] ?? adversary.name;
    for (const index of adversary.nodes ?? []) {
      mustBeMember(index, adversary, setup);
      tryCorrupt(index, setup);
    }
    return { adversary: credited(adversary, actor, setup), world: worldOf({ adversary, actor, position }, setup) };
  });
}

function mustBeMember(index: number, { name }: Adversary, { chain: { size } }: SeatSetup): void {
  if (index >= 0 && index < size) return;
  throw adversaryFailed(`adversary ${name}: its nodes name ${index}, and the committee has nodes 0 to ${size - 1}`);
}

/** The same adversary under the name of the actor; what it changes in emissions and keeps from processes is noted. */
function credited(adversary: Adversary, actor: string, { chain, enforced }: SeatSetup): Adversary {
  const { name, power, nodes, budget } = adversary;
  return {
    name: actor,
    power,
    ...(nodes !== undefined && { nodes }),
    ...(budget !== undefined && { budget }),
    ...(adversary.start !== undefined && { start: (world) => adversary.start?.(world) }),
    ...(adversary.onMessage !== undefined && { onMessage: (message, world) => adversary.onMessage?.(message, world) }),
    ...(adversary.onEmit !== undefined && {
      onEmit: (node, emission, world) => {
        const emissions = adversary.onEmit?.(node, emission, world);
        // What is the same goes as it is, and not as the adversary put it together.
        if (emissions === undefined || isAsItWas(emissions, emission)) return undefined;
        enforced(actor);
        return emissions.map((each) => (each.body === emission.body ? each : readable(each, { name, chain })));
      },
    }),
    ...(adversary.onReceive !== undefined && {
      onReceive: (node, message, world) => {
        const isPassed = adversary.onReceive?.(node, message, world);
        if (isPassed === false) enforced(actor);
        return isPassed;
      },
    }),
  };
}

/** With the blocks that its body has, for whoever is asked next. Throws if no process can be handed such a body. */
function readable(emission: Emission, who: { readonly name: string; readonly chain: ProtocolChain }): Emission {
  demandBody(emission.body, "onEmit answered", who);
  return { ...emission, blocks: who.chain.blocksOf(emission) };
}

function demandBody(
  body: unknown,
  where: string,
  { name, chain }: { readonly name: string; readonly chain: ProtocolChain },
): void {
  const fault = chain.bodyFault(body);
  if (fault !== undefined)
    throw adversaryFailed(`adversary ${name}: ${where} a message without sense: its body: ${fault}`);
}

/** Nothing else leaves the node than without the adversary. */
function isAsItWas(emissions: readonly Emission[], { to, kind, sizeBytes, body }: Emission): boolean {
  const [first] = emissions;
  return (
    first !== undefined &&
    emissions.length === 1 &&
    first.to === to &&
    first.kind === kind &&
    first.sizeBytes === sizeBytes &&
    isDeepStrictEqual(first.body, body)
  );
}

function tryCorrupt(index: number, { nodes, budget, corrupt }: SeatSetup): boolean {
  const node = nodes[index];
  if (node === undefined) return false;
  if (node.isCorrupted) return true;
  if (!budget.spendNode(index)) return false;
  corrupt(node);
  return true;
}

function corruptLater({ adversary: { power }, actor }: Place, index: number, setup: SeatSetup): boolean {
  const node = setup.nodes[index];
  if (!hasPower(power, "adaptive")) setup.budget.refuse("corrupt without adaptive power");
  else if (node === undefined) setup.budget.refuse("corrupt a node that is not there");
  else if (!node.isCorrupted && tryCorrupt(index, setup)) setup.enforced(actor);
  return hasPower(power, "adaptive") && node?.isCorrupted === true;
}

function anyProcess(nodes: readonly SimNode[]): Process | undefined {
  return nodes.find(({ process }) => process !== undefined)?.process;
}

/** Nothing that is under way is shown to the oblivious. */
function heldPorts({ power }: Adversary, { traffic, budget }: SeatSetup): Pick<AdversaryWorld, "held" | "release"> {
  if (hasPower(power, "timing"))
    return { held: () => traffic.held(power), release: (which) => traffic.release(power, which) };
  return {
    held: () => {
      budget.refuse("held without timing power");
      return [];
    },
    release: () => {
      budget.refuse("release without timing power");
      return 0;
    },
  };
}

interface Place {
  readonly adversary: Adversary;
  /** By what name results tell of it. */
  readonly actor: string;
  readonly position: number;
}

function worldOf(place: Place, setup: SeatSetup): AdversaryWorld {
  const { adversary, actor, position } = place;
  const { chain, nodes, traffic, budget, streams, nowUs } = setup;
  const choices = streams.of(`adversary/${position}/${adversary.name}`);
  const corruptedNode = (index: number): SimNode | undefined => {
    const node = nodes[index];
    if (node?.isCorrupted === true) return node;
    budget.refuse("speak for an honest node");
    return undefined;
  };
  const sendAs = (index: number, message: OutgoingMessage): boolean => {
    const node = corruptedNode(index);
    if (node === undefined || node.state === "frozen") return false;
    traffic.sendAs(node, message);
    setup.enforced(actor);
    return true;
  };
  return {
    nowMs: () => msOfMicros(nowUs()),
    size: chain.size,
    faultyStakeMax: chain.faultyStakeMax,
    quorumStake: chain.quorumStake,
    committee: chain.committee,
    choices,
    corrupted: () => new Set(nodes.filter(({ isCorrupted }) => isCorrupted).map(({ index }) => index)),
    isUp: (index) => nodes[index]?.isUp === true,
    knownLeader: (round) => chain.knownLeader(round, anyProcess(nodes)),
    highestRound: () => traffic.highestRoundFor(adversary.power),
    corrupt: (index) => corruptLater(place, index, setup),
    spawnTwin: (index) => {
      const node = corruptedNode(index);
      return node !== undefined && setup.spawnTwin(node);
    },
    ...heldPorts(adversary, setup),
    after: (ms, run) => setup.schedule(nowUs() + Math.max(0, microsOfMs(ms)), run),
    sendAs: (index, message) => {
      demandBody(message.body, "sendAs was given", { name: adversary.name, chain });
      return sendAs(index, message);
    },
    sendBlocksAs: (index, to, blocks) => sendAs(index, forgeryOf(chain).blocksMessage(to, blocks)),
    withBlocks: (emission, blocks) => ({ ...forgeryOf(chain).withBlocks(emission, blocks), blocks }) satisfies Emission,
    feed: (index, blocks) => {
      const node = corruptedNode(index);
      const from = blocks[0]?.ref.author ?? index;
      if (node === undefined || !node.isUp) return false;
      const message = forgeryOf(chain).blocksMessage(index, blocks);
      node.run(() => node.process?.receive({ ...message, id: 0, from, sentAtUs: nowUs() }));
      return true;
    },
    makeUpdate: (draft) => chain.makeUpdate?.(draft, anyProcess(nodes) ?? null) ?? null,
    forge: (index, draft) => {
      const node = corruptedNode(index);
      return node === undefined ? null : forgeryOf(chain).forge(index, draft, node.clock.readMs(nowUs()));
    },
    sendBytesAs: (index, to, bytes) => sendAs(index, forgeryOf(chain).bytesMessage(to, bytes)),
    acted: (what) => setup.acted(actor, what),
  };
}

function forgeryOf(chain: ProtocolChain): NonNullable<ProtocolChain["forgery"]> {
  if (chain.forgery !== null) return chain.forgery;
  throw adversaryFailed(`the protocol ${chain.protocol} has no blocks that could be forged`);
}
