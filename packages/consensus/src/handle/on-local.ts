// What our own host tells: content for our blocks, verdicts on payloads, executed commits.

import type { ClosedSequences } from "@selvedge/integrity";
import type { Core } from "../core.ts";
import type { ExecutedInput, LocalContentInput, UpdateCheckedInput } from "../input.ts";
import type { Step } from "../step.ts";
import { settle } from "./settle.ts";

export function onLocalContent(core: Core, step: Step, input: LocalContentInput): void {
  if (core.self !== null) core.content.add(input);
  settle(core, step);
}

/** U3 */
export function onUpdateChecked(core: Core, step: Step, input: UpdateCheckedInput): void {
  if (!input.accepted) core.unseenAcks.onRefused(input.update);
  else if (core.self !== null) core.acks.onAccepted(input.update, input.score);
  settle(core, step);
}

/** An end marker need not list what the ledger has decided (§11). */
export function closeSequences({ acks, unseenAcks }: Core, closed: ClosedSequences): void {
  for (const update of acks.onClosed(closed)) unseenAcks.forget(update);
}

/** §7, U5 */
export function onExecuted(core: Core, step: Step, input: ExecutedInput): void {
  for (const closed of input.closed ?? []) closeSequences(core, closed);
  const { validator } = core.setup;
  if (validator !== null)
    core.checkpointVotes.onExecuted(input, { validator: validator.index, signer: validator.signer });
  settle(core, step);
}
