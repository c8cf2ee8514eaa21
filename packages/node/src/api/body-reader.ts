// Reads a request's body piece by piece under a bound on bytes, on pauses and on time in all. Nothing is read ahead of
// what is asked for, so whoever consumes slowly slows the sender. Stops reading at a refusal but leaves the connection
// alone: the answer must still get out.

import type { IncomingMessage } from "node:http";
import { type Result, err, ok } from "@selvedge/integrity";
import type { ApiLimits } from "./limits.ts";
import { type Refusal, badRequest, tooLarge } from "./problem.ts";

const TOO_SLOW: Refusal = {
  status: 408,
  code: "BODY_TOO_SLOW",
  detail: "the body came too slowly",
  retryable: true,
  headers: { connection: "close" },
};

type Piece = IteratorResult<unknown, unknown>;

export class BodyReader {
  readonly #pieces: AsyncIterator<unknown>;
  readonly #limits: ApiLimits;
  readonly #bytesMax: number;
  readonly #deadlineMs: number;
  #receivedBytes = 0;

  constructor(incoming: IncomingMessage, limits: ApiLimits, bytesMax: number) {
    this.#pieces = incoming.iterator({ destroyOnReturn: false });
    this.#limits = limits;
    this.#bytesMax = bytesMax;
    const allowanceMs = (1000 * bytesMax) / limits.bodyBytesPerSecondMin;
    this.#deadlineMs = performance.now() + limits.bodyTotalMs + allowanceMs;
  }

  /** The next piece; undefined at the end. */
  async next(): Promise<Result<Uint8Array | undefined, Refusal>> {
    const piece = await this.#nextInTime();
    if (!piece.ok) return piece;
    if (piece.value.done === true) return ok(undefined);
    const bytes = piece.value.value;
    if (!(bytes instanceof Uint8Array)) return err(badRequest("BODY_MALFORMED", "the body is not bytes"));
    this.#receivedBytes += bytes.length;
    return this.#receivedBytes > this.#bytesMax ? err(tooLarge(this.#bytesMax)) : ok(bytes);
  }

  /** All of it in one piece. */
  async whole(): Promise<Result<Uint8Array, Refusal>> {
    const pieces: Uint8Array[] = [];
    for (;;) {
      const piece = await this.next();
      if (!piece.ok) return piece;
      if (piece.value === undefined) return ok(new Uint8Array(Buffer.concat(pieces)));
      pieces.push(piece.value);
    }
  }

  async #nextInTime(): Promise<Result<Piece, Refusal>> {
    const leftMs = Math.min(this.#limits.bodyIdleMs, this.#deadlineMs - performance.now());
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(err(TOO_SLOW)), Math.max(0, leftMs));
      const settle = (result: Result<Piece, Refusal>): void => {
        clearTimeout(timer);
        resolve(result);
      };
      this.#pieces.next().then(
        (piece) => settle(ok(piece)),
        () => settle(err(badRequest("BODY_ABORTED", "the body broke off"))),
      );
    });
  }
}
