// When a random fault acts. Every kind of fault draws its window here.

import type { ScenarioPlan } from "./scenario-plan.ts";
import type { SwarmDraw } from "./swarm-draw.ts";

export interface Window {
  readonly fromMs: number;
  readonly toMs: number;
}

/** From a tenth to nine tenths of the run; long enough that a network that has fallen silent speaks in it. */
export function drawWindow(draw: SwarmDraw, { durationMs, roundMs }: ScenarioPlan): Window {
  const lengthMs = Math.min(durationMs * 0.6, Math.max(roundMs * 12, durationMs * draw.scaled(0.1, 0.4)));
  const firstMs = Math.floor(durationMs * 0.1);
  const fromMs = draw.integer(firstMs, Math.max(Math.floor(durationMs * 0.9 - lengthMs), firstMs));
  return { fromMs, toMs: Math.floor(fromMs + lengthMs) };
}
