// Bounds of a device's own side, each with a row in docs/limits.md.

export interface DeviceLimits {
  /** Passes over all gateways within one call, with a growing pause between them; then the call fails. */
  readonly sweepsMax: number;
  /** One request to one gateway, its answer included, on top of what its size allows. */
  readonly attemptMs: number;
  /** Least rate at which a large body is expected to move. */
  readonly bytesPerSecondMin: number;
  /** Pause before the second sweep; doubles with each, half of it at random. */
  readonly backoffMs: number;
  readonly backoffMaxMs: number;
  /** JSON answer of a gateway. */
  readonly jsonBytesMax: number;
  /** Times a flush asks for a receipt before it leaves the update for the next flush. */
  readonly receiptPollsMax: number;
  readonly receiptPollMs: number;
  /** Updates that wait in the outbox, and their bytes: OUTBOX_FULL beyond. */
  readonly outboxUpdatesMax: number;
  readonly outboxBytesMax: number;
}

const MIB: number = 1024 * 1024;

export const DEFAULT_DEVICE_LIMITS: DeviceLimits = {
  sweepsMax: 3,
  attemptMs: 30_000,
  bytesPerSecondMin: 16 * 1024,
  backoffMs: 250,
  backoffMaxMs: 10_000,
  jsonBytesMax: 8 * MIB,
  receiptPollsMax: 20,
  receiptPollMs: 50,
  outboxUpdatesMax: 256,
  outboxBytesMax: 1024 * MIB,
};
