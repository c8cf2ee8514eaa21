// `selvedge verify --full` over a home whose chain went through several epochs, on a real LevelDB home: each epoch's blocks,
// certificates and receipts under that epoch's rules, and the records of the epochs under those of the ones before.

import { type Store, mustExist } from "@selvedge/integrity";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runVerify } from "../../src/cli/actions/verify.ts";
import { decodeEpochStep, encodeEpochStep } from "../../src/epoch/epoch-record.ts";
import { pruneHome } from "../../src/prune/prune-home.ts";
import { type VerifyOptions, type VerifySummary, verifyHome } from "../../src/verify/verify-home.ts";
import { FIXTURE_KEEP_MIN, HomeFixture } from "../home-fixture.ts";
import { HomeCopies, findingIn, keysOf } from "./home-copies.ts";

const NEVER = new AbortController().signal;
const EPOCH_1 = "epoch/00000000000001";
const EPOCH_2 = "epoch/00000000000002";

let fixture: HomeFixture;
let copies: HomeCopies;
/** Last commit of epoch 0 and of epoch 1. */
const bases: number[] = [];

beforeAll(async () => {
  fixture = await HomeFixture.create({ coin: "none" });
  copies = await HomeCopies.of(fixture);
  await fixture.start({ keepCommits: null, snapshotSpacing: 10 });
  await fixture.train();
  for (const _ of [1, 2]) {
    await fixture.beginEpoch();
    bases.push(fixture.node.services.epochInfo().start.base.index);
    await fixture.train();
    await fixture.grow(5);
  }
  await fixture.grow(FIXTURE_KEEP_MIN);
  await fixture.stop();
  expect(fixture.failures).toEqual([]);
}, 60_000);

afterAll(async () => {
  await copies.remove();
  await fixture.remove();
});

function verified(home: string, options: Partial<VerifyOptions> = {}): Promise<VerifySummary> {
  return verifyHome({ home, full: true, restart: false, ...options });
}

async function put(store: Store, key: string, value: Uint8Array): Promise<void> {
  await store.batch([{ type: "put", space: "meta", key, value }], { sync: true });
}

describe("verify --full over a chain of three epochs", () => {
  test("checks every commit, block, version and record, and ends with the state of the last one", async () => {
    const summary = await verified(fixture.paths.root);
    expect(summary).toMatchObject({ isComplete: true, resumedAfter: 0, prunedTo: 0 });
    expect(bases[1]).toBeGreaterThan(bases[0] ?? 0);
    expect(summary.lastCommit).toBeGreaterThan((bases[1] ?? 0) + FIXTURE_KEEP_MIN);
    expect(summary.commits).toBe(summary.lastCommit);
    expect(summary.models).toMatchObject([{ id: "tiny", version: 3 }]);
    // At least the certificate of each closing commit.
    expect(summary.checkpoints).toBeGreaterThanOrEqual(2);
    expect(summary.records).toBeGreaterThan(summary.blocks);
  });

  test("holds with the certificates in the records of the epochs alone, up to the last commit that closed one", async () => {
    const home = await copies.damaged("records-only", async (store) => {
      for (const key of await keysOf(store, "state", "checkpoint/"))
        await store.batch([{ type: "delete", space: "state", key }], { sync: true });
    });
    expect(await verified(home)).toMatchObject({ checkpoints: 0, certifiedCommit: bases[1] });
  });

  test("ends with status 0 on the command line", async () => {
    const lines: string[] = [];
    const data = async (text: string): Promise<void> => void lines.push(text);
    const output = { data, note: () => undefined, isTerminal: false, hasColour: false };
    expect(await runVerify({ home: fixture.paths.root, full: true, json: true }, output)).toBe(0);
    expect(JSON.parse(lines.join(""))).toMatchObject({ ok: true, isComplete: true });
  });

  test.each(["the last commit of an epoch", "the first of the next"])(
    "interrupted at %s it goes on from there to the same end",
    async (at) => {
      const home = await copies.damaged(at.replaceAll(" ", "-"), async () => undefined);
      const stopAt = (bases[0] ?? 0) + (at.startsWith("the first") ? 1 : 0);
      const stop = new AbortController();
      const onProgress: VerifyOptions["onProgress"] = ({ phase, done }) => {
        if (phase === "chain" && done === stopAt) stop.abort();
      };
      expect(await verified(home, { signal: stop.signal, onProgress })).toMatchObject({ isComplete: false });
      const whole = await verified(fixture.paths.root, { restart: true });
      expect(await verified(home)).toEqual({ ...whole, resumedAfter: stopAt });
    },
  );

  test("begins in a later epoch where the earlier ones are pruned", async () => {
    const home = await copies.damaged("pruned", async () => undefined);
    const { mark } = await pruneHome({ home, keepCommits: FIXTURE_KEEP_MIN, isDryRun: false, signal: NEVER });
    expect(mark?.base).toBeGreaterThan(bases[1] ?? 0);
    const whole = await verified(fixture.paths.root, { restart: true });
    const { stateRoot, lastCommit } = whole;
    expect(await verified(home)).toMatchObject({ isComplete: true, prunedTo: mark?.base, stateRoot, lastCommit });
  });
});

describe("verify --full names", () => {
  test("commits of an epoch without a record", async () => {
    const home = await copies.damaged("no-record", (store) =>
      store.batch([{ type: "delete", space: "meta", key: EPOCH_2 }], { sync: true }),
    );
    expect(await findingIn(home)).toBe("EPOCH_RECORD_MISSING");
  });

  test("a block of a later epoch under the rules of another", async () => {
    const home = await copies.damaged("moved", async (store) => {
      const [key = ""] = await keysOf(store, "blocks", "e00000000000001/");
      const value = mustExist(await store.get("blocks", key), "a block of epoch 1");
      const moved = key.replace("e00000000000001/", "e00000000000002/");
      await store.batch([{ type: "put", space: "blocks", key: moved, value }], { sync: true });
    });
    expect(await findingIn(home)).toMatch(/^BLOCK_/u);
  });

  test("a record of an epoch whose certificate the committee before did not sign", async () => {
    const home = await copies.damaged("unsigned", async (store) => {
      const step = decodeEpochStep(mustExist(await store.get("meta", EPOCH_2), "the record of epoch 2"));
      if (!step.ok) throw new Error(step.error.detail);
      const { certificate, proof } = step.value;
      const signatures = certificate.signatures.map(({ validator, signature }) => ({
        validator,
        signature: signature.with(0, (signature[0] ?? 0) ^ 1),
      }));
      await put(store, EPOCH_2, encodeEpochStep({ certificate: { ...certificate, signatures }, proof }));
    });
    expect(await findingIn(home)).toBe("CHECKPOINT_SIGNATURE");
  });

  test("a record that stands in the place of another epoch's", async () => {
    const home = await copies.damaged("swapped", async (store) => {
      await put(store, EPOCH_2, mustExist(await store.get("meta", EPOCH_1), "the record of epoch 1"));
    });
    expect(await findingIn(home)).toMatch(/^(CHECKPOINT|PROOF)_EPOCH/u);
  });
});
