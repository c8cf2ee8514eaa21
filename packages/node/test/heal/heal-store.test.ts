// A node whose store lost records starts again: what it lacks comes from the others by digest before it signs anything, and
// its chain then goes on as theirs does. The network is real except for its sockets.

import { MemoryStore, type StoreSpace, mustExist } from "@selvedge/integrity";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sha256 } from "../../src/crypto.ts";
import type { OpenReport } from "../../src/storage/open-store.ts";
import { LocalNetwork } from "../daemon/local-network.ts";

const DAMAGED = 3;
/** One network for all: each test stops the same node, damages what it has by then, and starts it again. */
const network = new LocalNetwork(4);

beforeAll(async () => {
  for (const index of [0, 1, 2, DAMAGED]) await network.start(index);
  await until(() => committed(network, DAMAGED) > 25);
});
afterAll(() => network.stopAll());

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setTimeout(resolve, 5));
}

function committed(of: LocalNetwork, index: number): number {
  return mustExist(of.nodes[index], "it runs").services.status().engine.lastCommitIndex;
}

async function stoppedNode(): Promise<LocalNetwork> {
  await network.nodes[DAMAGED]?.stop();
  network.nodes[DAMAGED] = undefined;
  return network;
}

async function records(of: LocalNetwork, space: StoreSpace): Promise<Map<string, string>> {
  const all = new Map<string, string>();
  for await (const { key, value } of new MemoryStore(sha256, of.disks[DAMAGED]).iterate(space))
    all.set(key, Buffer.from(value).toString("hex"));
  return all;
}

function reportOf(ranges: OpenReport["lostRanges"]): { report: OpenReport; healed: (readonly unknown[])[] } {
  const healed: (readonly unknown[])[] = [];
  const markHealed = async (unhealed: readonly unknown[]): Promise<void> => void healed.push(unhealed);
  const report = { mended: [], lostRanges: ranges, lostBatches: 0, checkedBytes: 0, markHealed };
  return { report: { ...report, needsHealing: () => healed.length === 0 }, healed };
}

describe("a store with holes", () => {
  it("gets its commits and blocks back, byte for byte, before its node goes on", async () => {
    const made = await stoppedNode();
    const before = { blocks: await records(made, "blocks"), commits: await records(made, "commits") };
    const disk = mustExist(made.disks[DAMAGED], "a disk");
    const lostCommits = [...before.commits.keys()].filter((_, at) => at % 7 === 3 || at > before.commits.size - 3);
    const lostBlocks = [...before.blocks.keys()].filter((_, at) => at % 5 === 1);
    for (const key of lostCommits) disk.remove("commits", key);
    for (const key of lostBlocks) disk.remove("blocks", key);
    const { report, healed } = reportOf([
      { from: "b/", to: "b/~" },
      { from: "c/", to: "c/~" },
    ]);
    await made.start(DAMAGED, { storeReport: report });
    expect(healed).toEqual([[]]);
    const after = { blocks: await records(made, "blocks"), commits: await records(made, "commits") };
    for (const key of lostCommits) expect(after.commits.get(key), key).toBe(before.commits.get(key));
    // What nobody named (the newest blocks) may come later, or never.
    const named = lostBlocks.filter((key) => after.blocks.has(key));
    expect(named.length).toBeGreaterThan(lostBlocks.length / 2);
    const last = committed(made, 0);
    await until(() => committed(made, DAMAGED) > last);
    expect(made.failures).toEqual([]);
  });

  it("is found without having been told of: a commit, or a block of one, that the start needs", async () => {
    const made = await stoppedNode();
    const disk = mustExist(made.disks[DAMAGED], "a disk");
    const commits = [...(await records(made, "commits")).keys()];
    disk.remove("commits", mustExist(commits.at(-2), "many commits"));
    await made.start(DAMAGED);
    expect([...(await records(made, "commits")).keys()]).toEqual(expect.arrayContaining(commits));
    expect(made.failures).toEqual([]);
  });

  it("makes derived records again by executing, to the same state", async () => {
    const made = await stoppedNode();
    const before = await records(made, "state");
    const disk = mustExist(made.disks[DAMAGED], "a disk");
    const roots = [...before.keys()].filter((key) => key.startsWith("root/"));
    for (const key of roots.slice(2, 9)) disk.remove("state", key);
    const { report, healed } = reportOf([{ from: "s/", to: "s/~" }]);
    await made.start(DAMAGED, { storeReport: report });
    const last = committed(made, 0);
    await until(() => committed(made, DAMAGED) > last);
    expect(healed).toEqual([[]]);
    const after = await records(made, "state");
    for (const key of roots) expect(after.get(key), key).toBe(before.get(key));
    expect(made.failures).toEqual([]);
  });

  it("pulls weights whose chunks are gone, and says which nobody has", async () => {
    const made = await stoppedNode();
    const payload = [...(await records(made, "payload")).keys()];
    const chunk = mustExist(
      payload.find((key) => !key.endsWith("manifest")),
      "weights",
    );
    const store = new MemoryStore(sha256, made.disks[DAMAGED]);
    const { report, healed } = reportOf([{ from: "p/", to: "p/~" }]);
    const remove = async (): Promise<void> =>
      store.batch([{ type: "delete", space: "payload", key: chunk }], { sync: true });
    // The network's starter puts the initial weights anew; what it lacks is taken away after that.
    await made.start(DAMAGED, { storeReport: report, store: afterwards(store, remove) });
    expect(healed).toEqual([[]]);
    expect([...(await records(made, "payload")).keys()]).toEqual(payload);
  });
});

/** The store, damaged when it is first looked at. */
function afterwards(store: MemoryStore, damage: () => Promise<void>): MemoryStore {
  let damaged: Promise<void> | undefined;
  const get = store.get;
  return Object.assign(Object.create(store), {
    get: async (...args: Parameters<typeof get>) => {
      await (damaged ??= damage());
      return get(...args);
    },
    getMany: store.getMany,
    batch: store.batch,
    iterate: store.iterate,
    close: store.close,
  });
}

describe("a store that cannot be healed", () => {
  it("keeps its node from starting while nobody has what it lacks of this epoch", async () => {
    const made = await stoppedNode();
    const [first] = [...(await records(made, "commits")).keys()];
    const key = mustExist(first, "a commit");
    const kept = made.disks.map((disk) => disk.read("commits", key));
    for (const disk of made.disks) disk.remove("commits", key);
    const { report, healed } = reportOf([{ from: "c/", to: "c/~" }]);
    await expect(made.start(DAMAGED, { storeReport: report })).rejects.toMatchObject({
      code: "HEAL_FAILED",
      message: expect.stringContaining("no connected validator has"),
    });
    expect(healed).toEqual([]);
    for (const [index, disk] of made.disks.entries())
      disk.write("commits", key, mustExist(kept[index], "it was there"));
  });

  it("keeps its node from starting while no other validator answers", async () => {
    const made = await stoppedNode();
    for (const index of [0, 1, 2]) await mustExist(made.nodes[index], "it runs").stop();
    made.nodes.length = 0;
    const disk = mustExist(made.disks[DAMAGED], "a disk");
    const [first] = [...(await records(made, "commits")).keys()];
    disk.remove("commits", mustExist(first, "a commit"));
    const { report, healed } = reportOf([{ from: "c/", to: "c/~" }]);
    await expect(made.start(DAMAGED, { storeReport: report, healPatienceMs: 300 })).rejects.toMatchObject({
      code: "HEAL_FAILED",
    });
    expect(healed).toEqual([]);
  });
});
