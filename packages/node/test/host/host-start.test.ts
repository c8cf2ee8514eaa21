// An engine's first input is `start`, whatever was handed in before: in a change of epoch, transactions arrive while the
// next engine is being made.

import type { ConsensusEngine, InputEvent } from "@selvedge/consensus";
import { expect, test } from "vitest";
import { Host, type HostSetup } from "../../src/host/host.ts";
import { Mailbox } from "../../src/host/mailbox.ts";

test("what was submitted before the start comes after it", async () => {
  const mailbox = new Mailbox<InputEvent>();
  const handled: string[] = [];
  const all = Promise.withResolvers<void>();
  const engine = {
    handle: (input: InputEvent) => {
      handled.push(input.type);
      if (handled.length === 2) all.resolve();
      return [];
    },
  } as unknown as ConsensusEngine;
  const setup = {
    mailbox,
    engine,
    executor: { roomToRunAhead: () => undefined },
    observer: { onFatal: (error: unknown) => all.reject(error) },
    nowMs: () => 0,
  } as unknown as HostSetup;
  const host = new Host(setup);
  await host.submit({ type: "localContent", control: [], updates: [], transactions: [new Uint8Array(1)] });
  host.start();
  await all.promise;
  await host.stop();
  expect(handled).toEqual(["start", "localContent"]);
});
