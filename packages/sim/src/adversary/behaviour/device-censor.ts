// Leaves one device's updates and one client's transactions out of its blocks and never acks what the device sent.

import type { DeviceId, SignedUpdate, UpdateDigest } from "@selvedge/integrity";
import { type BehaviourDefinition, numberOption } from "../behaviour-definition.ts";
import { lyingHooks } from "../forged-chain.ts";
import { updatesOf } from "../heard-blocks.ts";

export const deviceCensor: BehaviourDefinition = {
  name: "device-censor",
  summary: "drops one device's updates and one client's transactions from its blocks, and never acks the device",
  power: "oblivious",
  through: "nodes",
  needs: "selvedge",
  options: [
    numberOption("device", "which: 0 is the first device it meets", { default: 0, min: 0, max: 1000, isInteger: true }),
    numberOption(
      "clients",
      "transactions are shared out among so many clients by the sum of their bytes; 0: none is censored",
      {
        default: 8,
        min: 0,
        max: 1000,
        isInteger: true,
      },
    ),
    numberOption("client", "which of the clients", { default: 0, min: 0, max: 999, isInteger: true }),
  ],
  create: ({ number }) => {
    /** In the order met. */
    const devices: DeviceId[] = [];
    const deviceOf = new Map<UpdateDigest, DeviceId>();
    const meet = (updates: readonly SignedUpdate[]): void => {
      for (const { digest, header } of updates) {
        if (!devices.includes(header.deviceId)) devices.push(header.deviceId);
        deviceOf.set(digest, header.deviceId);
      }
    };
    const isCensored = (update: UpdateDigest): boolean => {
      const device = deviceOf.get(update);
      return device !== undefined && device === devices[number("device")];
    };
    const isOfClient = (transaction: Uint8Array): boolean =>
      number("clients") > 0 && byteSum(transaction) % number("clients") === number("client");
    const hooks = lyingHooks(({ body }, world) => {
      meet(body.updates);
      const updates = body.updates.filter(({ digest }) => !isCensored(digest));
      const acks = body.acks.filter(({ update }) => !isCensored(update));
      const transactions = body.transactions.filter((transaction) => !isOfClient(transaction));
      const dropped =
        body.updates.length -
        updates.length +
        body.acks.length -
        acks.length +
        body.transactions.length -
        transactions.length;
      if (dropped === 0) return undefined;
      world.acted("censored");
      return { body: { updates, acks, transactions } };
    });
    return {
      ...hooks,
      onReceive: (_node, message) => {
        meet(updatesOf(message.blocks));
        return undefined;
      },
    };
  },
};

function byteSum(bytes: Uint8Array): number {
  return bytes.reduce((sum, byte) => sum + byte, 0);
}
