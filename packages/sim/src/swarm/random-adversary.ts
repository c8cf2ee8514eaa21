// Random villains: one to three behaviours for each corrupted node, sometimes one that rules the network, sometimes one
// that picks its victims as it goes. Options are drawn from what each behaviour declares.

import type { BehaviourDefinition, OptionSpec } from "../adversary/behaviour-definition.ts";
import type { BehaviourSpec, Scenario } from "../scenario/schema.ts";
import type { ScenarioPlan } from "./scenario-plan.ts";
import type { SwarmDraw } from "./swarm-draw.ts";

/** What the generator needs to know of a behaviour. */
export type BehaviourChoice = Pick<BehaviourDefinition, "name" | "through" | "options">;

export function randomAdversary(
  draw: SwarmDraw,
  plan: ScenarioPlan,
  menu: readonly BehaviourChoice[],
): Scenario["adversary"] {
  const corrupted = [...plan.doomed]
    .flatMap(([node, how]) => (how === "corrupted" ? [node] : []))
    .sort((left, right) => left - right);
  const network = draw.stream("network");
  const adaptive = draw.stream("adaptive");
  const behaviours = [
    ...corruptions(draw.stream("nodes"), { plan, corrupted, menu: menu.filter(({ through }) => through === "nodes") }),
    ...(network.chance(0.25)
      ? drawOne(
          network,
          plan,
          menu.filter(({ through }) => through === "network"),
        )
      : []),
    ...(plan.roaming > 0
      ? drawOne(
          adaptive,
          plan,
          menu.filter(({ through }) => through === "adaptive"),
        )
      : []),
  ];
  return { behaviours, budget: { nodes: corrupted.length + plan.roaming } };
}

interface Corruption {
  readonly plan: ScenarioPlan;
  readonly corrupted: readonly number[];
  readonly menu: readonly BehaviourChoice[];
}

/** All corrupted nodes conspire in the same way, or each goes its own. */
function corruptions(draw: SwarmDraw, { plan, corrupted, menu }: Corruption): BehaviourSpec[] {
  if (corrupted.length === 0) return [];
  const groups = draw.chance(0.5) ? [[...corrupted]] : corrupted.map((node) => [node]);
  return groups.flatMap((nodes) => composed(draw, menu).map((choice) => ({ ...specOf(draw, plan, choice), nodes })));
}

/** Villains that leave others on the same node little to alter: they keep its messages, or run its validator anew. */
const SOLITARY: ReadonlySet<string> = new Set([
  "silent",
  "staller",
  "crash-recover",
  "chain-bomb",
  "double-signer",
  "twins",
  "split-brain",
]);

function composed(draw: SwarmDraw, menu: readonly BehaviourChoice[]): readonly BehaviourChoice[] {
  const [first, ...others] = draw.shuffled(menu);
  if (first === undefined) return [];
  const more = SOLITARY.has(first.name) ? 0 : draw.pick([0, 0, 1, 2]);
  return [first, ...others.filter(({ name }) => !SOLITARY.has(name)).slice(0, more)];
}

function drawOne(draw: SwarmDraw, plan: ScenarioPlan, menu: readonly BehaviourChoice[]): BehaviourSpec[] {
  const [choice] = draw.shuffled(menu);
  return choice === undefined ? [] : [specOf(draw, plan, choice)];
}

function specOf(draw: SwarmDraw, plan: ScenarioPlan, { name, options }: BehaviourChoice): BehaviourSpec {
  const { durationMs } = plan;
  const drawn = options.flatMap((option) => {
    const isTooLong = option.type === "number" && isTime(option) && option.default > longestMs(plan);
    return isTooLong || draw.chance(0.5) ? [[option.name, valueOf(draw, option, plan)] as const] : [];
  });
  return {
    name,
    ...(draw.chance(0.3) ? { fromMs: Math.floor(durationMs * 0.3 * draw.fraction()) } : {}),
    ...(draw.chance(0.3) ? { toMs: Math.ceil(durationMs * (0.6 + 0.4 * draw.fraction())) } : {}),
    ...(drawn.length === 0 ? {} : { options: Object.fromEntries(drawn) }),
  };
}

/** A period or delay that lets a villain act several times in a run. */
function longestMs({ durationMs }: ScenarioPlan): number {
  return Math.ceil(durationMs / 6);
}

function isTime({ name }: OptionSpec): boolean {
  return name.endsWith("Ms") && name !== "offsetMs";
}

/** Numbers around their default, within their range. */
function valueOf(draw: SwarmDraw, option: OptionSpec, plan: ScenarioPlan): number | string | boolean {
  switch (option.type) {
    case "flag":
      return draw.chance(0.5);
    case "choice":
      return draw.shuffled(option.choices)[0] ?? option.default;
    case "number": {
      const most = isTime(option) ? Math.max(option.min, longestMs(plan)) : option.max;
      const value = Math.min(most, option.default) * draw.scaled(0.25, 4);
      const bounded = Math.min(Math.max(value, option.min), option.max, most);
      return option.isInteger === true ? Math.min(option.max, Math.ceil(bounded)) : Number(bounded.toPrecision(3));
    }
  }
}
