// What must be safe before a range is taken in: the range passes blocks of ours by, with acks that are due again (U5) and that
// our end marker has to list (§11).

import type { PersistEffect } from "@selvedge/consensus";
import { TestNetwork } from "@selvedge/consensus/testing";
import { pino } from "pino";
import { expect, test, vi } from "vitest";
import { CatchUp, type CatchUpSetup } from "../../src/sync/catch-up.ts";

const SELF = 3;

test("our acks and their headers are kept before anything of the range is asked for, and the new engine is told where we are", async () => {
  const network = new TestNetwork({ size: 4 });
  const update = network.chain.update(0, 1);
  network.start();
  network.schedule(100, () =>
    network.host(0).feed({ type: "localContent", updates: [update], transactions: [], control: [] }),
  );
  network.runUntil(400);
  const { store } = network.host(SELF);
  const own = store.blocks.filter(({ ref }) => ref.author === SELF);
  expect(own.flatMap(({ body }) => body.acks.map((ack) => ack.update))).toEqual([update.digest]);

  const order: string[] = [];
  const kept: PersistEffect[] = [];
  const stop = new AbortController();
  const setup = {
    peers: { connected: [0], stopped: stop.signal },
    certificates: {
      above: async () => ({ statement: { index: 10_000 } }),
      // None on the way, and the newest is too far.
      next: async () => {
        order.push("range");
        return null;
      },
    },
    chain: {
      persist: async (effect: PersistEffect) => {
        order.push("kept");
        kept.push(effect);
      },
    },
    engine: {
      status: () => ({ lastCommitIndex: 0 }),
      replace: () => order.push("engine"),
      noteSynced: () => undefined,
    },
    engineSetup: network.chain.setupOf(SELF),
    restoreEngine: async () => store.recover(network.host(SELF).index),
    host: {
      rebase: async (work: () => Promise<void>) => {
        await work();
        order.push("host goes on");
      },
    },
    goOn: () => order.push("told"),
    logger: pino({ level: "silent" }),
    onFatal: (error: unknown) => order.push(String(error)),
  };
  const catchUp = new CatchUp(setup as unknown as CatchUpSetup);
  catchUp.start();
  await vi.waitFor(() => expect(order).toContain("told"), { timeout: 10_000 });
  stop.abort();
  await catchUp.stop();
  expect(order.slice(0, 5)).toEqual(["kept", "range", "engine", "host goes on", "told"]);
  expect(kept[0]?.sync).toBe(true);
  expect(kept[0]?.acksDue).toEqual([{ update: update.digest, score: null }]);
  expect(kept[0]?.unseen.map(({ digest }) => digest)).toEqual([update.digest]);
});
