// A body that an adversary makes up: one that no process could read ends the run in the adversary's name, never in that of
// an honest node and never in silence.

import { describe, expect, test } from "vitest";
import type { Adversary, Emission } from "../../src/adversary/adversary.ts";
import { guarded } from "../../src/adversary/guard.ts";
import type { RunResult } from "../../src/run/result.ts";
import { runScenario } from "../../src/run/run-scenario.ts";
import { goodScenario } from "../run/scenarios.ts";

const MINE = { name: "mine", power: "oblivious", nodes: [3] } as const;

type Made = (body: unknown) => unknown;

function runWith(adversary: Adversary, protocol: string): RunResult {
  return runScenario(goodScenario({ durationMs: 600, protocol: { name: protocol } }), {
    adversaries: [guarded(adversary)],
  });
}

const emitting = (made: Made): Adversary => ({
  ...MINE,
  onEmit: (_node, emission) => [{ ...emission, body: made(emission.body), blocks: emission.blocks }],
});

const sending = (body: unknown): Adversary => ({
  ...MINE,
  start: (world) =>
    world.after(100, () => {
      try {
        world.sendAs(3, { to: 0, kind: "x", sizeBytes: 5, body });
      } catch {
        // As careless code does.
      }
    }),
});

/** As the adversary of a file sees it: anything. */
function changedBlocks(body: unknown, change: (block: Emission["blocks"][number]) => object): unknown {
  const { blocks } = body as { readonly blocks?: Emission["blocks"] };
  return blocks === undefined ? body : { ...(body as object), blocks: blocks.map((block) => change(block)) };
}

const failed = (message: string): unknown =>
  expect.objectContaining({ code: "SIM_ADVERSARY_FAILED", message: expect.stringContaining(message) });

describe("a body without sense", () => {
  const bodies: readonly (readonly [string, unknown, string])[] = [
    ["a number", 42, "it is no object"],
    ["no type", {}, "its type must be one of blocks, fetch"],
    ["an unknown type", { type: "nope" }, "its type must be one of blocks, fetch"],
    ["a type that every object has", { type: "toString" }, "its type must be one of blocks, fetch"],
    ["blocks without blocks", { type: "blocks" }, "blocks of a body of type blocks must be a list of blocks"],
    ["what is no block", { type: "blocks", blocks: [{}], request: null }, "blocks of a body of type blocks must be"],
    ["blocks without a request", { type: "blocks", blocks: [] }, "request of a body of type blocks must be null or"],
    ["a fetch without references", { type: "fetch", request: { life: 1, fetchId: 1 } }, "refs of a body of type fetch"],
    ["a range without rounds", { type: "fetchRange", request: { life: 1, fetchId: 1 } }, "rounds of a body of type"],
    ["a payload without bytes", { type: "payload" }, "payload of a body of type payload must be a Uint8Array"],
    ["a payload's root that is none", { type: "payloadRequest" }, "root of a body of type payloadRequest"],
    ["bytes that are none", { type: "bytes", bytes: [1] }, "bytes of a body of type bytes must be a Uint8Array"],
    ["an answer without blocks", { type: "newest", life: 0 }, "ours of a body of type newest must be null or a block"],
  ];

  test.each(bodies)("%s, emitted", (_what, body, message) => {
    expect(() =>
      runWith(
        emitting(() => body),
        "selvedge",
      ),
    ).toThrow(failed(`adversary mine: onEmit answered a message without sense: its body: ${message}`));
  });

  test.each(bodies)("%s, sent, even if it catches the error", (_what, body, message) => {
    expect(() => runWith(sending(body), "selvedge")).toThrow(
      failed(`adversary mine: sendAs was given a message without sense: its body: ${message}`),
    );
  });

  test("in the baseline, too", () => {
    const handmade = emitting((body) => ({ ...(body as object), view: 1 }));
    expect(() => runWith(handmade, "hotstuff")).toThrow(failed("it must be one that it was shown, or"));
    expect(() => runWith(sending({ type: "proposal" }), "hotstuff")).toThrow(
      failed("it must be one that it was shown"),
    );
  });
});

describe("a block in a body", () => {
  test("that says what its bytes do not is no block", () => {
    const lies: readonly ((block: Emission["blocks"][number]) => object)[] = [
      (block) => ({ ...block, ref: { ...block.ref, author: 1 } }),
      (block) => ({ ...block, body: { ...block.body, transactions: [] } }),
      ({ ref, bytes }) => ({ ref, bytes }),
    ];
    for (const lie of lies)
      expect(() =>
        runWith(
          emitting((body) => changedBlocks(body, lie)),
          "selvedge",
        ),
      ).toThrow(failed("it says what its bytes do not"));
  });

  test("may be another object that says the same, and one that was forged", () => {
    const copies = runWith(
      emitting((body) => changedBlocks(body, (block) => ({ ...block }))),
      "selvedge",
    );
    expect(copies.findings.map(({ class: kind }) => kind)).toEqual(["silent-fault"]);
    const forges = runWith(
      {
        ...MINE,
        onEmit: (node, emission, world) =>
          emission.blocks.length === 0
            ? undefined
            : [
                {
                  ...emission,
                  body: changedBlocks(
                    emission.body,
                    ({ ref: { round } }) => world.forge(node, { round, parents: [] }) ?? {},
                  ),
                },
              ],
      },
      "selvedge",
    );
    expect(forges.verdict).toBe("PASS");
    expect(forges.fired["mine"]).toBeGreaterThan(5);
  });
});

test("what every receiver may be sent besides: other bodies of the protocol, and bytes of any kind", () => {
  const bodies = [
    { type: "fetch", request: { life: 1, fetchId: 7 }, refs: [{ round: 1, author: 0, digest: "00" }] },
    { type: "fetchRange", request: { life: 1, fetchId: 7 }, rounds: { fromRound: 1, toRound: 1e9 } },
    { type: "newestRequest", life: 3 },
    { type: "newest", life: 1, ours: null, theirs: null, vouches: true },
    { type: "payload", payload: new Uint8Array(3) },
    { type: "payloadRequest", root: "00" },
    { type: "bytes", bytes: new Uint8Array(3) },
  ];
  for (const body of bodies) expect(runWith(sending(body), "selvedge").findings).toEqual([]);
});
