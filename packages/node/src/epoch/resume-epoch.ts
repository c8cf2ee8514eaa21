// What a node does when its parts for an epoch have started: whatever of a change the process before had begun, and whatever
// of the epoch before is still to be proposed, goes on from here.

import type { NodeParts } from "../daemon/parts.ts";
import type { EpochSetup } from "./epoch-setup.ts";

/**
 * To an engine that begins: what the ledger said last, to the one before it or to nobody, if the process stopped or the
 * engine was being replaced. A vote for that commit that stands in no durable block is made now (§7, §11).
 */
export function tellState({ at, ledger, host }: Pick<NodeParts, "at" | "ledger" | "host">): void {
  const { start, isEnding } = ledger.epochInfo();
  // Until the epoch's first commit the ledger still tells of the one before.
  if (start.epoch !== at.start.epoch) return;
  const [index, stateRoot] = [ledger.lastCommitIndex(), ledger.stateRoot()];
  host.submitUrgent({ type: "executed", index, stateRoot, closed: ledger.closedSequences() });
  if (isEnding) host.submitUrgent({ type: "endEpoch" });
}

/** Once what was durable is executed; nothing waits for it. */
export function resumeEpoch(setup: EpochSetup, parts: NodeParts): void {
  parts.executor.idle().then(
    () => resume(setup, parts),
    (error: unknown) => setup.onFatal(error),
  );
}

function resume(setup: EpochSetup, parts: NodeParts): void {
  const { ledger, host, transactions, lifetime } = parts;
  if (lifetime.signal.aborted) return;
  const { next } = ledger.epochInfo();
  if (next !== null && next.epoch > setup.at.start.epoch) {
    setup.change.onClosed(next);
    return;
  }
  parts.epochEvents.deal();
  if (setup.at.start.epoch === 0 || setup.identity.validator === null) return;
  transactions.proposeAgain();
  const waiting = [...ledger.uncertifiedUpdates(), ...setup.shared.unsettled.take(ledger)];
  const known = new Map(waiting.map((update) => [update.digest, update]));
  if (known.size > 0)
    host.submitUrgent({ type: "localContent", control: [], transactions: [], updates: [...known.values()] });
}
