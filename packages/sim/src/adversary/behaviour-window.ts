// Gates the hooks of one behaviour by nodes and by a window of time [fromMs, toMs), and names the result. Every behaviour
// of a scenario goes through here, so that all of them compose in the same way.

import type { Adversary, AdversaryWorld, Emission, MessageView } from "./adversary.ts";
import type { BehaviourDefinition, BehaviourHooks } from "./behaviour-definition.ts";

export interface BehaviourWindow {
  readonly fromMs: number;
  /** Infinity: to the end of the run. */
  readonly toMs: number;
  /** Null: whichever nodes are corrupted when it acts. */
  readonly nodes: readonly number[] | null;
}

export function windowed(definition: BehaviourDefinition, hooks: BehaviourHooks, window: BehaviourWindow): Adversary {
  const { name, power } = definition;
  const nodes = window.nodes === null ? null : new Set(window.nodes);
  const isOurs = (node: number): boolean => nodes === null || nodes.has(node);
  const isNow = (world: AdversaryWorld): boolean => {
    const nowMs = world.nowMs();
    return nowMs >= window.fromMs && nowMs < window.toMs;
  };
  const { onMessage, onEmit, onEmitOutside, onReceive } = hooks;
  return {
    name,
    power,
    ...(window.nodes === null ? {} : { nodes: window.nodes }),
    start: (world) => begin(hooks, window, world),
    ...(onMessage && {
      onMessage: (message: MessageView, world: AdversaryWorld) =>
        isNow(world) ? onMessage(message, world) : undefined,
    }),
    ...(onEmit && {
      onEmit: (node: number, emission: Emission, world: AdversaryWorld) => {
        if (!isOurs(node)) return undefined;
        return isNow(world) ? onEmit(node, emission, world) : onEmitOutside?.(node, emission, world);
      },
    }),
    ...(onReceive && {
      onReceive: (node: number, message: MessageView, world: AdversaryWorld) =>
        isOurs(node) && isNow(world) ? onReceive(node, message, world) : undefined,
    }),
  };
}

function begin({ start, stop }: BehaviourHooks, { fromMs, toMs }: BehaviourWindow, world: AdversaryWorld): void {
  if (start !== undefined && fromMs === 0) start(world);
  if (start !== undefined && fromMs > 0) world.after(fromMs, () => start(world));
  if (stop !== undefined && toMs < Number.POSITIVE_INFINITY) world.after(toMs, () => stop(world));
}
