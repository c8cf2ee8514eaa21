// An honest validator whose blocks reach the others late or not at all, while it hears everything (docs/protocol.md, D1).
// The others go on without it; what must hold is that they can go on with it as soon as one of them is gone, however many
// blocks it has made meanwhile, each on the one before.

import { type Message, TestNetwork } from "@selvedge/consensus/testing";
import { mustExist } from "@selvedge/integrity";
import { describe, expect, test } from "vitest";
import { expectAgreement, offerLoad } from "../support/network.ts";

const UNHEARD = 3;
const LOAD_UNTIL_MS = 12_000;

function networkWith(gcDepth: number, delay: (message: Message) => number | undefined): TestNetwork {
  const network = new TestNetwork({ size: 4, params: { gcDepth }, delay });
  network.start();
  offerLoad(network, { everyMs: 30, untilMs: LOAD_UNTIL_MS });
  return network;
}

/** How many rounds of the validator's blocks the host lacks, counted to the host's own newest. */
function lagOf(network: TestNetwork, author: number): number {
  const { store } = network.host(0);
  const roundOf = (index: number): number =>
    store.newestOf(mustExist(network.host(index).index, "no observer"))?.ref.round ?? 0;
  return roundOf(0) - roundOf(author);
}

/** Nobody has made progress alone: the three that are left commit something new soon. */
function expectGoesOnWithout(network: TestNetwork, crashed: number, withinMs: number): void {
  network.host(crashed).crash();
  const left = network.hosts.filter(({ isUp }) => isUp);
  network.runUntil(network.nowMs + 100);
  const before = left.map(({ commits }) => commits.length);
  const isMoving = (): boolean => left.every(({ commits }, position) => commits.length > (before[position] ?? 0) + 10);
  expect(network.runUntilTrue(isMoving, { untilMs: network.nowMs + withinMs })).toBe(true);
  expectAgreement(network.hosts);
}

describe("D1: an honest validator is not shut out by garbage collection", () => {
  test("blocks that always come behind gcRound are taken in, each on the one before", () => {
    const network = networkWith(4, ({ from }) => (from === UNHEARD ? 400 : 10));
    network.runUntil(5000);
    expect(network.host(0).commits.length).toBeGreaterThan(150);
    expect(lagOf(network, UNHEARD)).toBeLessThan(40);
    expectGoesOnWithout(network, 1, 5000);
  });

  test("after a time in which nothing of it arrived, its blocks are in again while the others go on", () => {
    const isLost = ({ from, sentAtMs }: Message): boolean => from === UNHEARD && sentAtMs > 1000 && sentAtMs < 5000;
    const network = networkWith(8, (message) => (isLost(message) ? undefined : 10));
    network.runUntil(5000);
    expect(lagOf(network, UNHEARD)).toBeGreaterThan(150);
    network.runUntil(6000);
    expect(lagOf(network, UNHEARD)).toBeLessThan(5);
    expect(network.host(UNHEARD).commits.length).toBeGreaterThan(150);
  });

  test("and if one of the others is gone by then, the three that are left go on at once", () => {
    const isLost = ({ from, sentAtMs }: Message): boolean => from === UNHEARD && sentAtMs > 1000 && sentAtMs < 5000;
    const network = networkWith(60, (message) => (isLost(message) ? undefined : message.from === UNHEARD ? 50 : 10));
    network.runUntil(4999);
    expectGoesOnWithout(network, 1, 5000);
  });
});
