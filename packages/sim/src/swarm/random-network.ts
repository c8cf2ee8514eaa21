// A random network for a scenario: a latency model around the plan's typical delay and, each on its own, the troubles a
// link can have. Probabilities are such that a round still gets through now and then.

import type { LatencySpec, NetworkSpec } from "../scenario/schema.ts";
import type { ScenarioPlan } from "./scenario-plan.ts";
import type { SwarmDraw } from "./swarm-draw.ts";

export function randomNetwork(draw: SwarmDraw, plan: ScenarioPlan): NetworkSpec {
  const { delayMs, access } = plan;
  return {
    latency: randomLatency(draw.stream("latency"), delayMs),
    ...(access === undefined ? {} : { access: [...access.networks] }),
    ...loss(draw.stream("loss")),
    ...when(draw.stream("duplicate"), 0.25, (own) => ({ duplicateProbability: own.scaled(0.01, 0.3) })),
    ...when(draw.stream("reorder"), 0.25, (own) => ({ reorderProbability: own.scaled(0.02, 0.5) })),
    // Also how far a link fault reorders.
    reorderMs: Math.ceil(delayMs * draw.stream("reorder-by").scaled(1, 8)),
    ...when(draw.stream("corrupt"), 0.2, (own) => ({ corruptProbability: own.scaled(0.005, 0.08) })),
    ...when(draw.stream("fifo"), 0.2, () => ({ isFifo: false })),
    ...when(draw.stream("bandwidth"), 0.15, (own) => ({
      bandwidth: { egressMbps: own.scaled(5, 200), ...(own.chance(0.4) ? { ingressMbps: own.scaled(5, 200) } : {}) },
    })),
  };
}

function when<Part extends object>(
  draw: SwarmDraw,
  probability: number,
  make: (draw: SwarmDraw) => Part,
): Part | object {
  return draw.chance(probability) ? make(draw) : {};
}

function loss(draw: SwarmDraw): Pick<NetworkSpec, "loss"> {
  if (!draw.chance(0.35)) return {};
  if (draw.chance(0.6)) return { loss: { probability: draw.scaled(0.005, 0.12) } };
  return {
    loss: { burst: { enter: draw.scaled(0.005, 0.05), leave: draw.scaled(0.05, 0.5), loss: draw.scaled(0.2, 0.9) } },
  };
}

function randomLatency(draw: SwarmDraw, typicalMs: number): LatencySpec {
  const ms = (factor: number): number => Number((typicalMs * factor).toFixed(2));
  const models: readonly [() => LatencySpec, ...(() => LatencySpec)[]] = [
    () => ({ type: "constant", ms: typicalMs }),
    () => ({ type: "uniform", minMs: ms(0.2), maxMs: ms(1.8) }),
    () => ({ type: "normal", meanMs: typicalMs, stdMs: ms(0.3) }),
    () => ({ type: "logNormal", medianMs: typicalMs, sigma: draw.scaled(0.1, 1) }),
    () => ({ type: "exponential", minMs: ms(0.3), meanMs: typicalMs }),
    () => ({ type: "pareto", minMs: ms(0.6), shape: draw.scaled(1.5, 6) }),
    () => ({ type: "laplace", meanMs: typicalMs, scaleMs: ms(0.2) }),
    () => ({ type: "empirical", shares: [0, 0.5, 0.9, 1], ms: [ms(0.3), ms(1), ms(2), ms(6)] }),
  ];
  return draw.pick(models)();
}
