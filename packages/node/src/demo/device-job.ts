// What a device process is told when it is started.

import { type Static, Type } from "typebox";
import { Value } from "typebox/value";
import { NodeError } from "../errors.ts";

const DEVICE_JOB = Type.Object({
  folder: Type.String(),
  samples: Type.String(),
  keyFile: Type.String(),
  passwordFile: Type.String(),
  genesis: Type.String(),
  /** In the order in which they are tried. */
  gateways: Type.Array(Type.String(), { minItems: 1 }),
  model: Type.String(),
  training: Type.Object({
    epochs: Type.Integer(),
    batchSize: Type.Integer(),
    learningRate: Type.Number(),
    momentum: Type.Number(),
    samplesMax: Type.Integer(),
  }),
  seed: Type.String(),
  /** What its delta is multiplied with before it is sent: 1 for an honest device. */
  factor: Type.Number(),
  isMostlyOffline: Type.Boolean(),
});

export type DeviceJob = Static<typeof DEVICE_JOB>;

export function deviceJobOf(text: string): DeviceJob {
  const job: unknown = JSON.parse(text);
  if (Value.Check(DEVICE_JOB, job)) return job;
  throw new NodeError("USAGE", "a device process is started with its job as JSON");
}
