// f silent, f equivocating, and hostile floods: safety and progress of the rest, and bounded memory.

import { TestNetwork } from "@selvedge/consensus/testing";
import { describe, expect, test } from "vitest";
import { expectAgreement, expectProgress, offerLoad, transactionsOutput } from "../support/network.ts";

const SIZES = [
  { size: 4, faulty: [1] },
  { size: 7, faulty: [2, 5] },
  { size: 10, faulty: [0, 4, 9] },
];

describe.each(SIZES)("n = $size", ({ size, faulty }) => {
  test("f silent validators stop nothing, and cost no timeout once their turns have passed", () => {
    const network = new TestNetwork({ size, absent: faulty, delay: (_message, random) => 8 + random.below(8) });
    offerLoad(network, { everyMs: 20, untilMs: 4000 });
    network.start();
    network.runUntil(4500);
    expectAgreement(network.hosts);
    expectProgress(network.hosts, 60);
    expect(transactionsOutput(network.honest[0] ?? network.host(3))).toHaveLength(200);
  });

  test("f equivocating validators neither split nor stop the others, and are found out", () => {
    const network = new TestNetwork({
      size,
      twins: faulty,
      seed: 5,
      delay: (_message, random) => 5 + random.below(40),
    });
    offerLoad(network, { everyMs: 20, untilMs: 2500 });
    for (const [position, host] of network.hosts.entries()) {
      if (network.honest.includes(host)) continue;
      for (let turn = 0; turn < 40; turn += 1) {
        const transactions = [Uint8Array.of(200, position, turn)];
        network.schedule(60 * turn, () => host.feed({ type: "localContent", updates: [], transactions, control: [] }));
      }
    }
    network.start();
    network.runUntil(3500);
    expectAgreement(network.honest);
    expectProgress(network.honest, 20);
    for (const host of network.honest) {
      expect(host.engine?.status().equivocators).toEqual(faulty);
      const proofs = host.faults.filter(({ type }) => type === "equivocation");
      expect(proofs).toHaveLength(faulty.length);
    }
    const honestLoad = transactionsOutput(network.honest[0] ?? network.host(3)).filter(
      (text) => !text.startsWith("200."),
    );
    expect(new Set(honestLoad).size).toBe(125);
  });
});
