// Runs the change of committees through partitions and crashes (F61) over many seeds and prints what came of it.
//
//   node packages/sim/test/epoch/explore-epochs.ts [--from 1] [--seeds 100]

import { parseArgs } from "node:util";
import { runEpochs } from "./epoch-run.ts";

const { values } = parseArgs({
  options: { from: { type: "string", default: "1" }, seeds: { type: "string", default: "100" } },
});

const totals = { runs: 0, epochs: 0, commits: 0, receipts: 0, certified: 0 };
const findings: string[] = [];
for (let seed = Number(values.from); seed < Number(values.from) + Number(values.seeds); seed += 1) {
  const { world, isComplete } = runEpochs(seed);
  totals.runs += 1;
  totals.epochs += world.epoch;
  totals.commits += world.commitCount;
  totals.receipts += world.receiptCount;
  totals.certified += world.certifiedCount;
  for (const violation of world.violations) findings.push(`seed ${seed}: ${violation}`);
  for (const key of world.brokenReceipts())
    findings.push(`seed ${seed}: a rival of the receipt for ${key} is certified`);
  if (!isComplete) findings.push(`seed ${seed}: stands still in epoch ${world.epoch} at ${world.nowMs} ms`);
}
console.log(JSON.stringify(totals));
for (const finding of findings) console.log(finding);
process.exitCode = findings.length === 0 ? 0 : 1;
