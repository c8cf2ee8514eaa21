// `selvedge verify --full` over records that stand beside the chain: whoever looks one up believes it, so one that is of
// something else, or not there, is found though its seal is whole.

import { MemoryStore, type Store, commitIndex, mustExist } from "@selvedge/integrity";
import { transactionDigest } from "@selvedge/ledger";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sha256 } from "../../src/crypto.ts";
import { orderedNumber } from "../../src/storage/keys.ts";
import { StateStore } from "../../src/storage/state-store.ts";
import { countField, decodeTuple, encodeTuple } from "../../src/storage/stored-tuple.ts";
import { checkIndexEnd, checkLogged } from "../../src/verify/transaction-index.ts";
import { HomeFixture } from "../home-fixture.ts";
import { HomeCopies, findingIn, keysOf } from "./home-copies.ts";

let fixture: HomeFixture;
let copies: HomeCopies;

beforeAll(async () => {
  fixture = await HomeFixture.create();
  copies = await HomeCopies.of(fixture);
  await fixture.start({ keepCommits: null, snapshotSpacing: 10 });
  for (const _ of [1, 2]) {
    await fixture.train();
    await fixture.grow(10);
  }
  await fixture.stop();
  expect(fixture.failures).toEqual([]);
}, 60_000);

afterAll(async () => {
  await copies.remove();
  await fixture.remove();
});

/** The finding of a home in which one value stands in the place of another, or nothing does. */
async function findingAfter(
  name: string,
  change: { readonly space: "state" | "meta"; readonly prefix: string; readonly part?: string },
  valueOf: (keys: readonly string[], store: Store) => Promise<Uint8Array | null>,
): Promise<string> {
  const home = await copies.damaged(name, async (store) => {
    const keys = (await keysOf(store, change.space, change.prefix)).filter((key) => key.includes(change.part ?? ""));
    const key = mustExist(keys[0], `a record under ${change.prefix}`);
    const value = await valueOf(keys, store);
    const { space } = change;
    await store.batch([value === null ? { type: "delete", space, key } : { type: "put", space, key, value }], {
      sync: true,
    });
  });
  return findingIn(home);
}

describe("verify --full finds in the index of transactions", () => {
  const index = { space: "state", prefix: "transaction/" } as const;

  test("a record that is missing", async () => {
    expect(await findingAfter("index-missing", index, async () => null)).toBe("TRANSACTION_INDEX");
  });

  test("a record that names an earlier commit", async () => {
    const finding = await findingAfter("index-earlier", index, async () => encodeTuple([0]));
    expect(finding).toBe("TRANSACTION_INDEX");
  });

  test("a record that names a later commit", async () => {
    const finding = await findingAfter("index-later", index, async ([key = ""], store) => {
      const [logged] = decodeTuple(mustExist(await store.get("state", key), "a record"), "transaction", 1);
      return encodeTuple([countField(logged, "transaction") + 1]);
    });
    expect(finding).toBe("TRANSACTION_INDEX");
  });

  test("a record of a transaction that no commit has", async () => {
    const home = await copies.damaged("index-surplus", (store) =>
      store.batch([{ type: "put", space: "state", key: `transaction/${"ab".repeat(32)}`, value: encodeTuple([3]) }], {
        sync: true,
      }),
    );
    expect(await findingIn(home)).toBe("TRANSACTION_INDEX");
  });

  test("nothing wrong where a transaction is logged again, after the log has forgotten it", async () => {
    const state = new StateStore(new MemoryStore(sha256), sha256);
    const digest = transactionDigest(sha256, new Uint8Array(1));
    for (const index of [commitIndex(3), commitIndex(7)]) {
      const event = {
        type: "transactionsLogged",
        firstPosition: index,
        digests: [digest],
        commitIndex: index,
      } as const;
      await state.putExecuted({ index, stateRoot: digest, events: [event], snapshot: undefined });
    }
    const logged = (index: number): Promise<number> =>
      checkLogged({ state }, { digests: [digest], commitIndex: commitIndex(index) });
    const indexed = (await logged(3)) + (await logged(7));
    expect(indexed).toBe(1);
    const { signal } = new AbortController();
    expect(await checkIndexEnd({ state }, { base: 0, indexed, signal })).toBe(true);
    expect(await checkIndexEnd({ state }, { base: 0, indexed, signal: AbortSignal.abort() })).toBe(false);
    await expect(logged(8)).rejects.toThrow(/TRANSACTION_INDEX/u);
  });
});

describe("verify --full finds among the receipts", () => {
  test("one of another update in the place of an update's own", async () => {
    const receipts = { space: "state", prefix: "receipt/" } as const;
    const finding = await findingAfter("receipt", receipts, async (keys, store) =>
      mustExist(await store.get("state", keys[1] ?? ""), "the receipt of another update"),
    );
    expect(finding).toBe("RECEIPT_OTHER");
  });
});

describe("verify --full finds among the snapshots", () => {
  test.each([
    ["one that pruning may begin with", "snapshot-shelf/"],
    ["a portion that peers join from", "served-snapshot/", "/portion/"],
    ["the consensus state beside it", "served-snapshot/", "/head"],
    ["the one that a restart begins with", "ledger-snapshot"],
  ])("%s, of another state", async (name, prefix, part = "") => {
    const finding = await findingAfter(
      name.replaceAll(" ", "-"),
      { space: "meta", prefix, part },
      async (keys, store) => {
        const value = mustExist(await store.get("meta", keys[0] ?? ""), "a snapshot");
        return value.with(value.length - 1, (value.at(-1) ?? 0) ^ 1);
      },
    );
    expect(finding).toBe("SNAPSHOT_DIFFERS");
  });

  test.each(["snapshot-shelf/", "served-snapshot/"])(
    "one of a commit that is not executed under %s",
    async (prefix) => {
      const home = await copies.damaged(`beyond-${prefix.slice(0, 6)}`, (store) =>
        store.batch(
          [{ type: "put", space: "meta", key: `${prefix}${orderedNumber(100_000)}`, value: new Uint8Array(1) }],
          {
            sync: true,
          },
        ),
      );
      expect(await findingIn(home)).toBe("SNAPSHOT_DIFFERS");
    },
  );
});
