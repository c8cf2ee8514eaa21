// Adversaries from files: what loads, what is said about what does not, and what becomes of a run whose adversary fails.

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { AdversaryError } from "../../src/adversary/adversary-error.ts";
import type { Adversary } from "../../src/adversary/adversary.ts";
import { guarded } from "../../src/adversary/guard.ts";
import { loadAdversary } from "../../src/adversary/load-adversary.ts";
import { FakeWorld } from "./fake-world.ts";

let folder = "";
let fileCount = 0;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "selvedge-adversary-"));
});

afterAll(() => rmSync(folder, { recursive: true }));

function file(text: string, extension = ".ts"): string {
  fileCount += 1;
  const path = join(folder, `mine-${fileCount}${extension}`);
  writeFileSync(path, text);
  return path;
}

async function failureOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    if (error instanceof AdversaryError) return `${error.code}: ${error.message}`;
    throw error;
  }
  return "none";
}

describe("what loads", () => {
  test("a TypeScript file outside of the workspace that imports our types", async () => {
    const path = file(`
      import type { Adversary, MessageView } from "@selvedge/sim";
      const mine: Adversary = { name: "mine", power: "timing", onMessage: (m: MessageView) => ({ type: "delay", ms: m.to }) };
      export default mine;
    `);
    const world = new FakeWorld();
    expect(world.message(await loadAdversary(path), { from: 0, to: 2 })).toEqual({ type: "delay", ms: 2 });
  });

  test("a plain module that makes a fresh adversary each time, with options", async () => {
    const path = file(
      `export default ({ ms }) => { let n = 0; return { name: "m", power: "timing", onMessage: () => ({ type: "delay", ms: ms + n++ }) }; };`,
      ".mjs",
    );
    const world = new FakeWorld();
    const [first, second] = [await loadAdversary(path, { ms: 5 }), await loadAdversary(path, { ms: 5 })];
    const delays = [first, first, second].map((each) => world.message(each, { from: 0, to: 1 }));
    expect(delays.map((verdict) => verdict?.type === "delay" && verdict.ms)).toEqual([5, 6, 5]);
  });

  test("an adversary that is an instance of a class keeps its `this`", async () => {
    const path = file(`
      class Mine { name = "mine"; power = "timing"; onMessage = undefined as never; count = 0; }
      export default { name: "mine", power: "timing", onMessage() { return { type: "delay", ms: this.name.length }; } };
    `);
    expect(new FakeWorld().message(await loadAdversary(path), { from: 0, to: 1 })).toEqual({ type: "delay", ms: 4 });
  });
});

test("Node itself loads it: our types are stripped, nothing of ours is resolved from where the file lies", () => {
  const mine = (importLine: string): string =>
    file(`${importLine}
      export default (): Adversary => ({ name: "from afar", power: "timing", onMessage: () => undefined });`);
  const loader = new URL("../../src/adversary/load-adversary.ts", import.meta.url).href;
  const loaded = (path: string): string => {
    const script = `import { loadAdversary } from "${loader}";
      console.log(await loadAdversary(${JSON.stringify(path)}).then(({ name }) => name, ({ message }) => message));`;
    return execFileSync(process.execPath, ["--input-type=module", "--eval", script], {
      encoding: "utf8",
      cwd: folder,
    }).trim();
  };
  expect(loaded(mine('import type { Adversary } from "@selvedge/sim";'))).toBe("from afar");
  expect(loaded(mine('import { type Adversary } from "@selvedge/sim";'))).toContain(
    "for types alone write `import type",
  );
});

