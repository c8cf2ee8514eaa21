// What an adversary from a file can do to a run other than through its answers: nothing. And whatever it throws or answers, it
// is the one that failed.

import { describe, expect, test } from "vitest";
import type { Adversary, MessageView } from "../../src/adversary/adversary.ts";
import { guarded } from "../../src/adversary/guard.ts";
import { ADVERSARY_DELAY_MAX_MS, ADVERSARY_MESSAGE_MAX_BYTES } from "../../src/adversary/limits.ts";
import type { RunResult } from "../../src/run/result.ts";
import { runScenario } from "../../src/run/run-scenario.ts";
import { goodScenario } from "../run/scenarios.ts";
import { FakeWorld } from "./fake-world.ts";

const SCENARIO = goodScenario({ durationMs: 800 });

function runGuarded(hooks: Partial<Adversary>): RunResult {
  return runScenario(SCENARIO, { adversaries: [guarded({ name: "mine", power: "content", ...hooks })] });
}

const failed = (message: string): unknown => expect.objectContaining({ code: "SIM_ADVERSARY_FAILED", message });

function writeAll(value: unknown): void {
  if (value instanceof Uint8Array) value.fill(0);
  else if (typeof value === "object" && value !== null) for (const item of Object.values(value)) writeAll(item);
}

describe("what it is shown", () => {
  test("bytes are copies: overwriting them changes nothing", () => {
    const delays: Partial<Adversary> = { onMessage: () => ({ type: "delay", ms: 1 }) };
    const writes = runGuarded({
      onMessage: ({ blocks }) => {
        writeAll(blocks);
        return { type: "delay", ms: 1 };
      },
    });
    expect(writes.verdict).toBe("PASS");
    expect(writes.traceDigest).toBe(runGuarded(delays).traceDigest);
  });

  test("the bytes of what a corrupted node sends are copies as well, and an answer stands for the original", () => {
    const hooks = (isWriting: boolean): Partial<Adversary> => ({
      nodes: [3],
      onEmit: (_node, emission) => {
        if (isWriting) writeAll([emission.body, emission.blocks]);
        return [emission, { ...emission, to: 0 }];
      },
    });
    const writes = runGuarded(hooks(true));
    expect(writes.verdict).toBe("PASS");
    expect(writes.traceDigest).toBe(runGuarded(hooks(false)).traceDigest);
  });

  test.each([
    [
      "a reference",
      ({ blocks }: MessageView) => Object.assign(blocks[0]?.ref ?? Object.freeze({ author: 0 }), { author: 1 }),
    ],
    ["the list of blocks", ({ blocks }: MessageView) => Object.assign(blocks, { length: 0 })],
    ["a message", (message: MessageView) => Object.assign(message, { to: 1 })],
  ])("%s is frozen: writing to it ends the run", (_what, write) => {
    const onMessage = (message: MessageView): undefined => {
      if (message.blocks.length > 0) write(message);
    };
    expect(() => runGuarded({ onMessage })).toThrow(failed(expect.stringContaining("onMessage threw")));
  });

  test("the committee is frozen through and through", () => {
    const start: Adversary["start"] = ({ committee }) => {
      expect(Object.isFrozen(committee)).toBe(true);
      expect(Object.isFrozen(committee.validators)).toBe(true);
      expect(committee.validators.every((validator) => Object.isFrozen(validator))).toBe(true);
      writeAll(committee);
    };
    expect(runGuarded({ start }).findings.map(({ class: kind }) => kind)).toEqual(["silent-fault"]);
  });

  test("blocks are not looked at before the adversary does", () => {
    const world = new FakeWorld();
    let reads = 0;
    const message: MessageView = {
      id: 0,
      from: 0,
      to: 1,
      kind: "blocks",
      sizeBytes: 1,
      sentAtMs: 0,
      get blocks() {
        reads += 1;
        return [];
      },
    };
    guarded({ name: "m", power: "timing", onMessage: ({ id }) => void id }).onMessage?.(message, world.port);
    expect(reads).toBe(0);
    guarded({ name: "m", power: "timing", onMessage: ({ blocks }) => void blocks }).onMessage?.(message, world.port);
    expect(reads).toBe(1);
  });

  test("it sends the blocks that it was shown or has forged, and no others", () => {
    const world = new FakeWorld();
    const [blocks = []] = world.dag(1);
    const sends = (change: object): Adversary =>
      guarded({
        name: "m",
        power: "content",
        onEmit: (node, { blocks: [own] }, port) => {
          if (own !== undefined) port.sendBlocksAs(node, 0, [Object.assign(own, change)]);
          return [];
        },
      });
    sends({}).onEmit?.(3, world.push(1, blocks.slice(3)), world.port);
    expect(world.sent[0]?.blocks[0]).toBe(blocks[3]);
    const handmade = guarded({
      name: "m",
      power: "content",
      onEmit: (node, { blocks: [own] }, port) => {
        if (own !== undefined) port.sendBlocksAs(node, 0, [{ ...own }]);
        return [];
      },
    });
    expect(() => handmade.onEmit?.(3, world.push(1, blocks.slice(3)), world.port)).toThrow(
      failed(expect.stringContaining("a block must be one that it was shown or has forged")),
    );
  });
});

