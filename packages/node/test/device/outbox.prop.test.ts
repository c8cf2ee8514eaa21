// The outbox under crashes: the process ends at any step of any file operation, before or after it took effect or with a
// half-written file beside; what is opened afterwards is consistent, and no sequence ever stands for two contents.

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type UpdateHeader,
  modelId,
  mustExist,
  payloadRoot,
  portableCrypto,
  sequenceNumber,
  zeroDigest,
} from "@selvedge/integrity";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { openOutboxFolder, type OutboxFiles } from "../../src/device/outbox-files.ts";
import { Outbox, type OutboxDraft } from "../../src/device/outbox.ts";

const LIMITS = { outboxUpdatesMax: 8, outboxBytesMax: 10_000 };
const MODEL = modelId("m.1");

class Crash extends Error {}

type Stored = Map<string, Uint8Array>;

/** Names and bytes that survive; dies or fails once at step `crashAt`; `mode` says how much of that step took place. */
function crashingFiles(
  stored: Stored,
  crashAt: number,
  mode: "before" | "after" | "torn",
  isTransient = false,
): OutboxFiles {
  let step = 0;
  const guarded = async (action: () => void, torn: () => void): Promise<void> => {
    step += 1;
    if (step > crashAt && !isTransient) throw new Crash();
    if (step !== crashAt || mode === "after") action();
    else if (mode === "torn") torn();
    if (step === crashAt) throw new Crash();
  };
  return {
    names: async () => [...stored.keys()],
    read: async (name) => {
      const bytes = stored.get(name);
      if (bytes === undefined) throw new Error(`no ${name}`);
      return bytes;
    },
    write: async (name, bytes) =>
      guarded(
        () => stored.set(name, bytes),
        () => stored.set(`${name}.new`, bytes.slice(0, bytes.length / 2)),
      ),
    rename: async (name, to) =>
      guarded(
        () => {
          stored.set(to, stored.get(name) ?? new Uint8Array(0));
          stored.delete(name);
        },
        () => undefined,
      ),
    remove: async (name) =>
      guarded(
        () => stored.delete(name),
        () => undefined,
      ),
  };
}

async function untilCrash(life: () => Promise<void>): Promise<void> {
  try {
    await life();
  } catch (error) {
    if (!(error instanceof Crash)) throw error;
  }
}

function draftOf(content: number): OutboxDraft {
  const payload = new Uint8Array(20).fill(content);
  const header: Omit<UpdateHeader, "sequence"> = {
    version: 1,
    chainId: zeroDigest(),
    deviceId: zeroDigest(),
    devicePublicKey: new Uint8Array(32),
    modelId: MODEL,
    baseVersion: zeroDigest(),
    payloadRoot: payloadRoot(portableCrypto.sha256, payload),
    payloadBytes: payload.length,
    codec: "f32",
    sampleCount: 1,
    dataSetRoot: null,
    privacy: null,
  };
  return { header, payload, hint: undefined };
}

