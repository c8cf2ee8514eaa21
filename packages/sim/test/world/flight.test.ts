// Messages on their way: what the receivers of one broadcast share, and what they do not.

import { describe, expect, it } from "vitest";
import type { OutgoingMessage } from "../../src/protocol/message.ts";
import { Flight, Packets } from "../../src/world/flight.ts";

const BODY = { type: "anything" };

function outgoing(changed: Partial<OutgoingMessage> = {}): OutgoingMessage {
  return { to: 1, kind: "blocks", sizeBytes: 100, body: BODY, ...changed };
}

describe("a message on its way", () => {
  it("says all that was said of it when it was sent", () => {
    const message = new Flight(7, 1, new Packets().of(3, 5000, outgoing()));
    const { id, from, to, kind, sizeBytes, body, sentAtUs } = message;
    expect({ id, from, to, kind, sizeBytes, body, sentAtUs }).toEqual({
      ...outgoing(),
      id: 7,
      from: 3,
      sentAtUs: 5000,
    });
  });

  it("shares with the other receivers of a broadcast what is the same for them", () => {
    const packets = new Packets();
    expect(packets.of(3, 5000, outgoing({ to: 2 }))).toBe(packets.of(3, 5000, outgoing()));
  });

  it("shares nothing with a message that differs in sender, time, content, kind or size", () => {
    const packets = new Packets();
    const first = packets.of(3, 5000, outgoing());
    const others = [
      packets.of(4, 5000, outgoing()),
      packets.of(3, 5001, outgoing()),
      packets.of(3, 5000, outgoing({ body: { ...BODY } })),
      packets.of(3, 5000, outgoing({ kind: "answer" })),
      packets.of(3, 5000, outgoing({ sizeBytes: 101 })),
    ];
    expect(others.includes(first)).toBe(false);
    expect(others.map(({ from, sentAtUs, kind, sizeBytes }) => [from, sentAtUs, kind, sizeBytes])).toEqual([
      [4, 5000, "blocks", 100],
      [3, 5001, "blocks", 100],
      [3, 5000, "blocks", 100],
      [3, 5000, "answer", 100],
      [3, 5000, "blocks", 101],
    ]);
  });

  it("comes a second time as it is, or with another content under the same name", () => {
    const sent = new Flight(7, 1, new Packets().of(3, 5000, outgoing()));
    sent.isWhole = true;
    const copy = sent.again();
    expect([copy.id, copy.from, copy.to, copy.body, copy.sentAtUs, copy.isWhole]).toEqual([7, 3, 1, BODY, 5000, false]);
    const damaged = sent.again(outgoing({ kind: "garbage", body: "noise", sizeBytes: 9 }));
    expect([damaged.id, damaged.from, damaged.to, damaged.kind, damaged.sizeBytes, damaged.body]).toEqual([
      7,
      3,
      1,
      "garbage",
      9,
      "noise",
    ]);
  });
});
