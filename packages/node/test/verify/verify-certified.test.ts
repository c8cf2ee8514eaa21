// What `selvedge verify` says of the certificates: the highest commit that a quorum has signed, and that a home which is too
// long to have none is not taken for the committee's chain.

import { DEFAULT_PROTOCOL_PARAMS, type Store, mustExist } from "@selvedge/integrity";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runVerify } from "../../src/cli/actions/verify.ts";
import { pruneHome } from "../../src/prune/prune-home.ts";
import { orderedNumber, stateKey } from "../../src/storage/keys.ts";
import { SEGMENT_COMMITS, SEGMENT_COMMITS_MAX } from "../../src/sync/limits.ts";
import { checkCertified, uncertifiedCommitsMax } from "../../src/verify/certified.ts";
import { verifyHome } from "../../src/verify/verify-home.ts";
import { FIXTURE_KEEP_MIN, HomeFixture } from "../home-fixture.ts";
import { HomeCopies, findingIn, keysOf } from "./home-copies.ts";

let fixture: HomeFixture;
let copies: HomeCopies;

beforeAll(async () => {
  fixture = await HomeFixture.create();
  copies = await HomeCopies.of(fixture);
  await fixture.start({ keepCommits: null, snapshotSpacing: 10 });
  await fixture.grow(FIXTURE_KEEP_MIN + 12);
  await fixture.stop();
  expect(fixture.failures).toEqual([]);
}, 60_000);

afterAll(async () => {
  await copies.remove();
  await fixture.remove();
});

async function textOf(home: string): Promise<string> {
  const lines: string[] = [];
  const data = async (text: string): Promise<void> => void lines.push(text);
  await runVerify({ home, full: true }, { data, note: () => undefined, isTerminal: false, hasColour: false });
  return lines.join("");
}

describe("verify of a home whose certificates", () => {
  test("are there tells up to which commit a quorum has signed", async () => {
    const { lastCommit, certifiedCommit } = await verifyHome({ home: fixture.paths.root, full: true, restart: true });
    expect(certifiedCommit).toBeGreaterThan(lastCommit - 10);
    expect(await textOf(fixture.paths.root)).toContain(
      `a quorum signed up to commit ${certifiedCommit}, ${lastCommit - certifiedCommit} above it`,
    );
  });

  test("are all gone but one counts the commits above that one", async () => {
    const home = await copies.damaged("one-left", async (store) => {
      for (const key of await keysOf(store, "state", "checkpoint/"))
        if (Number.parseInt(key.slice("checkpoint/".length), 16) !== 5)
          await store.batch([{ type: "delete", space: "state", key }], { sync: true });
    });
    expect(await verifyHome({ home, full: true, restart: true })).toMatchObject({ checkpoints: 1, certifiedCommit: 5 });
  });

  test("are all gone tells that nothing shows the order, which a young home may not have yet", async () => {
    const home = await copies.damaged("none-left", withoutCertificates);
    expect(await verifyHome({ home, full: true, restart: true })).toMatchObject({ checkpoints: 0, certifiedCommit: 0 });
    expect(await textOf(home)).toContain("nothing shows that the order is the committee's");
  });

  test("stand under commits that they are not of vouch for nothing that a pruned home begins with", async () => {
    const home = await copies.damaged("elsewhere", async () => undefined);
    await pruneHome({ home, keepCommits: FIXTURE_KEEP_MIN, isDryRun: false, signal: new AbortController().signal });
    await copies.change(home, async (store) => {
      const newest = mustExist((await keysOf(store, "state", "checkpoint/")).at(-1), "a certificate");
      const value = mustExist(await store.get("state", newest), "a certificate");
      await withoutCertificates(store);
      const key = stateKey("checkpoint", orderedNumber(1_000_000));
      await store.batch([{ type: "put", space: "state", key, value }], { sync: true });
    });
    expect(await findingIn(home)).toBe("PRUNED_UNCERTIFIED");
  });
});

async function withoutCertificates(store: Store): Promise<void> {
  for (const key of await keysOf(store, "state", "checkpoint/"))
    await store.batch([{ type: "delete", space: "state", key }], { sync: true });
}

describe("a certificate", () => {
  const params = { ...DEFAULT_PROTOCOL_PARAMS, checkpointEvery: 10, executionLagMax: 20, gcDepth: 30 };
  const longest = 10 + 20 + 30 + SEGMENT_COMMITS;

  test("may be missing up to the first vote, the lag of execution, the rounds of the votes and a stretch", () => {
    expect(uncertifiedCommitsMax(params)).toBe(longest);
    expect(() => checkCertified({ base: 0, lastIndex: longest, certifiedIndex: 0 }, params)).not.toThrow();
    expect(() => checkCertified({ base: 0, lastIndex: longest + 1, certifiedIndex: 0 }, params)).toThrow(
      /CHAIN_UNCERTIFIED/u,
    );
    expect(() => checkCertified({ base: 0, lastIndex: longest + 1, certifiedIndex: 10 }, params)).not.toThrow();
  });

  test("may be missing for longer where a stretch to catch up is longer", () => {
    const checkpointEvery = SEGMENT_COMMITS + 1;
    expect(uncertifiedCommitsMax({ ...params, checkpointEvery })).toBe(checkpointEvery + 50 + SEGMENT_COMMITS_MAX);
  });

  test("must vouch for what a pruned home begins with, however young", () => {
    expect(() => checkCertified({ base: 5, lastIndex: 6, certifiedIndex: 4 }, params)).toThrow(/PRUNED_UNCERTIFIED/u);
    expect(() => checkCertified({ base: 5, lastIndex: 6, certifiedIndex: 5 }, params)).not.toThrow();
  });
});
