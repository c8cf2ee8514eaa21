// A message on its way through the world. In a large committee hundreds of thousands of them wait in the queue at one time, so
// each is small: what it has in common with those to other receivers is said once. Made by traffic.ts.

import type { Micros } from "../kernel/time.ts";
import type { Envelope, OutgoingMessage } from "../protocol/message.ts";

/** What all receivers of one message have in common. */
interface Packet {
  readonly from: number;
  readonly kind: string;
  readonly sizeBytes: number;
  readonly body: unknown;
  readonly sentAtUs: Micros;
}

/** One message to one receiver, which is at the same time its own entry in the queue. */
export class Flight implements Envelope {
  readonly id: number;
  readonly to: number;
  readonly #packet: Packet;
  isCorrupt = false;
  /** The network brings it twice; the copy is never damaged. */
  isCopied = false;
  /** It has passed the receiver's card. */
  isWhole = false;

  constructor(id: number, to: number, packet: Packet) {
    this.id = id;
    this.to = to;
    this.#packet = packet;
  }

  get from(): number {
    return this.#packet.from;
  }

  get kind(): string {
    return this.#packet.kind;
  }

  get sizeBytes(): number {
    return this.#packet.sizeBytes;
  }

  get body(): unknown {
    return this.#packet.body;
  }

  get sentAtUs(): Micros {
    return this.#packet.sentAtUs;
  }

  /** As it came through the network a second time, or with another content. */
  again({ kind, sizeBytes, body }: Pick<Packet, "kind" | "sizeBytes" | "body"> = this.#packet): Flight {
    return new Flight(this.id, this.to, { from: this.from, kind, sizeBytes, body, sentAtUs: this.sentAtUs });
  }
}

/** Makes packets: one for all receivers of a broadcast. */
export class Packets {
  /** The one made last: the next message is mostly the same, to somebody else. */
  #last: Packet | undefined;

  of(from: number, sentAtUs: Micros, { kind, sizeBytes, body }: OutgoingMessage): Packet {
    const last = this.#last;
    if (last !== undefined && last.body === body && last.from === from && last.sentAtUs === sentAtUs) {
      if (last.sizeBytes === sizeBytes && last.kind === kind) return last;
    }
    this.#last = { from, kind, sizeBytes, body, sentAtUs };
    return this.#last;
  }
}
