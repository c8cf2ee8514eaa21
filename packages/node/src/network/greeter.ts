// Runs the hello on every new connection and tells stream handlers whose connection they are on. A connection without a
// hello in time, or with a wrong one, is dropped; nothing else is ever read from it.

import type { Connection, Stream } from "@libp2p/interface";
import type { Rejection, Result } from "@selvedge/integrity";
import { type HandshakeOptions, answerGreeting, greet } from "./handshake.ts";
import type { ProvenIdentity } from "./hello.ts";
import type { LinkTable } from "./link-table.ts";
import type { Link } from "./link.ts";
import type { NetworkLogger } from "./logger.ts";
import { supervise } from "./supervise.ts";

export type GreetingOutcome = Result<Link, Rejection>;

export interface GreeterOptions {
  readonly handshake: () => HandshakeOptions;
  readonly table: LinkTable;
  readonly logger: NetworkLogger;
  /** A peer was admitted: the host of libp2p may protect its connection from pruning. */
  readonly onAdmitted: (connection: Connection, link: Link) => void;
}

interface Pending {
  readonly outcome: Promise<GreetingOutcome>;
  readonly settle: (outcome: GreetingOutcome) => void;
  readonly timer: NodeJS.Timeout;
}

/** Both hellos may take the handshake's time each. */
const GREETING_ROUNDS = 2;

export class Greeter {
  readonly #options: GreeterOptions;
  /** By connection id, from its opening to its close. */
  readonly #pending = new Map<string, Pending>();

  constructor(options: GreeterOptions) {
    this.#options = options;
  }

  opened(connection: Connection): void {
    const { promise: outcome, resolve: settle } = Promise.withResolvers<GreetingOutcome>();
    const { timeoutMs } = this.#options.handshake();
    const timer = setTimeout(() => connection.abort(new Error("no hello in time")), GREETING_ROUNDS * timeoutMs);
    this.#pending.set(connection.id, { outcome, settle, timer });
    if (connection.direction !== "outbound") return;
    supervise(this.#greet(connection), () => connection.abort(new Error("the hello failed")));
  }

  closed(connection: Connection): void {
    const pending = this.#pending.get(connection.id);
    if (pending === undefined) return;
    clearTimeout(pending.timer);
    this.#pending.delete(connection.id);
    pending.settle({ ok: false, error: { code: "HELLO_FAILED", detail: "the connection closed before the hello" } });
  }

  /** The peer opened the hello stream: answer it, once. */
  async answer(stream: Stream, connection: Connection): Promise<void> {
    if (connection.direction === "outbound" || this.#options.table.ownerOf(connection) !== undefined) {
      stream.abort(new Error("this connection needs no hello"));
      return;
    }
    const result = await answerGreeting(stream, connection, {
      ...this.#options.handshake(),
      admit: (identity) => this.#options.table.admissible(connection, identity),
    });
    this.#settle(connection, result);
  }

  /** Resolves when the hello is over. */
  outcome(connection: Connection): Promise<GreetingOutcome> {
    const pending = this.#pending.get(connection.id);
    if (pending !== undefined) return pending.outcome;
    return Promise.resolve({ ok: false, error: { code: "HELLO_FAILED", detail: "the connection is closed" } });
  }

  async #greet(connection: Connection): Promise<void> {
    const greeted = await greet(connection, this.#options.handshake());
    this.#settle(connection, greeted.ok ? this.#options.table.admissible(connection, greeted.value) : greeted);
  }

  #settle(connection: Connection, result: Result<ProvenIdentity, Rejection>): void {
    const pending = this.#pending.get(connection.id);
    if (pending === undefined || connection.status !== "open") return;
    clearTimeout(pending.timer);
    if (!result.ok) {
      const { code, detail } = result.error;
      this.#options.logger.debug({ peer: connection.remotePeer.toString(), code, detail }, "peer refused");
      pending.settle(result);
      supervise(connection.close({ signal: AbortSignal.timeout(500) }), () => connection.abort(new Error(code)));
      return;
    }
    const link = this.#options.table.admit(connection, result.value);
    this.#options.onAdmitted(connection, link);
    pending.settle({ ok: true, value: link });
  }
}
