// Runs every small scenario around the garbage-collection horizon and prints what came of them; failures are written down.
//
//   node packages/sim/test/swarm/explore-gc.ts [--phases 1…5] [--seed n]… [--every n] [--output folder]

import { parseArgs } from "node:util";
import type { Scenario } from "../../src/scenario/schema.ts";
import { gcCount, gcScenarios } from "../../src/swarm/gc-exploration.ts";
import { explore } from "./explore.ts";

const { values } = parseArgs({
  options: {
    phases: { type: "string", default: "5" },
    seed: { type: "string", multiple: true, default: ["1"] },
    /** Runs one in so many. */
    every: { type: "string", default: "1" },
    output: { type: "string", default: "gc-findings" },
  },
});

const phases = Number(values.phases);
const every = Number(values.every);

function* chosen(): Generator<Scenario> {
  let number = 0;
  for (const seed of values.seed) {
    for (const scenario of gcScenarios({ phases, seed: Number(seed) })) {
      number += 1;
      if (number % every === 0) yield scenario;
    }
  }
}

explore({ scenarios: chosen(), total: gcCount({ phases }) * values.seed.length, output: values.output });
