// Asks one validator what it knows of our signing (docs/protocol.md §11, "Restart"): the newest block by us that it has,
// and its own newest. The host calls it for the engine's `askNewest`; whoever does not answer is asked again by the engine.

import type { EngineStatus, NewestAnswer } from "@selvedge/consensus";
import type { Rejection, Result, ValidatorIndex, VerifiedBlock } from "@selvedge/integrity";
import { NetworkError } from "../network/network-error.ts";
import type { Transport } from "../network/transport.ts";

const TIMEOUT_MS = 5_000;
/** What a peer pays for a block that is good and was not asked for. */
const PENALTY_OTHER_AUTHOR = 10;

export interface NewestAskerSetup {
  readonly self: ValidatorIndex;
  readonly transport: Pick<Transport, "fetchChain" | "penalise">;
  /** P1–P7. */
  readonly verifyBlock: (bytes: Uint8Array) => Result<VerifiedBlock, Rejection>;
  readonly stopped: AbortSignal;
}

export type AskNewest = (to: ValidatorIndex) => Promise<NewestAnswer | undefined>;

/** Whether what we store of an author is all that it signed, as far as we know: of us, while we recover, it is not. */
export function knowsNewestOf({ signing }: EngineStatus, self: ValidatorIndex | null, author: ValidatorIndex): boolean {
  if (signing.standing === "recovering" || signing.standing === "stopped") return false;
  // Until its first block after an amnesia, its own newest is below what it may have signed.
  return author !== self || signing.standing === "signing";
}

/** Undefined if the validator did not answer, or is being asked already. */
export function createNewestAsker(setup: NewestAskerSetup): AskNewest {
  const asked = new Set<ValidatorIndex>();
  return async (to) => {
    if (asked.has(to)) return undefined;
    asked.add(to);
    try {
      return await ask(setup, to);
    } finally {
      asked.delete(to);
    }
  };
}

async function ask(setup: NewestAskerSetup, to: ValidatorIndex): Promise<NewestAnswer | undefined> {
  // First its own: what it makes while we ask is then above what counts.
  const theirs = await newestBlockOf(setup, { from: to, author: to });
  const ours = await newestBlockOf(setup, { from: to, author: setup.self });
  if (ours === "none" || ours === "bad" || theirs === "bad") return undefined;
  return { ours, theirs: theirs === "none" ? null : theirs, vouches: theirs !== "none" };
}

/** "none": it does not say. "bad": it said something that does not verify. Null: there is no such block. */
async function newestBlockOf(
  { transport, verifyBlock, stopped }: NewestAskerSetup,
  { from, author }: { readonly from: ValidatorIndex; readonly author: ValidatorIndex },
): Promise<VerifiedBlock | null | "none" | "bad"> {
  const signal = AbortSignal.any([stopped, AbortSignal.timeout(TIMEOUT_MS)]);
  try {
    const answer = await transport.fetchChain(from, { type: "newestBlockOf", author }, signal);
    if (answer.type !== "newestBlockOf") return "bad";
    if (answer.block === null) return null;
    const block = verifyBlock(answer.block);
    // Whoever is in another epoch answers with a block of that one, which is no fault.
    if (!block.ok) return "bad";
    if (block.value.ref.author === author) return block.value;
    transport.penalise({ kind: "validator", index: from }, PENALTY_OTHER_AUTHOR, "a block of another author");
    return "bad";
  } catch (error) {
    if (error instanceof NetworkError || stopped.aborted) return "none";
    throw error;
  }
}