describe("what it is, it is for the whole run", () => {
  test("each member is read once: a getter cannot pass the checks and then say something else", async () => {
    const path = file(
      `let reads = 0;
      export default { name: "m", power: "adaptive", start() {}, nodes: [1],
        get budget() { reads += 1; return reads > 1 ? { nodes: NaN } : { nodes: 1 }; } };`,
      ".mjs",
    );
    expect((await loadAdversary(path)).budget).toEqual({ nodes: 1 });
  });

  test("its budget and its nodes are copies, which nothing can change afterwards", async () => {
    const path = file(
      `const [budget, nodes] = [{ nodes: 1 }, [1]];
      export default { name: "m", power: "adaptive", budget, nodes, start() { budget.nodes = NaN; nodes.push(2); } };`,
      ".mjs",
    );
    const adversary = await loadAdversary(path);
    adversary.start?.(new FakeWorld().port);
    expect(adversary).toMatchObject({ budget: { nodes: 1 }, nodes: [1] });
    expect([adversary, adversary.budget, adversary.nodes].every((each) => Object.isFrozen(each))).toBe(true);
  });

  test.each([
    ["a name that is read a second time", "{ get name() { reads += 1; return reads > 1 ? Symbol('x') : 'n'; }"],
    ["a list of nodes that grows as it is read", "{ name: 'n', get nodes() { reads += 1; return [reads]; }"],
  ])("%s", async (_what, members) => {
    const path = file(`let reads = 0; export default ${members}, power: "timing", start() {} };`, ".mjs");
    const { name, nodes = [1] } = await loadAdversary(path);
    expect([name, nodes]).toEqual(["n", [1]]);
  });

  test("and a member that throws is told of, not thrown", async () => {
    const path = file(`export default { get name() { throw new Error("not yet"); }, power: "timing" };`, ".mjs");
    expect(await failureOf(loadAdversary(path))).toContain("the default export is no adversary: not yet");
  });
});

describe("what does not load says why", () => {
  const cases: readonly (readonly [string, string, string])[] = [
    ["export const x = 1;", ".ts", "SIM_ADVERSARY_SHAPE: "],
    ["export const x = 1;", ".ts", "has no default export: it exports x"],
    ["export default 5;", ".mjs", "the default export is no adversary: it is 5, not an object"],
    ["export default { power: 'timing' };", ".mjs", "name must be a text"],
    [
      "export default { name: 'a', power: 'god' };",
      ".mjs",
      'power must be one of oblivious, timing, content, adaptive, not "god"',
    ],
    ["export default { name: 'a', power: 'timing' };", ".mjs", "it does nothing"],
    ["export default { name: 'a', power: 'timing', onMessage: 1 };", ".mjs", "onMessage must be a function"],
    ["export default { name: 'a', power: 'timing', onMesage: () => {} };", ".mjs", "it has a member onMesage"],
    [
      "export default { name: 'a', power: 'timing', start() {}, budget: { node: 1 } };",
      ".mjs",
      "budget.node must be one of",
    ],
    [
      "export default { name: 'a', power: 'timing', start() {}, nodes: [-1] };",
      ".mjs",
      "nodes must be a list of node numbers",
    ],
    ["export default () => { throw new Error('no luck'); };", ".mjs", "the exported function failed: no luck"],
    ["export default async () => ({});", ".mjs", "it must not be async"],
    ["export default class { }", ".mjs", "the exported function failed"],
    ["const x = ;", ".mjs", "SIM_ADVERSARY_FILE: "],
    ["throw new Error('at once');", ".mjs", "does not load: at once"],
  ];
  test.each(cases)("%s", async (text, extension, message) => {
    expect(await failureOf(loadAdversary(file(text, extension)))).toContain(message);
  });

  test("no such file, a folder, another kind of file", async () => {
    expect(await failureOf(loadAdversary(join(folder, "none.ts")))).toContain("SIM_ADVERSARY_FILE");
    expect(await failureOf(loadAdversary(`${folder}/.`))).toContain("an adversary is a .ts");
    expect(await failureOf(loadAdversary(file("{}", ".json")))).toContain("an adversary is a .ts");
  });
});

