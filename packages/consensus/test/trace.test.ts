// The running digest: equal effects, equal digests, and nothing that matters may change without changing it.

import { type Effect, Trace, renderEffect } from "@selvedge/consensus";
import { portableCrypto } from "@selvedge/integrity";
import { expect, test } from "vitest";
import { SingleEngine } from "./support/single-engine.ts";

function digestOfAll(...steps: readonly (readonly Effect[])[]): string {
  const trace = new Trace(portableCrypto.sha256);
  for (const step of steps) trace.record(step);
  return trace.digest;
}

test("equal effects give equal digests, whatever lies between two engines", () => {
  const digests = [0, 1].map(() => {
    const one = new SingleEngine();
    one.feed({ type: "start" });
    for (const row of one.tower([1, 2, 3], 6)) one.receive(1, ...row);
    one.fire("propose");
    return one.engine.traceDigest();
  });
  expect(digests[0]).toBe(digests[1]);
});

test("another delay, another order or a missing effect changes the digest", () => {
  const timer = (delayMs: number): Effect => ({ type: "setTimer", id: "propose", delayMs });
  const whole = digestOfAll([timer(1), timer(2)]);
  for (const other of [[timer(2), timer(1)], [timer(1)], [timer(1), timer(3)], []])
    expect(digestOfAll(other)).not.toBe(whole);
  expect(digestOfAll([timer(1)], [], [timer(2)])).toBe(digestOfAll([timer(1)], [timer(2)]));
});

test("blocks and commits are rendered by digest", () => {
  const one = new SingleEngine();
  one.feed({ type: "start" });
  for (const row of one.tower([1, 2, 3], 4)) one.receive(1, ...row);
  const commit = one.all.find(({ type }) => type === "commit");
  if (commit?.type !== "commit") throw new Error("nothing committed");
  const text = renderEffect(commit);
  expect(text).toContain(commit.sealed.digest);
  expect(text).toContain(commit.consensusStateDigest);
  expect(text.length).toBeLessThan(4000);
});
