// The power fails between the two writes of a signature, the store's and the safety file's, again and again (F22, F50): a
// validator over a store that outlives it and a real safety file, the node real from its host down. Each life finds the
// file one block behind at most, records what it lacks before anything else, and goes on above it.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { SafetyRecord } from "@selvedge/consensus";
import { MemoryStore, type Store, type StoreOp, mustExist } from "@selvedge/integrity";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { sha256 } from "../../src/crypto.ts";
import type { RunningNode } from "../../src/daemon/node.ts";
import { SafetyFile } from "../../src/storage/safety-file.ts";
import { LocalNetwork } from "../daemon/local-network.ts";

const WAIT_MS = 30_000;

class PowerFailure extends Error {}

let folder = "";
let local: LocalNetwork;
let file: SafetyFile | undefined;
/** What any life handed to the safety file, whether or not it got there. */
let signed: SafetyRecord[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "selvedge-two-crashes-"));
  local = new LocalNetwork(1);
  signed = [];
});

afterEach(async () => {
  await local.stopAll();
  await file?.close();
  file = undefined;
  await rm(folder, { recursive: true, force: true });
});

interface Life {
  readonly node: RunningNode;
  /** What the safety file said when this life opened it. */
  readonly found: SafetyRecord | null;
}

/** Starts the validator; the power fails as the `appends`-th record of this life is on its way to the safety file. */
async function live(appends = Number.POSITIVE_INFINITY): Promise<Life> {
  await file?.close();
  const opened = await SafetyFile.open(join(folder, "safety"), { create: true });
  file = opened;
  const power = { isOn: true };
  let left = appends;
  const safety = {
    get last() {
      return opened.last;
    },
    append: async (record: SafetyRecord): Promise<void> => {
      signed.push(record);
      left -= 1;
      power.isOn &&= left > 0;
      if (!power.isOn) throw new PowerFailure();
      await opened.append(record);
    },
  };
  const found = opened.last;
  const store = powered(new MemoryStore(sha256, local.disks[0]), power);
  const node = await local.start(0, { store, safety: safety as unknown as SafetyFile });
  return { node, found };
}

function powered(store: Store, power: { readonly isOn: boolean }): Store {
  return new Proxy(store, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (name !== "batch") return typeof value === "function" ? value.bind(target) : value;
      return async (ops: readonly StoreOp[], options: { readonly sync: boolean }): Promise<void> => {
        if (!power.isOn) throw new PowerFailure();
        await target.batch(ops, options);
      };
    },
  });
}

/** The node ends by the power failure and by nothing else. */
async function die({ node }: Life): Promise<void> {
  await until("the power fails", () => local.failures.length > 0);
  await node.stop();
  local.nodes[0] = undefined;
  for (const failure of local.failures.splice(0)) expect(failure).toBeInstanceOf(PowerFailure);
}

async function until(what: string, condition: () => boolean): Promise<void> {
  const deadline = performance.now() + WAIT_MS;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`timed out waiting until ${what}`);
    await sleep(5);
  }
}

function lastSigned(): SafetyRecord {
  return mustExist(signed.at(-1), "something was signed");
}

/** No round has two digests; records rise, but for the one that is recorded again at the start of a life. */
function expectNothingSignedTwice(): void {
  const byRound = new Map<number, string>();
  for (const { round, digest } of signed) {
    expect(byRound.get(round) ?? digest, `round ${round}`).toBe(digest);
    byRound.set(round, digest);
  }
  const rounds = signed.map(({ round }) => round);
  expect(rounds).toEqual(rounds.toSorted((left, right) => left - right));
}

describe("a validator whose power fails between the store's write and the safety file's", () => {
  test("twice in a row records what is missing each time, and goes on signing above it", async () => {
    await die(await live(12));
    const first = lastSigned();

    // One record for what the first crash left out, one block after it.
    const second = await live(2);
    expect(second.found?.round).toBe(first.round - 1);
    await die(second);
    expect(signed.at(-2)).toEqual(first);
    expect(lastSigned().round).toBe(first.round + 1);

    const third = await live();
    expect(third.found).toEqual(first);
    const count = signed.length;
    await until("it signs on", () => signed.length > count + 5);
    expect(third.node.services.status().engine.signing).toMatchObject({ standing: "signing", hasForgotten: false });
    expect(local.failures).toEqual([]);
    expectNothingSignedTwice();
  });

  test("and once more as the missing record is written is started again as if nothing had been", async () => {
    await die(await live(12));
    const first = lastSigned();
    await expect(live(1)).rejects.toBeInstanceOf(PowerFailure);
    const count = signed.length;
    const last = await live();
    expect(last.found?.round).toBe(first.round - 1);
    await until("it signs on", () => signed.length > count + 5);
    expect(signed[count]).toEqual(first);
    expectNothingSignedTwice();
  });
});
