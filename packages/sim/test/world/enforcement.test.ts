// Power and budget: the world gives an adversary what it may have and counts what it was refused (G17).

import { describe, expect, it } from "vitest";
import type { Adversary, AdversaryWorld } from "../../src/adversary/adversary.ts";
import type { RunResult } from "../../src/run/result.ts";
import { runScenario } from "../../src/run/run-scenario.ts";
import { goodScenario } from "../run/scenarios.ts";

function runWith(adversary: Adversary): RunResult {
  return runScenario(goodScenario({ durationMs: 1500 }), { adversaries: [adversary] });
}

describe("the adversary's power", () => {
  it("oblivious sees no message; timing sees them closed; content reads them", () => {
    const seen = { oblivious: 0, timing: 0, content: 0, opened: 0 };
    for (const power of ["oblivious", "timing", "content"] as const) {
      runWith({
        name: "reader",
        power,
        start: (world) => world.acted("looked"),
        onMessage: ({ blocks }) => {
          seen[power] += 1;
          if (blocks.length > 0 && power !== "content") seen.opened += 1;
          return undefined;
        },
      });
    }
    expect(seen.oblivious).toBe(0);
    expect(seen.timing).toBeGreaterThan(100);
    expect(seen.content).toBe(seen.timing);
    expect(seen.opened).toBe(0);
  });

  it("only adaptive corrupts, and only within the budget", () => {
    const corruptAll = (world: AdversaryWorld): void => {
      world.acted("tried");
      for (let node = 0; node < world.size; node += 1) world.corrupt(node);
    };
    const timid = runWith({ name: "timid", power: "content", start: corruptAll });
    expect(timid.adversary["nodesUsed"]).toBe(0);
    expect(timid.adversary["refused.corrupt without adaptive power"]).toBe(4);
    const bold = runWith({ name: "bold", power: "adaptive", start: corruptAll });
    expect(bold.adversary["nodesUsed"]).toBe(1);
    expect(bold.adversary["refused.nodes"]).toBe(3);
    expect(bold.verdict).toBe("PASS");
  });

  it("messages of honest nodes are not dropped: they are held, and let go when the chaos ends", () => {
    const result = runWith({
      name: "dropper",
      power: "timing",
      onMessage: ({ to }, world) => {
        if (to !== 3) return undefined;
        world.acted("dropped");
        return { type: "drop" };
      },
    });
    expect(result.adversary["refused.drop"]).toBeGreaterThan(50);
    expect(result.verdict).toBe("PASS");
  });

  it("messages and delay are bounded by the budget", () => {
    const result = runWith({
      name: "delayer",
      power: "timing",
      budget: { messages: 10, delayMs: 500 },
      onMessage: (_message, world) => {
        world.acted("delayed");
        return { type: "delay", ms: 40 };
      },
    });
    expect(result.adversary["messagesUsed"]).toBe(10);
    expect(result.adversary["delayMsUsed"]).toBe(400);
    expect(result.adversary["refused.messages"]).toBeGreaterThan(10);
  });

  it("an adversary that does not tell of its acts is credited with what the world did for it", () => {
    const quiet = runWith({ name: "quiet", power: "timing", onMessage: () => ({ type: "delay", ms: 1 }) });
    expect(quiet.fired["quiet"]).toBeGreaterThan(50);
    expect(quiet.verdict).toBe("PASS");
    const idle = runWith({ name: "idle", power: "timing", onMessage: () => ({ type: "deliver" }) });
    expect(idle.fired["idle"]).toBe(0);
    expect(idle.verdict).toBe("INCONCLUSIVE");
  });

  it("nobody speaks for an honest node", () => {
    const answers: (boolean | null)[] = [];
    const result = runWith({
      name: "forger",
      power: "content",
      start: (world) => {
        world.acted("forged");
        answers.push(world.forge(0, { round: 1, parents: [] }) === null);
        answers.push(world.sendBytesAs(0, 1, new Uint8Array(3)));
        answers.push(world.feed(0, []));
        answers.push(world.spawnTwin(0));
      },
    });
    expect(answers).toEqual([true, false, false, false]);
    expect(result.adversary["refused.speak for an honest node"]).toBe(4);
  });

  it("after GST no message of honest nodes is kept beyond delta, whatever the adversary wants", () => {
    const network = { latency: { type: "constant", ms: 10 }, synchrony: { gstMs: 500, deltaMs: 50 } } as const;
    const holder: Adversary = {
      name: "holder",
      power: "timing",
      onMessage: (_message, world) => {
        world.acted("held");
        return { type: "hold" };
      },
    };
    const result = runScenario(goodScenario({ network }), { adversaries: [holder] });
    expect(result.findings.filter(({ class: kind }) => kind === "synchrony")).toEqual([]);
    expect(result.metrics.commitCount).toBeGreaterThan(5);
    const { synchrony: _synchrony, ...asynchronous } = network;
    const stopped = runScenario(goodScenario({ network: asynchronous }), { adversaries: [holder] });
    expect(stopped.metrics.committedCount).toBe(0);
    expect(stopped.verdict).toBe("PASS");
  });

  it("a twin is a second process of one validator: its two blocks of a round are found and nothing breaks", () => {
    const result = runWith({
      name: "twin-maker",
      power: "oblivious",
      nodes: [3],
      start: (world) => {
        if (world.spawnTwin(3)) world.acted("spawned a twin");
      },
    });
    expect(result.verdict).toBe("PASS");
    expect(result.exercised["equivocation-reported"]).toBeGreaterThan(0);
  });

  it("a message that is released while its release is asked for goes once", () => {
    const sentTwice = new Set<number>();
    const delivered = new Set<number>();
    const adversary: Adversary = {
      name: "nested",
      power: "timing",
      onMessage: (_message, world) => {
        world.release(({ id }) => world.release((held) => held.id === id) >= 0);
        return { type: "hold" };
      },
    };
    const observer = {
      onDelivered: ({ id }: { readonly id: number }): void => {
        if (delivered.has(id)) sentTwice.add(id);
        delivered.add(id);
      },
    };
    runScenario(goodScenario({ durationMs: 800 }), { adversaries: [adversary], observers: [observer] });
    expect(delivered.size).toBeGreaterThan(50);
    expect([...sentTwice]).toEqual([]);
  });

  it("what is held is shown as what is sent: closed to timing, open to content, not at all to oblivious", () => {
    const blocksSeen = (power: Adversary["power"]): number => {
      let seen = 0;
      runWith({
        name: "peeper",
        power,
        start: (world) => world.after(700, () => world.release(() => true)),
        onMessage: (_message, world) => {
          for (const { blocks } of world.held()) seen += blocks.length;
          world.release(({ blocks }) => {
            seen += blocks.length;
            return true;
          });
          return { type: "hold" };
        },
      });
      return seen;
    };
    expect(blocksSeen("timing")).toBe(0);
    expect(blocksSeen("content")).toBeGreaterThan(10);
    const result = runWith({
      name: "blind",
      power: "oblivious",
      start: (world) =>
        world.after(700, () => {
          expect(world.held()).toEqual([]);
          expect(world.release(() => true)).toBe(0);
        }),
    });
    expect(result.adversary).toMatchObject({
      "refused.held without timing power": 1,
      "refused.release without timing power": 1,
    });
  });

  it("an oblivious adversary knows of rounds what its nodes have sent and received", () => {
    const roundSeen = (power: Adversary["power"], nodes: readonly number[]): number => {
      let round = 0;
      runWith({
        name: "counter",
        power,
        nodes,
        start: (world) =>
          world.after(1000, () => {
            round = world.highestRound();
          }),
      });
      return round;
    };
    expect(roundSeen("oblivious", [])).toBe(0);
    expect(roundSeen("oblivious", [3])).toBeGreaterThan(5);
    expect(roundSeen("timing", [])).toBeGreaterThan(5);
  });

  it("holds count against the budget of delay as they last; when it is used up the world lets go", () => {
    const result = runWith({
      name: "holder",
      power: "timing",
      budget: { delayMs: 10 },
      onMessage: ({ sentAtMs }) => (sentAtMs > 500 ? { type: "hold" } : undefined),
    });
    expect(result.adversary["delayMsUsed"]).toBeGreaterThan(9.9);
    expect(result.adversary["delayMsUsed"]).toBeLessThanOrEqual(10);
    expect(result.adversary["refused.longer hold"]).toBeGreaterThan(0);
    expect(result.adversary["refused.delay"]).toBeGreaterThan(50);
    expect(result.metrics.committedCount).toBeGreaterThan(20);
  });

  it("what changes nothing is no act: the same emission, a delay below the least of virtual time", () => {
    const same = runWith({
      name: "same",
      power: "oblivious",
      nodes: [3],
      onEmit: (_node, emission) => [{ ...emission }],
    });
    expect(same.fired["same"]).toBe(0);
    const twice = runWith({ name: "twice", power: "oblivious", nodes: [3], onEmit: (_node, each) => [each, each] });
    expect(twice.fired["twice"]).toBeGreaterThan(10);
    const tiny = runWith({ name: "tiny", power: "timing", onMessage: () => ({ type: "delay", ms: 1e-9 }) });
    expect(tiny.fired["tiny"]).toBe(0);
    expect(tiny.adversary["messagesUsed"]).toBe(0);
  });

  it("a delay ends when the network heals: it is no loss", () => {
    const sent = new Set<number>();
    runScenario(goodScenario({ durationMs: 1000 }), {
      adversaries: [
        {
          name: "hour",
          power: "timing",
          onMessage: ({ id, from }) => {
            if (from !== 0) return undefined;
            sent.add(id);
            return { type: "delay", ms: 3_600_000 };
          },
        },
      ],
      observers: [{ onDelivered: ({ id }) => void sent.delete(id), onKept: ({ id }) => void sent.delete(id) }],
    });
    expect([...sent]).toEqual([]);
  });

  it("nodes outside of the committee are named, not passed over", () => {
    const outside: Adversary = { name: "outside", power: "oblivious", nodes: [3, 9], onEmit: () => [] };
    expect(() => runWith(outside)).toThrow("adversary outside: its nodes name 9, and the committee has nodes 0 to 3");
    const asking = runWith({ name: "asking", power: "adaptive", start: (world) => void world.corrupt(9) });
    expect(asking.adversary["refused.corrupt a node that is not there"]).toBe(1);
  });
});
