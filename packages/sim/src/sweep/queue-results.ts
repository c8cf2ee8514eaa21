// Results in Redis by content hash, written once: whoever is second only compares. Two different results for one hash
// mean that a run is not deterministic (or that two versions share a queue), and both are kept to be looked at.

import type { Redis } from "ioredis";
import { QUEUE_RESULT_MAX_BYTES } from "../scenario/limits.ts";
import type { JobOutcome } from "./job.ts";
import { decodeOutcome, encodeOutcome } from "./outcome-text.ts";
import { QUEUE_NAME, QUEUE_PREFIX, RESULT_KEPT_SECONDS } from "./queue-names.ts";

export type KeptResult =
  | { readonly type: "outcome"; readonly outcome: JobOutcome; readonly isDisputed: boolean }
  | { readonly type: "missing" }
  | { readonly type: "damaged"; readonly damage: string };

export class QueueResults {
  readonly #redis: Redis;

  constructor(redis: Redis) {
    this.#redis = redis;
  }

  /** "disputed": another result of this job is there already, and differs. */
  async keep(outcome: JobOutcome): Promise<"kept" | "same" | "disputed"> {
    const text = encodeOutcome(outcome);
    if (text.length > QUEUE_RESULT_MAX_BYTES)
      throw new Error(`the result is larger than ${QUEUE_RESULT_MAX_BYTES} bytes`);
    const isFirst = await this.#redis.set(resultKey(outcome.id), text, "EX", RESULT_KEPT_SECONDS, "NX");
    if (isFirst === "OK") return "kept";
    const other = await this.#redis.get(resultKey(outcome.id));
    if (other === text) return "same";
    if (other === null || !("outcome" in decodeOutcome(other, outcome.id))) {
      await this.#redis.set(resultKey(outcome.id), text, "EX", RESULT_KEPT_SECONDS);
      return "kept";
    }
    await this.#redis.set(disputeKey(outcome.id), text, "EX", RESULT_KEPT_SECONDS);
    return "disputed";
  }

  async read(id: string): Promise<KeptResult> {
    const [text, dispute] = await this.#redis.mget(resultKey(id), disputeKey(id));
    if (text === null || text === undefined) return { type: "missing" };
    const decoded = decodeOutcome(text, id);
    if ("damage" in decoded) return { type: "damaged", damage: decoded.damage };
    return { type: "outcome", outcome: decoded.outcome, isDisputed: typeof dispute === "string" };
  }

  /** Which of the ids have a result. */
  async present(ids: readonly string[]): Promise<readonly string[]> {
    const answers = await Promise.all(ids.map((id) => this.#redis.exists(resultKey(id))));
    return ids.filter((_, index) => answers[index] === 1);
  }

  async forget(id: string): Promise<void> {
    await this.#redis.del(resultKey(id), disputeKey(id));
  }
}

function resultKey(id: string): string {
  return `${QUEUE_PREFIX}:${QUEUE_NAME}-result:${id}`;
}

function disputeKey(id: string): string {
  return `${QUEUE_PREFIX}:${QUEUE_NAME}-disputed:${id}`;
}
