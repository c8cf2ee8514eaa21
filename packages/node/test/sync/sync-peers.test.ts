// Whom a node asks that catches up: a peer that is slow on purpose is asked when nobody else is left.

import { type ValidatorIndex, validatorIndex } from "@selvedge/integrity";
import { expect, it } from "vitest";
import type { Transport } from "../../src/network/transport.ts";
import { NothingHere, SyncPeers } from "../../src/sync/sync-peers.ts";

class Played {
  readonly asked: number[] = [];
  nowMs = 1;
  readonly peers = new SyncPeers({
    transport: {
      peers: () =>
        [0, 1].map((index) => ({ remote: { kind: "validator", index }, isConnected: true })) as unknown as ReturnType<
          Transport["peers"]
        >,
    } as unknown as Transport,
    self: null,
    stopped: new AbortController().signal,
    nowMs: () => this.nowMs,
    pauseMs: 1,
  });

  /** Answered after so long. */
  ask(tookMs: (peer: ValidatorIndex) => number): Promise<void> {
    return this.peers.ask(async (peer) => {
      this.asked.push(peer);
      this.nowMs += tookMs(peer);
    });
  }
}

it("F71: a peer that gives a little just in time is asked after the others from then on", async () => {
  const played = new Played();
  const slowFirst = (peer: ValidatorIndex): number => (peer === 0 ? 4_900 : 10);
  for (let turn = 0; turn < 5; turn += 1) await played.ask(slowFirst);
  expect(played.asked).toEqual([0, 1, 1, 1, 1]);
  played.nowMs += 60_000;
  await played.ask(slowFirst);
  expect(played.asked.at(-1)).toBe(0);
});

it("it is asked all the same where the others have nothing, and where all are slow", async () => {
  const played = new Played();
  await played.ask(() => 4_900);
  await played.ask(() => 4_900);
  await played.ask(() => 4_900);
  expect(played.asked).toEqual([0, 1, 0]);
  const only = await played.peers.ask(async (peer) => {
    if (peer === validatorIndex(1)) throw new NothingHere();
    return peer;
  });
  expect(only).toBe(0);
});
