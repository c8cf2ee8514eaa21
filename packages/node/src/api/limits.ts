// Bounds of the HTTP interface, each with a row in docs/limits.md. A server takes them as one record so that tests reach
// every bound; a running node uses the defaults.

export interface ApiLimits {
  /** Open connections; further ones are closed at once. */
  readonly connectionsMax: number;
  /** Request line and headers: 431 beyond. */
  readonly headerBytesMax: number;
  /** Time for the headers of one request: the connection is closed with 408. */
  readonly headersTimeoutMs: number;
  /** An idle kept-alive connection is closed. */
  readonly keepAliveMs: number;
  /** Connection without a byte in either direction: closed. */
  readonly idleMs: number;
  /** How often the timeouts above are looked at. */
  readonly checkEveryMs: number;
  /** Pause between two pieces of a request body: 408 beyond. */
  readonly bodyIdleMs: number;
  /** Time for a small request body: 408 beyond. */
  readonly bodyTotalMs: number;
  /** Least rate of a large request body on average, on top of `bodyTotalMs`. */
  readonly bodyBytesPerSecondMin: number;
  /** Requests being answered: 503 beyond. */
  readonly inFlightMax: number;
  /** Pipelined requests of one connection being answered: 429 beyond. */
  readonly inFlightPerConnectionMax: number;
  /** One opaque transaction: 413 beyond. */
  readonly transactionBytesMax: number;
  /** One batch of transactions: 413 beyond. */
  readonly batchBytesMax: number;
  readonly batchTransactionsMax: number;
  /** Longest `Prefer: wait`; a longer wish is shortened. */
  readonly waitSecondsMax: number;
  /** Event readers: 503 beyond. */
  readonly eventReadersMax: number;
  /** Events buffered for one slow reader: it is disconnected and may resume. */
  readonly eventBufferBytesMax: number;
  readonly eventHeartbeatMs: number;
  /** What a stop waits for answers under way. */
  readonly closeGraceMs: number;
}

const KIB = 1024;

export const DEFAULT_API_LIMITS: ApiLimits = {
  connectionsMax: 256,
  headerBytesMax: 16 * KIB,
  headersTimeoutMs: 10_000,
  keepAliveMs: 5_000,
  idleMs: 60_000,
  checkEveryMs: 2_000,
  bodyIdleMs: 15_000,
  bodyTotalMs: 30_000,
  bodyBytesPerSecondMin: 16 * KIB,
  inFlightMax: 512,
  inFlightPerConnectionMax: 16,
  transactionBytesMax: 128 * KIB,
  batchBytesMax: 1024 * KIB,
  batchTransactionsMax: 1000,
  waitSecondsMax: 30,
  eventReadersMax: 64,
  eventBufferBytesMax: 2 * 1024 * KIB,
  eventHeartbeatMs: 15_000,
  closeGraceMs: 2_000,
};

/** Entries of one page of a list. */
export const PAGE_LIMIT_DEFAULT = 30;
export const PAGE_LIMIT_MAX = 100;
