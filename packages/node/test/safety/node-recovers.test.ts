// Whole nodes over memory disks: one whose disk or safety record is of an older day, or gone, learns from the others what
// it signed and goes on above it (F21, F120); a safety record older than the store is refused (F22).

import { setTimeout as sleep } from "node:timers/promises";
import type { SafetyRecord } from "@selvedge/consensus";
import { MemoryDisk } from "@selvedge/integrity";
import { afterEach, describe, expect, test } from "vitest";
import type { RunningNode } from "../../src/daemon/node.ts";
import type { NodeSetup } from "../../src/daemon/parts.ts";
import { UNKNOWN_DIGEST } from "../../src/safety/safety-check.ts";
import type { SafetyFile } from "../../src/storage/safety-file.ts";
import { LocalNetwork } from "../daemon/local-network.ts";

const WAIT_MS = 30_000;
const TUNING = { roundDelayMinMs: 5, leaderTimeoutMs: 200, idleRoundDelayMs: 50, ownUncommittedBytesMax: 1 << 20 };

let local: LocalNetwork;
afterEach(() => local.stopAll());

/** What the node has signed, life after life; a round signed twice would show. */
class Signed {
  readonly records: SafetyRecord[] = [];

  /** A safety record that starts from `last`, whatever was signed before. */
  from(last: SafetyRecord | null): SafetyFile {
    const { records } = this;
    let current = last;
    return {
      get last() {
        return current;
      },
      append: async (record: SafetyRecord) => {
        current = record;
        records.push(record);
      },
    } as unknown as SafetyFile;
  }
}

async function startFour(signed: Signed): Promise<readonly RunningNode[]> {
  local = new LocalNetwork(4);
  const consensus = { ...TUNING, doppelgangerRounds: 3 };
  return Promise.all(
    [0, 1, 2, 3].map((index) => local.start(index, { consensus, ...(index === 3 && { safety: signed.from(null) }) })),
  );
}

async function until(what: string, condition: () => boolean): Promise<void> {
  const deadline = performance.now() + WAIT_MS;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`timed out waiting until ${what}`);
    await sleep(10);
  }
}

const roundOf = (node: RunningNode | undefined): number => node?.services.status().engine.round ?? 0;
const standingOf = (node: RunningNode): string => node.services.status().engine.signing.standing;

async function restart(overrides: Partial<NodeSetup>): Promise<RunningNode> {
  return local.start(3, { consensus: { ...TUNING, doppelgangerRounds: 3 }, ...overrides });
}

describe("a node whose home is not what it was", () => {
  const cases: readonly (readonly [string, (signed: Signed, early: SafetyRecord | null) => Partial<NodeSetup>])[] = [
    ["an empty home with its key", (signed) => ({ safety: signed.from(null) })],
    ["an empty store beside its safety record", (signed) => ({ safety: signed.from(signed.records.at(-1) ?? null) })],
    ["an empty store beside a safety record of an older day", (signed, early) => ({ safety: signed.from(early) })],
  ];

  test.each(cases)("%s: asks, recovers, and signs above all it ever signed", async (_what, overrides) => {
    const signed = new Signed();
    const [, , , last] = await startFour(signed);
    await until("node 3 signs", () => signed.records.length > 10);
    const early = signed.records.at(-1) ?? null;
    await until("it signs more", () => signed.records.length > 30);
    await last?.stop();
    const highest = signed.records.at(-1)?.round ?? 0;
    const count = signed.records.length;
    local.disks[3] = new MemoryDisk();
    const node = await restart(overrides(signed, early));
    await until("it signs again", () => signed.records.length > count + 5);
    expect(signed.records[count]?.round).toBeGreaterThan(highest + 3);
    expect(standingOf(node)).toBe("signing");
    expect(node.services.status().engine.signing.hasForgotten).toBe(true);
    for (const other of local.nodes) expect(other?.services.status().engine.equivocators).toEqual([]);
    expect(local.failures).toEqual([]);
  });

  test("a safety record that was started anew makes it recover although its store is whole", async () => {
    const signed = new Signed();
    const [, , , last] = await startFour(signed);
    await until("node 3 signs", () => signed.records.length > 10);
    await last?.stop();
    const newest = signed.records.at(-1);
    const count = signed.records.length;
    if (newest === undefined) throw new Error("it signed");
    const node = await restart({ safety: signed.from({ ...newest, digest: UNKNOWN_DIGEST }) });
    await until("it signs again", () => signed.records.length > count + 5);
    expect(node.services.status().engine.signing.hasForgotten).toBe(true);
    expect(signed.records[count]?.round).toBeGreaterThan(newest.round + 3);
  });

  test("a safety record older than the store is refused: exit 65, with the way out", async () => {
    const signed = new Signed();
    const [, , , last] = await startFour(signed);
    await until("node 3 signs", () => signed.records.length > 20);
    await last?.stop();
    const refused = restart({ safety: signed.from(signed.records[5] ?? null) });
    await expect(refused).rejects.toMatchObject({ code: "DATA_CORRUPT", exitCode: 65 });
    await expect(restart({ safety: signed.from(null) })).rejects.toThrow(/selvedge safety recover/u);
  });

  test("all stop and start again: nobody waits for anybody", async () => {
    const signed = new Signed();
    const nodes = await startFour(signed);
    await until("they make rounds", () => nodes.every((node) => roundOf(node) > 10));
    await Promise.all(nodes.map((node) => node.stop()));
    const before = signed.records.length;
    const consensus = { ...TUNING, doppelgangerRounds: 3 };
    const again = await Promise.all(
      [0, 1, 2, 3].map((index) =>
        local.start(index, { consensus, ...(index === 3 && { safety: signed.from(signed.records.at(-1) ?? null) }) }),
      ),
    );
    await until("they make more", () => signed.records.length > before + 10);
    for (const node of again) {
      expect(node.services.status().engine.signing).toMatchObject({ standing: "signing", hasForgotten: false });
    }
    const rounds = signed.records.map(({ round }) => round);
    expect(new Set(rounds).size).toBe(rounds.length);
  });
});