describe("a failing adversary ends the run with an error of its own, never with a verdict", () => {
  const world = new FakeWorld();
  const failing: readonly (readonly [string, Partial<Adversary>, string])[] = [
    [
      "throws",
      {
        onMessage: () => {
          throw new Error("oops");
        },
      },
      "onMessage threw: oops",
    ],
    [
      "answers nonsense",
      { onMessage: () => ({ type: "delay", ms: Number.NaN }) },
      "onMessage must answer undefined or",
    ],
    [
      "asks for what is not there",
      {
        onMessage: (_message, port) => {
          port.corrupt(9);
          return undefined;
        },
      },
      "there is no node 9",
    ],
    [
      "sets a timer in the past",
      {
        onMessage: (_message, port) => {
          port.after(-1, () => undefined);
          return undefined;
        },
      },
      "after needs a number",
    ],
  ];
  test.each(failing)("%s", (_what, hooks, message) => {
    const adversary = guarded({ name: "mine", power: "adaptive", ...hooks });
    const run = (): unknown => world.message(adversary, { from: 0, to: 1 });
    expect(run).toThrow(AdversaryError);
    expect(run).toThrow(message);
  });

  test("in a timer, in a predicate, at the start, and in what a corrupted node sends", () => {
    const late = guarded({
      name: "m",
      power: "timing",
      start: (port) =>
        port.after(5, () => {
          throw new Error("late");
        }),
    });
    const fresh = new FakeWorld();
    late.start?.(fresh.port);
    expect(() => fresh.runUntil(10)).toThrow("adversary m: after threw: late; the run was given up and has no verdict");
    const asynchronous = { name: "m", power: "timing", start: async () => undefined } as unknown as Adversary;
    expect(() => guarded(asynchronous).start?.(world.port)).toThrow("a promise (hooks are synchronous)");
    const emits = (answer: unknown): (() => unknown) => {
      const adversary = guarded({ name: "m", power: "timing", onEmit: () => answer } as unknown as Adversary);
      return () => adversary.onEmit?.(3, world.push(0, []), world.port);
    };
    expect(emits(5)).toThrow("onEmit must answer undefined or a list of emissions, not 5");
    expect(emits([{ to: 9, kind: "x", sizeBytes: 1, body: null, blocks: [] }])).toThrow("emissions to nodes 0 to 3");
    expect(emits([world.push(2, [])])()).toHaveLength(1);
    expect(emits(undefined)()).toBeUndefined();
    const receives = guarded({ name: "m", power: "timing", onReceive: () => "no" } as unknown as Adversary);
    const message = { id: 0, from: 0, to: 3, kind: "blocks", sizeBytes: 1, sentAtMs: 0, blocks: [] };
    expect(() => receives.onReceive?.(3, message, world.port)).toThrow(
      "onReceive must answer undefined, true or false",
    );
  });
});

describe("the examples load and act", () => {
  const example = (name: string): Promise<Adversary> =>
    loadAdversary(join(import.meta.dirname, "../../examples", name));

  test("hide-leaders holds leader blocks and releases them", async () => {
    const adversary = await example("hide-leaders.ts");
    const world = new FakeWorld();
    const [first = [], second = []] = world.dag(2);
    const held = [0, 2, 3].map((to) => world.message(adversary, { from: 1, to, blocks: first.slice(1, 2) })?.type);
    expect(held).toEqual([undefined, "hold", "hold"]);
    world.message(adversary, { from: 2, to: 1, blocks: second.slice(2, 3) });
    expect(world.released).toHaveLength(1);
  });

  test("silence-leaders corrupts within its budget and equivocates", async () => {
    const adversary = await example("silence-leaders.ts");
    const world = new FakeWorld({ corrupted: [], corruptMax: 1 });
    world.highestRound = 3;
    world.message(adversary, { from: 0, to: 1 });
    expect([...world.port.corrupted()]).toEqual([3]);
    const [blocks = []] = world.dag(1);
    const own = blocks.slice(3, 4);
    const sent = adversary.onEmit?.(3, world.push(1, own), world.port) ?? [];
    expect(sent[0]?.blocks[0]?.ref).not.toEqual(own[0]?.ref);
    expect(adversary.onEmit?.(3, world.push(0, own), world.port)).toBeUndefined();
    expect(adversary.onEmit?.(3, world.push(2, own), world.port)).toEqual([]);
  });
});
