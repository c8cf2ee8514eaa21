// The connection to Redis for sweeps over several machines: made with a clear error when nobody answers, kept with a word
// to the user when it breaks. The password stays out of every message.

import { Redis } from "ioredis";
import { SimInputError, SimRuntimeError } from "../scenario/sim-error.ts";

const CONNECT_TIMEOUT_MS = 5000;
/** Also covers a server that accepts and never answers. */
const HANDSHAKE_TIMEOUT_MS = 8000;
const RETRY_MAX_MS = 3000;
const REMIND_EVERY_MS = 15_000;
const DEFAULT_PORT = 6379;

export interface QueueAddress {
  readonly host: string;
  readonly port: number;
  readonly db: number;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly isTls: boolean;
  /** For people: without user and password. */
  readonly shown: string;
}

/** `redis://[user:password@]host[:port][/db]`, or `rediss://` for TLS. */
export function parseQueueAddress(text: string): QueueAddress {
  const url = URL.parse(text);
  const isKnown = url !== null && (url.protocol === "redis:" || url.protocol === "rediss:") && url.hostname !== "";
  const db = url === null || url.pathname === "" || url.pathname === "/" ? "0" : url.pathname.slice(1);
  // The text itself is not repeated: it may hold a password.
  if (!isKnown || !/^\d{1,4}$/u.test(db))
    throw new SimInputError("USAGE", "--queue takes redis://[user:password@]host[:port][/db]");
  const port = url.port === "" ? DEFAULT_PORT : Number(url.port);
  return {
    host: url.hostname.replace(/^\[(.*)\]$/u, "$1"),
    port,
    db: Number(db),
    username: url.username === "" ? undefined : decoded(url.username),
    password: url.password === "" ? undefined : decoded(url.password),
    isTls: url.protocol === "rediss:",
    shown: `${url.protocol}//${url.hostname}:${port}/${db}`,
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new SimInputError("USAGE", "--queue: user and password must be percent-encoded");
  }
}

export class QueueConnection implements Disposable {
  readonly redis: Redis;
  readonly address: QueueAddress;
  readonly #note: (line: string) => void;
  #isUp = false;
  #isClosed = false;
  #firstError: Error | undefined;
  #reminder: NodeJS.Timeout | undefined;

  private constructor(address: QueueAddress, note: (line: string) => void) {
    this.address = address;
    this.#note = note;
    this.redis = new Redis({
      host: address.host,
      port: address.port,
      db: address.db,
      lazyConnect: true,
      connectTimeout: CONNECT_TIMEOUT_MS,
      // The queue library asks for this: a command waits for the connection to come back.
      maxRetriesPerRequest: null,
      retryStrategy: (times) => (this.#isUp && !this.#isClosed ? Math.min(times * 100, RETRY_MAX_MS) : null),
      ...(address.username === undefined ? {} : { username: address.username }),
      ...(address.password === undefined ? {} : { password: address.password }),
      ...(address.isTls ? { tls: {} } : {}),
    });
    this.redis.on("error", (error) => (this.#firstError ??= error));
  }

  static async open(address: QueueAddress, note: (line: string) => void): Promise<QueueConnection> {
    const connection = new QueueConnection(address, note);
    try {
      await connection.#shakeHands();
      return connection;
    } catch (error) {
      connection[Symbol.dispose]();
      const cause = connection.#firstError ?? error;
      throw new SimRuntimeError(
        "SIM_QUEUE_UNREACHABLE",
        `no queue at ${address.shown}: ${cause instanceof Error ? reason(cause) : String(cause)}`,
      );
    }
  }

  [Symbol.dispose](): void {
    this.#isClosed = true;
    clearInterval(this.#reminder);
    this.redis.disconnect();
  }

  async #shakeHands(): Promise<void> {
    const timeout = Promise.withResolvers<never>();
    const timer = setTimeout(
      () => timeout.reject(new Error("it accepts connections but does not answer")),
      HANDSHAKE_TIMEOUT_MS,
    );
    try {
      await Promise.race([timeout.promise, this.redis.connect().then(() => this.redis.ping())]);
    } finally {
      clearTimeout(timer);
    }
    // A refused password or database is told as an event and not by the call.
    if (this.#firstError !== undefined) throw this.#firstError;
    this.#isUp = true;
    this.redis.on("close", this.#onLost);
    this.redis.on("ready", this.#onBack);
  }

  readonly #onLost = (): void => {
    if (this.#isClosed || this.#reminder !== undefined) return;
    this.#note(`lost the connection to ${this.address.shown}; trying again`);
    this.#reminder = setInterval(() => this.#note(`still no connection to ${this.address.shown}`), REMIND_EVERY_MS);
  };

  readonly #onBack = (): void => {
    clearInterval(this.#reminder);
    this.#reminder = undefined;
    this.#note(`connected to ${this.address.shown} again`);
  };
}

function reason(error: Error): string {
  if ("code" in error && error.code === "ECONNREFUSED") return "connection refused";
  if ("code" in error && error.code === "ENOTFOUND") return "no such host";
  if (error.message.startsWith("NOAUTH")) return "it asks for a password";
  if (error.message.startsWith("WRONGPASS")) return "it refuses the password";
  return error.message;
}
