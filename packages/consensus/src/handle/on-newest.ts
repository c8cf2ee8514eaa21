// What validators answer to "which is the newest block by me, and which by you?" (docs/protocol.md §11, "Restart").

import type { Core } from "../core.ts";
import type { NewestAnswerInput } from "../input.ts";
import type { Step } from "../step.ts";
import { receive } from "./on-blocks.ts";
import { settle } from "./settle.ts";

export function onNewestAnswer(core: Core, step: Step, input: NewestAnswerInput): void {
  const { from, ours, theirs, vouches } = input;
  const isOfThem = (ours === null || ours.ref.author === core.self) && (theirs === null || theirs.ref.author === from);
  if (core.signing.isAsking && isOfThem) {
    core.signing.onAnswer(from, { ours, theirs, vouches });
    for (const block of [ours, theirs]) if (block !== null) receive(core, step, { block, from });
  }
  settle(core, step);
}
