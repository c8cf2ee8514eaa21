// The update desk: one device's update is proposed once, whatever ways its payload comes, and lagging behind refuses nobody.

import {
  type Rejection,
  type Result,
  type SignedUpdate,
  type UpdateDigest,
  err,
  ok,
  rejection,
  validatorIndex,
} from "@selvedge/integrity";
import type { Ledger } from "@selvedge/ledger";
import { describe, expect, it } from "vitest";
import { UpdateDesk } from "../../src/daemon/updates.ts";
import type { PayloadService } from "../../src/payload/payload-service.ts";
import type { StateStore } from "../../src/storage/state-store.ts";

const CHUNK = 4;
const update = {
  digest: "aa".repeat(32) as unknown as UpdateDigest,
  header: { payloadRoot: "bb".repeat(32), payloadBytes: 2 * CHUNK },
} as unknown as SignedUpdate;

/** A desk whose payload service answers as told. */
function world() {
  const told: {
    verdict?: Result<number, Rejection>;
    accept: Result<true, Rejection>;
    permit: Result<unknown, Rejection>;
    applied?: { readonly modelId: string; readonly version: number };
    hasRoom: boolean;
  } = { accept: ok(true), permit: ok({}), hasRoom: true };
  const proposed: UpdateDigest[] = [];
  const ledger = {
    updateStatus: () => ({ state: "unknown" }),
    checkUpdate: () => told.permit,
    lastCommitIndex: () => 0,
  };
  const payloads = {
    begin: () => ok({}),
    announce: () => undefined,
    verdictOf: () => told.verdict,
    missingChunks: () => [],
    accept: async () => told.accept,
    finish: async () => told.verdict ?? err(rejection("PAYLOAD_INCOMPLETE", "chunks are missing")),
    check: async () => ok(1),
  };
  const desk = new UpdateDesk({
    ledger: ledger as unknown as Ledger,
    payloads: payloads as unknown as PayloadService,
    state: {
      receipt: async () => undefined,
      appliedIn: async () => told.applied,
    } as unknown as StateStore,
    chunkBytes: CHUNK,
    propose: ({ digest }) => proposed.push(digest),
    hasRoom: () => told.hasRoom,
    onRefused: () => undefined,
  });
  return { desk, told, proposed };
}

describe("update desk", () => {
  it("an update that the disk knows in a version is applied, though the ledger does not know it (any more)", async () => {
    const { desk, told } = world();
    expect(await desk.view(update.digest)).toEqual({ state: "unknown" });
    told.applied = { modelId: "tiny", version: 3 };
    expect(await desk.view(update.digest)).toEqual({ state: "applied", modelId: "tiny", version: 3 });
  });

  it("an upload goes on to its end though another gateway brought the payload meanwhile, and is proposed", async () => {
    const { desk, told, proposed } = world();
    await desk.submit(update, []);
    const stream = desk.openPayload(update.digest);
    if (!stream.ok) throw new Error("submitted");
    expect((await stream.value.write(new Uint8Array(CHUNK))).ok).toBe(true);
    told.verdict = ok(1);
    told.accept = err(rejection("PAYLOAD_NOT_EXPECTED", "it is here already"));
    expect((await stream.value.write(new Uint8Array(CHUNK))).ok).toBe(true);
    expect(await stream.value.finish()).toMatchObject({ ok: true, value: { state: "received" } });
    expect(proposed).toEqual([update.digest]);
  });

  it("two uploads of one update propose it once", async () => {
    const { desk, told, proposed } = world();
    await desk.submit(update, []);
    const streams = [desk.openPayload(update.digest), desk.openPayload(update.digest)];
    told.verdict = ok(1);
    for (const stream of streams) {
      if (!stream.ok) throw new Error("submitted");
      expect(await stream.value.finish()).toMatchObject({ ok: true, value: { state: "received" } });
    }
    expect(proposed).toHaveLength(1);
  });

  it("an upload that ends short is no verdict: the payload may be sent again", async () => {
    const { desk } = world();
    await desk.submit(update, []);
    const stream = desk.openPayload(update.digest);
    if (!stream.ok) throw new Error("submitted");
    expect(await stream.value.finish()).toMatchObject({ ok: false, error: { code: "PAYLOAD_INCOMPLETE" } });
    expect(await desk.view(update.digest)).toMatchObject({ state: "receiving" });
    expect(desk.openPayload(update.digest).ok).toBe(true);
  });

  it("a header for which there is no room is refused, and taken once there is", async () => {
    const { desk, told, proposed } = world();
    [told.hasRoom, told.verdict] = [false, ok(1)];
    expect(await desk.submit(update, [])).toMatchObject({ ok: false, error: { code: "UPDATES_FULL" } });
    expect([await desk.view(update.digest), proposed]).toEqual([{ state: "unknown" }, []]);
    told.hasRoom = true;
    expect(await desk.submit(update, [])).toMatchObject({ ok: true });
    expect(proposed).toEqual([update.digest]);
  });

  it("a header whose payload was refused before is refused, not waited for", async () => {
    const { desk, told } = world();
    told.verdict = err(rejection("DELTA_NORM", "too long"));
    expect(await desk.submit(update, [])).toMatchObject({ ok: false, error: { code: "DELTA_NORM" } });
    expect(await desk.view(update.digest)).toMatchObject({ state: "refused", code: "DELTA_NORM" });
  });

  it.each(["UPDATE_BASE_UNKNOWN", "UPDATE_SEQUENCE_AHEAD"])(
    "U3: a header refused with %s is asked about again once more is executed",
    async (code) => {
      const { desk, told } = world();
      told.permit = err(rejection(code, "not executed here yet"));
      const verdict = desk.check(update, validatorIndex(1));
      expect(verdict).toBeInstanceOf(Promise);
      told.permit = ok({});
      desk.onExecuted(1);
      expect(await verdict).toMatchObject({ accepted: true });
    },
  );
});
