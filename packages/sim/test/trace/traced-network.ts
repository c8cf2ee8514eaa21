// A run of the engine's own test network as a trace: what the reader, the exports and the viewer are tried on without a
// scenario. Blocks carry a transaction now and then; nodes may be run as twins, or crash for a while.

import type { CommitEffect, Effect } from "@selvedge/consensus";
import { type NetworkOptions, type TestHost, TestNetwork } from "@selvedge/consensus/testing";
import type { Observation } from "../../src/protocol/observation.ts";
import type { Scenario } from "../../src/scenario/schema.ts";
import { type TraceWriterOptions, createTraceWriter } from "../../src/trace/trace-writer.ts";
import { SCENARIO_EXAMPLE } from "./example-scenario.ts";

export interface TracedOptions extends NetworkOptions {
  readonly untilMs: number;
  readonly scenario?: Partial<Scenario>;
  readonly writer?: Partial<TraceWriterOptions>;
  /** Node, and when it is down. */
  readonly crash?: readonly [number, number, number];
}

export function tracedNetwork(options: TracedOptions): string {
  const lines: string[] = [];
  const { size, untilMs } = options;
  const scenario: Scenario = {
    ...SCENARIO_EXAMPLE,
    durationMs: untilMs,
    committee: { size },
    ...options.scenario,
  };
  const writer = createTraceWriter({ scenario, sink: (line) => lines.push(line), ...options.writer });
  const { observer } = writer;
  let id = 0;
  const network: TestNetwork = new TestNetwork({
    local: { idleRoundDelayMs: 20 },
    ...options,
    delay: (message, random) => {
      const delayMs = options.delay?.(message, random) ?? 10 + random.below(20);
      const sentAtUs = network.nowMs * 1000;
      const envelope = {
        id: (id += 1),
        from: message.from,
        to: message.to,
        kind: message.type,
        sizeBytes: 500,
        body: null,
        sentAtUs,
      };
      observer.onSent?.(envelope);
      network.schedule(delayMs, () => observer.onDelivered?.(envelope, network.nowMs * 1000));
      return delayMs;
    },
  });
  for (const host of network.hosts)
    watch(host, (node, observation) => {
      observer.onObserved?.({ ...observation, node, atUs: network.nowMs * 1000 });
    });
  network.start();
  if (options.crash !== undefined) crash(network, options.crash, observer.onLifecycle);
  for (const [position, host] of network.hosts.entries()) submitOften(host, network, position);
  network.runUntil(untilMs);
  return lines.join("");
}

/** Twins get different transactions, and so sign different blocks. */
function submitOften(host: TestHost, network: TestNetwork, position: number): void {
  const submit = (): void => {
    host.feed({
      type: "localContent",
      transactions: [Uint8Array.of(position, network.nowMs & 0xff)],
      updates: [],
      control: [],
    });
    network.schedule(180, submit);
  };
  network.schedule(10 * position + 1, submit);
}

function crash(
  network: TestNetwork,
  [node, fromMs, toMs]: readonly [number, number, number],
  tell: ReturnType<typeof createTraceWriter>["observer"]["onLifecycle"],
): void {
  network.schedule(fromMs, () => {
    network.host(node).crash();
    tell?.(node, "down", network.nowMs * 1000);
  });
  network.schedule(toMs, () => {
    network.host(node).start();
    tell?.(node, "up", network.nowMs * 1000);
  });
}

function watch(host: TestHost, observe: (node: number, observation: Observation) => void): void {
  const node = Number(host.index);
  let round = 0;
  host.onStep = (_, effects) => {
    for (const observation of effects.flatMap(observationsOf)) observe(node, observation);
    const now = host.engine?.status().round ?? round;
    if (now !== round) observe(node, { type: "round", round: (round = now) });
  };
}

function observationsOf(effect: Effect): readonly Observation[] {
  if (effect.type === "commit") return [committed(effect)];
  if (effect.type === "report") return [{ type: "reported", fault: effect.fault.type, about: null, detail: "" }];
  if (effect.type !== "persist") return [];
  return effect.blocks.flatMap((block): readonly Observation[] => {
    const { round, digest } = block.ref;
    const accepted: Observation = { type: "accepted", block };
    return digest === effect.signed?.digest ? [{ type: "signed", round, digest, block }, accepted] : [accepted];
  });
}

function committed({ sealed, blocks }: CommitEffect): Observation {
  const { index, previous, slot, leader } = sealed.commit;
  return {
    type: "committed",
    index,
    digest: sealed.digest,
    parentDigest: previous,
    blocks,
    transactions: blocks.flatMap(({ body }) => body.transactions),
    leader: { round: leader.round, author: leader.author },
    slot: `${slot.kind}${slot.number}`,
  };
}
