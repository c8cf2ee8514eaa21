// Signals that reach a node while its code is still being loaded. Loads nothing itself.

import { stopRequested } from "./stop-signal.ts";

/** What a running node answers to, and what by itself would end a process that has not said so yet. */
const ANSWERED_LATER = ["SIGHUP", "SIGUSR2"] as const;

/** A request to stop is kept for whoever asks for it; a reload or a bundle of a node that is not there yet is nothing. */
export function outliveEarlySignals(): void {
  void stopRequested();
  for (const signal of ANSWERED_LATER) process.on(signal, () => undefined);
}