describe("a broken adversary is named as such", () => {
  const unreadable: unknown = new Proxy(
    {},
    {
      get: () => {
        throw new Error("trap");
      },
    },
  );
  const answers: readonly (readonly [string, () => unknown, string])[] = [
    ["an answer that throws when it is read", () => unreadable, "onMessage threw: trap"],
    ["a delay above the bound", () => ({ type: "delay", ms: ADVERSARY_DELAY_MAX_MS + 1 }), "onMessage must answer"],
    [
      "an object without a prototype, thrown",
      () => {
        throw Object.create(null);
      },
      "onMessage threw: an object with nothing",
    ],
    [
      "something unreadable, thrown",
      () => {
        throw unreadable;
      },
      "onMessage threw: ",
    ],
  ];
  test.each(answers)("%s", (_what, answer, message) => {
    const adversary = guarded({ name: "m", power: "timing", onMessage: answer } as unknown as Adversary);
    expect(() => new FakeWorld().message(adversary, { from: 0, to: 1 })).toThrow(
      failed(expect.stringContaining(message)),
    );
  });

  test("each member of an answer is read once", () => {
    let reads = 0;
    const answer = {
      type: "delay",
      get ms() {
        reads += 1;
        return reads === 1 ? 5 : Number.NaN;
      },
    } as const;
    const adversary = guarded({ name: "m", power: "timing", onMessage: () => answer });
    expect(new FakeWorld().message(adversary, { from: 0, to: 1 })).toEqual({ type: "delay", ms: 5 });
    expect(reads).toBe(1);
  });

  test("an emission above the bound", () => {
    const world = new FakeWorld();
    const emits = (sizeBytes: number): Adversary =>
      guarded({ name: "m", power: "timing", onEmit: (_node, emission) => [{ ...emission, sizeBytes }] });
    const emit = (sizeBytes: number): unknown => emits(sizeBytes).onEmit?.(3, world.push(0, []), world.port);
    expect(emit(ADVERSARY_MESSAGE_MAX_BYTES)).toHaveLength(1);
    expect(() => emit(ADVERSARY_MESSAGE_MAX_BYTES + 1)).toThrow(failed(expect.stringContaining("onEmit must answer")));
  });

  test.each([0.5, -1, Number.NaN, "7"])("an emission of %s bytes", (sizeBytes) => {
    const world = new FakeWorld();
    const emits = guarded({
      name: "m",
      power: "timing",
      onEmit: (_node, emission) => [{ ...emission, sizeBytes: sizeBytes as number }],
    });
    const wanted = "onEmit must answer emissions to nodes 0 to 3 of a whole number of bytes, at most 1073741824, not";
    expect(() => emits.onEmit?.(3, world.push(0, []), world.port)).toThrow(failed(expect.stringContaining(wanted)));
  });

  test("a failure that it catches itself still ends the run", () => {
    const adversary = guarded({
      name: "m",
      power: "timing",
      onMessage: (_message, port) => {
        try {
          port.isUp(9);
        } catch {
          // As careless code does.
        }
        return undefined;
      },
    });
    expect(() => new FakeWorld().message(adversary, { from: 0, to: 1 })).toThrow(
      failed(expect.stringContaining("there is no node 9")),
    );
  });

  test("and so does one that the world finds: a choice without sense", () => {
    const start: Adversary["start"] = ({ choices }) => {
      try {
        choices.below(0);
      } catch {
        // As careless code does.
      }
    };
    expect(() => runGuarded({ start })).toThrow(failed(expect.stringContaining("choices.below needs a whole number")));
  });

  test("a message that is none is named as what it is", () => {
    const start: Adversary["start"] = ({ sendAs }) => void sendAs(3, "garbage" as never);
    expect(() => runGuarded({ start, nodes: [3] })).toThrow(
      failed(expect.stringContaining('sendAs needs an emission, not "garbage"')),
    );
  });
});
