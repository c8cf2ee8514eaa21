// A colluding device and a corrupted gateway: for every update that a device hands in, the gateway proposes another one of
// the next sequence beforehand, whose payload comes only when the honest one is about to be acked or after.

import type { SignedUpdate } from "@selvedge/integrity";
import type { Adversary, AdversaryWorld } from "../../../src/adversary/adversary.ts";
import { lyingHooks } from "../../../src/adversary/forged-chain.ts";
import { payloadMessage } from "../../../src/process/selvedge-message.ts";

export interface DoubleSigningOptions {
  readonly gateway: number;
  readonly devices: number;
  /** From the rival's header to its payload. */
  readonly payloadAfterMs: number;
}

export function doubleSigningDevice({ gateway, devices, payloadAfterMs }: DoubleSigningOptions): Adversary {
  /** By device, the next sequence to sign twice. */
  const next = Array.from({ length: devices }, () => 1);
  let due: SignedUpdate[] = [];
  const prepare = (device: number, world: AdversaryWorld): void => {
    const made = world.makeUpdate({ device, sequence: next[device] ?? 1, variant: 1 });
    if (made === null || !isSignedUpdate(made.signed)) return;
    next[device] = (next[device] ?? 1) + 1;
    due.push(made.signed);
    world.acted("signed a sequence twice");
    world.after(payloadAfterMs, () => {
      for (let to = 0; to < world.size; to += 1) {
        if (to !== gateway) world.sendAs(gateway, payloadMessage(to, made.payload));
      }
    });
  };
  const everyDevice = (world: AdversaryWorld): void => {
    for (let device = 0; device < devices; device += 1) prepare(device, world);
  };
  const { onEmit } = lyingHooks((block) => {
    if (due.length === 0) return undefined;
    const updates = [...block.body.updates, ...due];
    due = [];
    return { body: { updates } };
  });
  return {
    name: "double-signing-device",
    power: "oblivious",
    nodes: [gateway],
    ...(onEmit && { onEmit }),
    start: (world) => {
      const turn = (): void => {
        everyDevice(world);
        world.after(400, turn);
      };
      turn();
    },
  };
}

function isSignedUpdate(value: unknown): value is SignedUpdate {
  return typeof value === "object" && value !== null && "digest" in value && "headerBytes" in value;
}
