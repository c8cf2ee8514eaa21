// How a child process of the demonstration ends: on SIGTERM, or when the channel to its parent closes, in order; by force
// if that takes too long.

const STOP_GRACE_MS = 5000;

export function leaveWithParent(stop: () => Promise<void>): void {
  let isLeaving = false;
  const leave = (): void => {
    if (isLeaving) return;
    isLeaving = true;
    setTimeout(() => process.exit(1), STOP_GRACE_MS).unref();
    stop().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.on("SIGTERM", leave);
  process.on("disconnect", leave);
  // The parent may have been gone before we listened.
  if (process.channel === undefined) leave();
}

export function tellParent(message: object): void {
  if (process.connected) process.send?.(message, () => undefined);
}
