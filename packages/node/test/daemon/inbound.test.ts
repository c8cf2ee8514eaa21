// What the network hands in and what it costs: of a frame of bad blocks, one look and one penalty.

import { err, ok, rejection, validatorIndex } from "@selvedge/integrity";
import { expect, it } from "vitest";
import { type InboundSetup, createInbound } from "../../src/daemon/inbound.ts";

const PEER = { kind: "validator", index: validatorIndex(1) } as const;

it("F69, F117: a frame of bad blocks is looked at as far as the first, which alone is paid for", async () => {
  const verified: number[] = [];
  const penalties: string[] = [];
  const submitted: number[] = [];
  const setup = {
    catchUp: { isRunning: false, onBlock: () => undefined },
    verifyBlock: ([kind = 0]: Uint8Array) => {
      verified.push(kind);
      if (kind === 0) return ok({});
      return err(rejection(kind === 1 ? "BLOCK_EPOCH" : "BLOCK_SIGNATURE", "bad"));
    },
    transport: { penalise: (_: unknown, __: number, reason: string) => void penalties.push(reason) },
    host: { submit: async ({ blocks }: { blocks: unknown[] }) => void submitted.push(blocks.length) },
  } as unknown as InboundSetup;
  const frame = [0, 1, 0, 2, 2, 0, 2].map((kind) => Uint8Array.of(kind));
  await createInbound(setup).onBlocks(PEER, frame);
  expect(verified).toEqual([0, 1, 0, 2]);
  expect(penalties).toEqual(["BLOCK_SIGNATURE"]);
  expect(submitted, "what came before is taken").toEqual([2]);
});
