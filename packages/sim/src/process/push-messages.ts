// Messages of the blocks that an engine pushes. It hands one list to nearly everybody, so that one body does for all of
// them: of the messages on their way in a large committee there are hundreds of thousands.

import type { VerifiedBlock } from "@selvedge/integrity";
import type { OutgoingMessage } from "../protocol/message.ts";
import { blocksMessage } from "./selvedge-message.ts";

export class PushMessages {
  readonly #extraBytesOf: (block: VerifiedBlock) => number;
  #last: { readonly blocks: readonly VerifiedBlock[]; readonly message: OutgoingMessage } | undefined;

  constructor(extraBytesOf: (block: VerifiedBlock) => number) {
    this.#extraBytesOf = extraBytesOf;
  }

  to(receiver: number, blocks: readonly VerifiedBlock[]): OutgoingMessage {
    if (blocks === this.#last?.blocks) {
      const { kind, sizeBytes, body } = this.#last.message;
      return { to: receiver, kind, sizeBytes, body };
    }
    const message = blocksMessage(receiver, blocks, { request: null, extraBytesOf: this.#extraBytesOf });
    this.#last = { blocks, message };
    return message;
  }
}
