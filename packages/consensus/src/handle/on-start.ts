// The first input. What a crash may have kept from the host is said again here: receipts, and headers still to be checked.

import { type SignedUpdate, type ValidatorIndex, validatorIndex } from "@selvedge/integrity";
import type { Core } from "../core.ts";
import type { Vertex } from "../dag/vertex-pool.ts";
import type { Step } from "../step.ts";
import { resumeEnding } from "./on-end-epoch.ts";
import { decide, settle } from "./settle.ts";
import { startStanding } from "./standing.ts";

export function onStart(core: Core, step: Step): void {
  core.own.isStarted = true;
  step.receipts(core.receipts.complete());
  step.certificates(core.checkpointVotes.newestCertificate());
  if (core.self !== null) askForChecks(core, step);
  resumeEnding(core, step);
  decide(core, step);
  startStanding(core, step);
  settle(core, step);
}

/** U3 */
function askForChecks({ dag, acks, rule, self, unseenAcks, setup }: Core, step: Step): void {
  const asked = new Set<string>();
  // Whoever brought them is not known any more: the first of the others is asked for the payload before the rest.
  const first = validatorIndex(self === 0 && setup.committee.validators.length > 1 ? 1 : 0);
  for (const update of unseenAcks.unchecked) {
    if (!acks.isOpen(update)) continue;
    asked.add(update.digest);
    step.checkUpdate(update, first);
  }
  for (let round = rule.gcRound + 1; round <= dag.highestRound; round += 1) {
    for (const { update, author } of updatesIn(dag.atRound(round))) {
      if (asked.has(update.digest) || !acks.isOpen(update)) continue;
      asked.add(update.digest);
      step.checkUpdate(update, author);
    }
  }
}

interface CarriedUpdate {
  readonly update: SignedUpdate;
  readonly author: ValidatorIndex;
}

function updatesIn(vertices: readonly Vertex[]): readonly CarriedUpdate[] {
  return vertices.flatMap(({ block }) =>
    block === null ? [] : block.body.updates.map((update) => ({ update, author: block.ref.author })),
  );
}
