// `device submit|flush|status`.

import {
  type ModelId,
  PAYLOAD_MAX_BYTES,
  type VersionDigest,
  type Weights,
  digestFromHex,
  isDigestHex,
  isSameShape,
  modelShapeOf,
  readWeights,
} from "@selvedge/integrity";
import { fromUserFolder } from "../../config/home.ts";
import type { FlushReport, FlushedUpdate } from "../../device/device-client.ts";
import type { WantedVersion } from "../../device/verified-version.ts";
import { EXIT, NodeError } from "../../errors.ts";
import { readBounded } from "../../storage/bounded-read.ts";
import {
  type DeviceSession,
  type DeviceSessionOptions,
  codecOf,
  modelIdOf,
  openDeviceSession,
  versionOf,
} from "../device-session.ts";
import { type Output, jsonLine, printable, table } from "../output.ts";
import { valueOf } from "../rejections.ts";
import { stopRequested } from "../stop-signal.ts";

export interface SubmitOptions extends DeviceSessionOptions {
  readonly model: string;
  readonly delta?: string;
  readonly weights?: string;
  readonly base: string;
  readonly codec: string;
  readonly samples: number;
  readonly json?: boolean;
}

export async function submitUpdate(options: SubmitOptions, output: Output): Promise<number> {
  const codec = codecOf(options.codec);
  const model = modelIdOf(options.model);
  const signal = stopSignal();
  const session = await openDeviceSession(options);
  const { base, delta } = await baseAndDelta(session, options, signal);
  const submission = { model, base, delta, codec, sampleCount: options.samples };
  const { entry, report } = valueOf(await session.client.submitDelta(submission, signal));
  await printReport(report, options, output);
  // A flush that found no gateway for an older update does not come to this one.
  return exitCodeOf(report.find(({ digest }) => digest === entry.digest)?.delivery.state ?? "waiting");
}

async function baseAndDelta(
  session: DeviceSession,
  options: SubmitOptions,
  signal: AbortSignal,
): Promise<{ readonly base: VersionDigest; readonly delta: Weights }> {
  if ((options.delta === undefined) === (options.weights === undefined))
    throw new NodeError("USAGE", "give either --delta or --weights");
  if (options.delta !== undefined) {
    const delta = await readWeightsFile(options.delta);
    // With the digest at hand nobody has to be asked: the update goes into the outbox even while no gateway answers.
    if (isDigestHex(options.base)) return { base: digestFromHex<VersionDigest>(options.base), delta };
    return { base: valueOf(await session.client.version(wantedBase(options), signal)).record.digest, delta };
  }
  const wanted = wantedBase(options);
  const trained = await readWeightsFile(options.weights ?? "");
  const { version, weights } = valueOf(await session.client.pullWeights(wanted, signal));
  if (!isSameShape(modelShapeOf(trained), modelShapeOf(weights)))
    throw new NodeError("FILE_MALFORMED", "the weights have another shape than the model");
  const delta = trained.map((tensor, index) => {
    const base = weights[index]?.values;
    return { ...tensor, values: tensor.values.map((value, position) => value - (base?.[position] ?? 0)) };
  });
  return { base: version.record.digest, delta };
}

function wantedBase({ model, base }: SubmitOptions): WantedVersion {
  return { model: modelIdOf(model), version: versionOf(base) };
}

async function readWeightsFile(name: string): Promise<Weights> {
  const path = fromUserFolder(name, process.env);
  const bytes = await readBounded(path, PAYLOAD_MAX_BYTES);
  if (bytes === undefined) throw new NodeError("USAGE", `there is no file ${path}`);
  const weights = readWeights(bytes);
  if (!weights.ok) throw new NodeError("FILE_MALFORMED", `${path}: ${weights.error.detail} [${weights.error.code}]`);
  return weights.value;
}

export async function flushOutbox(
  options: DeviceSessionOptions & { readonly json?: boolean },
  output: Output,
): Promise<number> {
  const { client } = await openDeviceSession(options);
  const report = await client.flush(stopSignal());
  await printReport(report, options, output);
  return client.waiting.length > 0 ? EXIT.temporary : EXIT.ok;
}

export async function deviceStatus(
  options: DeviceSessionOptions & { readonly json?: boolean },
  output: Output,
): Promise<number> {
  const { client, genesis } = await openDeviceSession(options);
  const signal = stopSignal();
  const sequences = await Promise.all(
    genesis.models.map(async ({ id }) => ({ model: id, sequence: await nextSequence(client, id, signal) })),
  );
  const checkpoint = client.lastCheckpoint ?? null;
  const waiting = client.waiting.map(({ digest, header, sizeBytes }) => ({
    digest,
    model: header.modelId,
    sequence: header.sequence,
    sizeBytes,
  }));
  if (options.json === true) {
    await output.data(jsonLine({ device: client.deviceId, checkpoint, waiting, sequences }));
    return EXIT.ok;
  }
  await output.data(
    table([
      ["device", client.deviceId],
      ["checkpoint", checkpoint === null ? "none verified yet" : `commit ${checkpoint.index}`],
      ...sequences.map(({ model, sequence }) => ["next sequence", `${model}: ${sequence ?? "no gateway answers"}`]),
      ...waiting.map(({ digest, model, sequence }) => ["waiting", `${model} sequence ${sequence}  ${digest}`]),
      ...(waiting.length === 0 ? [["waiting", "nothing"]] : []),
    ]),
  );
  return EXIT.ok;
}

async function nextSequence(
  client: DeviceSession["client"],
  model: ModelId,
  signal: AbortSignal,
): Promise<number | null> {
  const sequence = await client.sequence(model, signal);
  return sequence.ok ? sequence.value.next : null;
}

export function reportJson({ digest, model, sequence, delivery }: FlushedUpdate): Readonly<Record<string, unknown>> {
  const cause = "cause" in delivery ? { code: delivery.cause.code, detail: delivery.cause.detail } : {};
  return { update: digest, model, sequence, state: delivery.state, ...cause };
}

async function printReport(report: FlushReport, options: { readonly json?: boolean }, output: Output): Promise<void> {
  if (options.json === true) {
    for (const update of report) await output.data(jsonLine(reportJson(update)));
    return;
  }
  const rows = report.map(({ digest, model, sequence, delivery }) => {
    const cause = "cause" in delivery ? printable(`${delivery.cause.detail} [${delivery.cause.code}]`) : "";
    return [delivery.state, model, String(sequence), digest, cause];
  });
  await output.data(
    rows.length === 0 ? "nothing waits\n" : table([["STATE", "MODEL", "SEQUENCE", "UPDATE", ""], ...rows]),
  );
}

function exitCodeOf(state: FlushedUpdate["delivery"]["state"]): number {
  if (state === "waiting") return EXIT.temporary;
  return state === "dropped" ? EXIT.unexpected : EXIT.ok;
}

function stopSignal(): AbortSignal {
  const stop = new AbortController();
  void stopRequested().then(() => stop.abort());
  return stop.signal;
}
