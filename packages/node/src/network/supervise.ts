// Where promises that nobody awaits end: loops over streams, redials, handlers. A failure of the world is handed to
// `onFailure`; a broken invariant is our bug and ends the process.

import { InvariantError } from "@selvedge/integrity";

export function supervise(task: Promise<unknown>, onFailure: (error: unknown) => void): void {
  task.catch((error: unknown) => {
    if (error instanceof InvariantError) throw error;
    onFailure(error);
  });
}

/** A short text for logs; never the stack. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0]);
  return error.message === "" ? error.name : error.message;
}

/** Resolves after `ms`, or at once when `signal` aborts; never rejects. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const finish = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", finish);
      resolve();
    };
    const timer = setTimeout(finish, ms);
    signal.addEventListener("abort", finish);
  });
}

/** Why each address could not be listened on, in one line: libp2p's own text has a stack for each of them. */
export function listenFailure(error: unknown): string {
  const text = reasonOf(error);
  const addresses = [...text.matchAll(/^ +(?<address>\/\S+): (?:[A-Za-z]*Error: )?(?<reason>.+)$/gmu)];
  if (addresses.length === 0) return text.split("\n")[0] ?? "";
  return addresses.map(({ groups }) => `${groups?.["address"] ?? ""}: ${groups?.["reason"] ?? ""}`).join("; ");
}
