// Runs every small Twins scenario and prints what came of them and how fast they went; failures are written down.
//
//   node packages/sim/test/swarm/explore-twins.ts [--rounds 1|2|3] [--seed n]… [--output folder]

import { parseArgs } from "node:util";
import { twinsCount, twinsScenarios } from "../../src/swarm/twins-exploration.ts";
import { explore } from "./explore.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "3" },
    seed: { type: "string", multiple: true, default: ["1"] },
    output: { type: "string", default: "twins-findings" },
  },
});

const rounds = Number(values.rounds);
explore({
  scenarios: values.seed.values().flatMap((seed) => twinsScenarios({ rounds, seed: Number(seed) })),
  total: twinsCount({ rounds }) * values.seed.length,
  output: values.output,
});
