// When a long-running command should end: on SIGINT or SIGTERM, and when the process that started it over an IPC channel
// is gone. The second signal ends the process at once, which is safe: durability never depends on an orderly stop.

const SIGNAL_EXITS = { SIGINT: 130, SIGTERM: 143 } as const;

let requested: Promise<string> | undefined;

/** Resolves with what asked for the stop. To be called before anything slow, so that nothing is missed. */
export function stopRequested(): Promise<string> {
  return (requested ??= listen());
}

function listen(): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  let isAsked = false;
  for (const [signal, exitCode] of Object.entries(SIGNAL_EXITS)) {
    process.on(signal, () => {
      if (isAsked) process.exit(exitCode);
      isAsked = true;
      resolve(signal);
    });
  }
  process.on("disconnect", () => resolve("the parent process is gone"));
  // False, unlike undefined, says that there was a channel which is closed already.
  if (process.send !== undefined && !process.connected) resolve("the parent process is gone");
  return promise;
}