describe("crashes", () => {
  test("a crash at any write leaves the outbox consistent, and no sequence ever names two updates", async () => {
    const actions = fc.array(fc.constantFrom("add" as const, "remove" as const, "drop" as const), {
      minLength: 1,
      maxLength: 12,
    });
    const crashes = fc.array(
      fc.tuple(
        fc.integer({ min: 1, max: 14 }),
        fc.constantFrom("before", "after", "torn") as fc.Arbitrary<"before" | "after" | "torn">,
        // A failed write that the process survives, instead of its end.
        fc.boolean(),
      ),
      {
        minLength: 1,
        maxLength: 5,
      },
    );
    await fc.assert(
      fc.asyncProperty(actions, crashes, async (plan, ends) => {
        const stored: Stored = new Map();
        /** Digest by sequence of everything that could ever have been signed: what a completed `add` or a reopened outbox shows. */
        const signable = new Map<number, string>();
        let content = 0;
        const note = (outbox: Outbox): void => {
          for (const { header, digest } of outbox.entries) {
            expect(signable.get(header.sequence) ?? digest).toBe(digest);
            signable.set(header.sequence, digest);
          }
        };
        const act = async (outbox: Outbox, action: "add" | "remove" | "drop"): Promise<void> => {
          const [oldest] = outbox.entries;
          if (action === "add") await outbox.add(draftOf((content += 1)));
          else if (oldest !== undefined) await outbox[action](oldest);
        };
        for (const [crashAt, mode, isTransient] of ends) {
          await untilCrash(async () => {
            const outbox = await Outbox.open(crashingFiles(stored, crashAt, mode, isTransient), LIMITS);
            note(outbox);
            for (const action of plan) {
              if (isTransient) await untilCrash(async () => act(outbox, action));
              else await act(outbox, action);
              note(outbox);
            }
          });
        }
        const last = await Outbox.open(crashingFiles(stored, 1000, "after"), LIMITS);
        note(last);
        for (const entry of last.entries) expect((await last.load(entry)).ok).toBe(true);
        expect(last.nextSequence(MODEL)).toBeGreaterThan(Math.max(0, ...signable.keys()));
        expect([...stored.keys()].filter((name) => name.endsWith(".new"))).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });
});

describe("a real folder", () => {
  async function inFolder(run: (folder: string) => Promise<void>): Promise<void> {
    const folder = await mkdtemp(join(tmpdir(), "selvedge-outbox-"));
    try {
      await run(folder);
    } finally {
      await rm(folder, { recursive: true });
    }
  }
  const open = async (folder: string): Promise<Outbox> => Outbox.open(await openOutboxFolder(folder), LIMITS);

  test("what was added is there after a restart, in order, with the same digests", async () => {
    await inFolder(async (folder) => {
      const first = await open(folder);
      for (const content of [1, 2, 3]) await first.add(draftOf(content));
      const again = await open(folder);
      expect(again.entries).toEqual(first.entries);
      expect(again.entries.map(({ header }) => header.sequence)).toEqual([1, 2, 3]);
      for (const entry of again.entries) await again.remove(entry);
      expect((await open(folder)).nextSequence(MODEL)).toBe(4);
    });
  });

  test("the outbox is bounded in number and in bytes", async () => {
    await inFolder(async (folder) => {
      const outbox = await open(folder);
      for (let content = 0; content < LIMITS.outboxUpdatesMax; content += 1)
        expect((await outbox.add(draftOf(content))).ok).toBe(true);
      expect(await outbox.add(draftOf(9))).toMatchObject({ ok: false, error: { code: "OUTBOX_FULL" } });
      const small = await Outbox.open(await openOutboxFolder(join(folder, "x")), { ...LIMITS, outboxBytesMax: 19 });
      expect(await small.add(draftOf(1))).toMatchObject({ ok: false, error: { code: "OUTBOX_FULL" } });
    });
  });

  test("a damaged update is set aside and its sequence stays taken; a damaged counter is an error", async () => {
    await inFolder(async (folder) => {
      const outbox = await open(folder);
      await outbox.add(draftOf(1));
      const [entry] = outbox.entries;
      await writeFile(join(folder, entry?.name ?? ""), "garbage");
      expect(await outbox.load(mustExist(entry, "an entry"))).toMatchObject({
        ok: false,
        error: { code: "OUTBOX_ENTRY_DAMAGED" },
      });
      await rm(join(folder, `next-${MODEL}.counter`));
      const again = await open(folder);
      expect(again.entries).toEqual([]);
      expect(again.nextSequence(MODEL)).toBe(2);
      await writeFile(join(folder, `next-${MODEL}.counter`), "7 \n");
      await expect(open(folder)).rejects.toMatchObject({ code: "FILE_MALFORMED" });
    });
  });

  test("a hint leads only a device that is behind, or beyond the window to a sequence that it gave up itself", async () => {
    await inFolder(async (folder) => {
      const outbox = await open(folder);
      const add = async (content: number, lastClosed: number, next: number, highest: number): Promise<number> => {
        const added = await outbox.add({
          ...draftOf(content),
          hint: { lastClosed, next: sequenceNumber(next), highest },
        });
        return added.ok ? added.value.header.sequence : -1;
      };
      expect(await add(1, 0, 1, 64)).toBe(1);
      expect(await add(2, 4, 6, 68)).toBe(6);
      // Not given up: a gateway's word does not make the device sign for it again.
      expect(await add(3, 0, 6, 0)).toBe(7);
      const [oldest] = outbox.entries;
      await outbox.drop(mustExist(oldest, "an entry"));
      expect(await add(4, 0, 1, 64)).toBe(8);
      expect(await add(5, 0, 1, 3)).toBe(1);
      expect(await add(6, 0, 1, 3)).toBe(9);
    });
  });
});
