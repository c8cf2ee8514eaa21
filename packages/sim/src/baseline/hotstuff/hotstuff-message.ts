// Messages of the baseline as the world carries them: kind, size on the wire, and a body that only these processes read.

import type { Choices } from "../../kernel/decisions.ts";
import type { OutgoingMessage } from "../../protocol/message.ts";
import { encodeMessage } from "./codec.ts";
import type { HotStuffMessage } from "./records.ts";
import { messageSize } from "./wire-size.ts";

/** Bytes that must be decoded: damaged on the way, or an adversary's. */
export interface RawBytes {
  readonly type: "bytes";
  readonly bytes: Uint8Array;
}

const FRAME_BYTES = 4;

/** Makes messages and knows those that it made: a body from elsewhere is not trusted to have the right shape. */
export class MessageDesk {
  readonly #weightOf: (transaction: Uint8Array) => number;
  readonly #made = new WeakSet<object>();

  constructor(weightOf: (transaction: Uint8Array) => number) {
    this.#weightOf = weightOf;
  }

  /** The same but for its receiver, which the caller sets. */
  outgoing(message: HotStuffMessage): Omit<OutgoingMessage, "to"> {
    this.#made.add(message);
    return {
      kind: message.type,
      sizeBytes: FRAME_BYTES + messageSize(message) + this.#extraBytes(message),
      body: message,
    };
  }

  bodyOf(body: unknown): HotStuffMessage | RawBytes | undefined {
    if (typeof body !== "object" || body === null) return undefined;
    if (this.#isMade(body)) return body;
    return isRaw(body) ? body : undefined;
  }

  /** One bit flips. */
  damaged(message: OutgoingMessage, choices: Choices): OutgoingMessage | undefined {
    const body = this.bodyOf(message.body);
    if (body === undefined) return undefined;
    const bytes = body.type === "bytes" ? body.bytes.slice() : encodeMessage(body);
    const bit = choices.below(Math.max(1, bytes.length * 8));
    bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    return { ...message, kind: "garbage", body: { type: "bytes", bytes } satisfies RawBytes };
  }

  #isMade(body: object): body is HotStuffMessage {
    return this.#made.has(body);
  }

  /** What tokens weigh beyond their own bytes. */
  #extraBytes(message: HotStuffMessage): number {
    let extra = 0;
    for (const transaction of transactionsIn(message)) extra += this.#weightOf(transaction) - transaction.length;
    return extra;
  }
}

export function viewOf(message: HotStuffMessage | RawBytes | undefined): number {
  switch (message?.type) {
    case "proposal":
      return message.block.view;
    case "vote":
    case "timeout":
      return message.view;
    default:
      return 0;
  }
}

export function transactionsIn(message: HotStuffMessage): readonly Uint8Array[] {
  switch (message.type) {
    case "proposal":
      return message.block.transactions;
    case "transactions":
      return message.transactions;
    case "blocks":
      return message.blocks.flatMap(({ transactions }) => transactions);
    default:
      return [];
  }
}

function isRaw(body: object): body is RawBytes {
  return "type" in body && body.type === "bytes" && "bytes" in body && body.bytes instanceof Uint8Array;
}
