// Ctrl-C and SIGTERM for commands that can stop in an orderly way: the first asks, the second ends the process at once,
// which is safe, because results appear whole or not at all.

export const SIGNAL_EXITS = { SIGINT: 130, SIGTERM: 143 } as const;

export interface StopRequest {
  readonly signal: AbortSignal;
  readonly requested: Promise<void>;
}

/** To be called before anything slow, so that nothing is missed. */
export function watchForStop(onRequest: () => void): StopRequest {
  const abort = new AbortController();
  const { promise, resolve } = Promise.withResolvers<void>();
  for (const [signal, exitCode] of Object.entries(SIGNAL_EXITS)) {
    process.on(signal, () => {
      if (abort.signal.aborted) process.exit(exitCode);
      onRequest();
      abort.abort();
      resolve();
    });
  }
  return { signal: abort.signal, requested: promise };
}
