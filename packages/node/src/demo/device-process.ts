// The process of one device: pulls the newest version it can verify, trains on its own samples, sends the delta, and
// waits for a newer version. Everything that matters (key, outbox, last checkpoint) is in its folder. What the poisoner
// and the mostly offline device do differently is said by their jobs.

import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { bytesFromHex, modelId, normL2, versionNumber } from "@selvedge/integrity";
import { createNodeSigner } from "../crypto.ts";
import { readGenesisBundle } from "../daemon/home.ts";
import { type DeviceClient, type FlushReport, type PulledWeights, openDeviceClient } from "../device/device-client.ts";
import { weightsOfDigitModel } from "../devnet/digit-network.ts";
import { NodeError } from "../errors.ts";
import { openKeyFile, readPasswordFile } from "../keys/keystore.ts";
import { loadHalf } from "../training/idx.ts";
import { scaledDelta, trainLocal } from "../training/local-training.ts";
import { type DeviceJob, deviceJobOf } from "./device-job.ts";
import { digitModelOf } from "./digit-weights.ts";
import { leaveWithParent, tellParent } from "./leave-with-parent.ts";
import { Presence } from "./presence.ts";
import { newerVersion, pauseFor } from "./version-wait.ts";

async function main(job: DeviceJob): Promise<void> {
  const ending = new AbortController();
  const { signal } = ending;
  const client = await openClient(job);
  const presence = new Presence(job.isMostlyOffline, signal);
  const working = work({ job, client, presence, signal });
  leaveWithParent(async () => {
    ending.abort();
    await working;
  });
  await working;
}

async function openClient(job: DeviceJob): Promise<DeviceClient> {
  const { genesis } = await readGenesisBundle(job.genesis, join(dirname(job.genesis), "genesis-weights"));
  const { secrets } = await openKeyFile(job.keyFile, await readPasswordFile(job.passwordFile));
  await mkdir(job.folder, { recursive: true, mode: 0o700 });
  return openDeviceClient({
    genesis,
    gateways: job.gateways,
    signer: createNodeSigner(bytesFromHex(secrets.signing)),
    outboxFolder: join(job.folder, "outbox"),
    checkpointFile: join(job.folder, "checkpoint"),
    limits: { backoffMs: GATEWAY_BACKOFF_MS },
  });
}

/** Everything is on one machine. */
const GATEWAY_BACKOFF_MS = 60;

interface Work {
  readonly job: DeviceJob;
  readonly client: DeviceClient;
  readonly presence: Presence;
  readonly signal: AbortSignal;
}

async function work({ job, client, presence, signal }: Work): Promise<void> {
  const samples = loadHalf(job.samples, "train");
  const model = modelId(job.model);
  let trainedOn = -1;
  for (let cycle = 1; !signal.aborted;) {
    await presence.online();
    tellRefusals(await client.flush(signal));
    const newest = await newerVersion(job, trainedOn, () => presence.isOver);
    if (signal.aborted || newest === undefined) continue;
    // This very version, not the newest that is certified already: a stale base makes the training swing.
    const pulled = await client.pullWeights({ model, version: versionNumber(newest) }, signal);
    if (!pulled.ok) {
      // Its certificate follows the version within a few message delays.
      await pauseFor(CERTIFICATE_PAUSE_MS, signal);
      continue;
    }
    trainedOn = newest;
    await trainAndSend({ job, client, presence, signal, samples, cycle, pulled: pulled.value });
    cycle += 1;
  }
}

const CERTIFICATE_PAUSE_MS = 40;

interface Cycle extends Work {
  readonly samples: ReturnType<typeof loadHalf>;
  readonly cycle: number;
  readonly pulled: PulledWeights;
}

async function trainAndSend({ job, client, presence, signal, samples, cycle, pulled }: Cycle): Promise<void> {
  const base = digitModelOf(pulled.bytes);
  if (!base.ok) throw new NodeError("VERIFY_FAILED", base.error.detail);
  const { delta, sampleCount } = trainLocal(base.value, samples, { ...job.training, seed: job.seed, cycle });
  const weights = weightsOfDigitModel({ hidden: base.value.hidden, tensors: scaledDelta(delta, job.factor) });
  // Its minute may be over by now: the result then waits, and with it the device.
  await presence.online();
  if (signal.aborted) return;
  const submitted = await client.submitDelta(
    { model: modelId(job.model), base: pulled.version.record.digest, delta: weights, codec: "f32", sampleCount },
    signal,
  );
  if (!submitted.ok) throw new NodeError("UPDATE_REFUSED", `${submitted.error.detail} (${submitted.error.code})`);
  const { digest } = submitted.value.entry;
  const baseVersion = pulled.version.record.record.version;
  tellParent({ type: "submitted", update: digest, baseVersion, norm: normL2(weights) });
  presence.onSent();
  tellRefusals(submitted.value.report);
}

function tellRefusals(report: FlushReport): void {
  for (const { digest, delivery } of report) {
    if (delivery.state === "dropped") tellParent({ type: "refused", update: digest, code: delivery.cause.code });
  }
}

await main(deviceJobOf(process.argv[2] ?? "{}"));
