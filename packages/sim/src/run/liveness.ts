// Liveness as TigerBeetle's VOPR tests it: after the chaos a quorum core of honest validators is kept, everybody else is
// frozen, the network heals, and the core must commit new transactions within a bound.

import { DEFAULT_LOCAL_PARAMS } from "@selvedge/consensus";
import { hotStuffParams } from "../baseline/hotstuff/params.ts";
import type { Choices } from "../kernel/decisions.ts";
import { MICROS_PER_MS, type Micros, microsOfMs, msOfMicros } from "../kernel/time.ts";
import type { Observed } from "../protocol/observation.ts";
import type { NetworkSpec, Scenario } from "../scenario/schema.ts";
import type { SimNode } from "../world/sim-node.ts";
import type { World } from "../world/world.ts";
import type { Finding } from "./result.ts";
import type { Workload } from "./workload.ts";

const PROBE_EVERY_US: Micros = 500 * MICROS_PER_MS;
/** What a computed bound grants: time to catch up, and so many of the longest transit and of the leader timeout. */
const BOUND_BASE_US: Micros = 10_000 * MICROS_PER_MS;
const BOUND_TRANSITS = 100;
const BOUND_TIMEOUTS = 40;

export interface RecoverySetup {
  readonly scenario: Scenario;
  readonly world: World;
  readonly workload: Workload;
  readonly choices: Choices;
  /** Crashed for good by the scenario: nobody revives them. */
  readonly isGone: (node: SimNode) => boolean;
}

export interface Recovery {
  readonly finding: Finding | undefined;
  readonly recoveryMs: number | null;
}

/** Tells which nodes of the core have committed a probe. */
export class ProbeWatch {
  readonly #reached = new Set<number>();
  readonly #probes = new Set<number>();
  #idOf: (transaction: Uint8Array) => number | undefined;

  constructor(idOf: (transaction: Uint8Array) => number | undefined) {
    this.#idOf = idOf;
  }

  get reached(): ReadonlySet<number> {
    return this.#reached;
  }

  add(id: number): void {
    this.#probes.add(id);
  }

  onObserved(observed: Observed): void {
    if (observed.type !== "committed" || this.#probes.size === 0 || this.#reached.has(observed.node)) return;
    const hasProbe = observed.transactions.some((transaction) => {
      const id = this.#idOf(transaction);
      return id !== undefined && this.#probes.has(id);
    });
    if (hasProbe) this.#reached.add(observed.node);
  }
}

export function demandRecovery(setup: RecoverySetup, watch: ProbeWatch): Recovery {
  const { scenario, world, workload, isGone } = setup;
  const startUs = world.nowUs();
  const boundUs = boundOf(scenario, world);
  world.heal(healed(scenario.network));
  for (const node of world.nodes) if (node.isCorrupted || isGone(node)) world.freeze(node);
  for (const node of world.nodes) if (!node.isCorrupted && !isGone(node)) world.revive(node);
  const candidates = world.nodes.filter(
    (node) => node.isUp && !node.isCorrupted && (node.process?.status().impediment ?? null) === null,
  );
  const core = coreOf(candidates, setup);
  if (core === undefined) {
    const detail = `${candidates.length} of ${world.nodes.length} validators are honest, whole and running: less than a quorum`;
    return { finding: stalled("no-quorum", detail, startUs), recoveryMs: null };
  }
  for (const node of world.nodes) if (!core.includes(node) && node.state !== "frozen") world.freeze(node);
  const isDone = (): boolean => core.every(({ index }) => watch.reached.has(index));
  probe(core, { world, workload, watch, untilUs: startUs + boundUs });
  world.runUntil(startUs + boundUs, isDone);
  if (isDone()) return { finding: undefined, recoveryMs: msOfMicros(world.nowUs() - startUs) };
  const missing = core.filter(({ index }) => !watch.reached.has(index)).map(({ index }) => index);
  const detail = `validators ${missing.join(", ")} of the core committed nothing new within ${msOfMicros(boundUs)} ms of healing`;
  return { finding: stalled("recovery", detail, world.nowUs()), recoveryMs: null };
}

function probe(
  core: readonly SimNode[],
  context: {
    readonly world: World;
    readonly workload: Workload;
    readonly watch: ProbeWatch;
    readonly untilUs: Micros;
  },
): void {
  const { world, workload, watch, untilUs } = context;
  const atUs = world.nowUs();
  if (atUs > untilUs) return;
  world.schedule(atUs, () => {
    for (const node of core) watch.add(workload.probe(node));
  });
  world.schedule(atUs + PROBE_EVERY_US, () => probe(core, context));
}

/** Undefined if the candidates have no quorum. */
function coreOf(
  candidates: readonly SimNode[],
  { scenario, world, choices }: RecoverySetup,
): readonly SimNode[] | undefined {
  const kind = scenario.liveness?.core ?? "random";
  const drawn = kind === "random" ? choices.shuffled(candidates) : candidates;
  // Who asks may turn out to have forgotten, and to recover it may need those who would be frozen: others come first.
  const order = [...drawn.filter((node) => !isAsking(node)), ...drawn.filter(isAsking)];
  const core: SimNode[] = [];
  let stake = 0;
  for (const node of order) {
    if (kind !== "all" && stake >= world.chain.quorumStake) break;
    core.push(node);
    stake += world.chain.stakes[node.index] ?? 0;
  }
  if (stake < world.chain.quorumStake) return undefined;
  return core.sort((left, right) => left.index - right.index);
}

function isAsking({ process }: SimNode): boolean {
  return process?.status().isAsking === true;
}

function boundOf({ liveness, protocol }: Scenario, { traffic }: World): Micros {
  if (liveness?.boundMs !== undefined) return microsOfMs(liveness.boundMs);
  const local = protocol.local ?? {};
  const timeoutUs =
    protocol.name === "hotstuff"
      ? hotStuffParams(local).timeoutUs
      : microsOfMs(local["leaderTimeoutMs"] ?? DEFAULT_LOCAL_PARAMS.leaderTimeoutMs);
  return BOUND_BASE_US + BOUND_TRANSITS * traffic.longestTransitUs + BOUND_TIMEOUTS * timeoutUs;
}

/** The same links without loss, duplicates, disorder and damage. */
function healed({ latency, bandwidth, access, isFifo }: NetworkSpec): NetworkSpec {
  return {
    latency,
    ...(bandwidth !== undefined && { bandwidth: withoutBuffer(bandwidth) }),
    ...(access !== undefined && { access }),
    ...(isFifo !== undefined && { isFifo }),
  };
}

function withoutBuffer(bandwidth: NonNullable<NetworkSpec["bandwidth"]>): NonNullable<NetworkSpec["bandwidth"]> {
  const { bufferBytes: _bufferBytes, ...rest } = bandwidth;
  return rest;
}

function stalled(kind: string, detail: string, atUs: Micros): Finding {
  return { verdict: "STALLED", class: kind, detail, node: null, atMs: msOfMicros(atUs) };
}
