// An answer is for the process that asked (docs/protocol.md §11): the daemon binds it to the stream of the request, which a
// restart ends. Two processes of one node, one after the other on one disk, hear what the world brings them.

import { expect, it } from "vitest";
import { type SelvedgeBody, isFor } from "../../src/process/selvedge-message.ts";
import { createSelvedgeChain } from "../../src/process/selvedge-protocol.ts";
import { FaultyDisk } from "../../src/process/sim-disk.ts";
import { goodScenario } from "../run/scenarios.ts";
import { type Life, deliver, started } from "./life.ts";

it("an answer to a question of the node's earlier life counts for nothing, one to its own does", () => {
  const local = { doppelgangerRounds: 4 };
  const chain = createSelvedgeChain(goodScenario({ protocol: { name: "selvedge", local } }), "both", undefined);
  const disk = new FaultyDisk(() => 0);
  const others = [1, 2, 3].map((index) => ({ index, life: started(chain, index) }));
  const answersTo = (asker: Life): (() => void)[] =>
    others.map(({ index, life }) => {
      const asked = asker.sent.filter(({ to, kind }) => to === index && kind === "newestRequest");
      life.sent.length = 0;
      deliver(life, 0, asked);
      const answers = life.sent.filter(({ to, kind }) => to === 0 && kind === "newest");
      expect(answers).toHaveLength(1);
      return () => deliver(second, index, answers);
    });
  const first = started(chain, 0, disk);
  const second = started(chain, 0, disk);
  const isAsking = (): boolean => second.process.status().isAsking === true;
  for (const arrive of answersTo(first)) arrive();
  expect(isAsking()).toBe(true);
  for (const arrive of answersTo(second)) arrive();
  expect(isAsking()).toBe(false);
});

it("so it is with fetched blocks, whose requests have the same numbers in every life; pushed ones are for whoever lives", () => {
  const answer: SelvedgeBody = { type: "blocks", blocks: [], request: { life: 2, fetchId: 1 } };
  expect([1, 2, 3].map((life) => isFor(life, answer))).toEqual([false, true, false]);
  expect(isFor(1, { type: "blocks", blocks: [], request: null })).toBe(true);
});
