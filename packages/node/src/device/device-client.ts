// A device's side of the network: what it believes (checkpoint → version record → weights, from the genesis alone), what
// it sends (an outbox that survives everything but the disk), and to whom (any gateway). Trains nothing and keeps no key:
// both are handed in.

import { setTimeout as delay } from "node:timers/promises";
import {
  type CheckpointStatement,
  type Crypto,
  type DeltaCodec,
  type DeviceId,
  type Digest,
  type Genesis,
  type ModelId,
  type Rejection,
  type Result,
  type Signer,
  type UpdateDigest,
  type VersionDigest,
  type Weights,
  assert,
  chainIdOf,
  deviceIdOf,
  err,
  isSameShape,
  modelShapeOf,
  ok,
  payloadRoot,
  readWeights,
  rejection,
  sequenceNumber,
  signUpdate,
} from "@selvedge/integrity";
import type { SequenceInfo } from "@selvedge/ledger";
import { Type } from "typebox";
import { Value } from "typebox/value";
import { createNodeCrypto } from "../crypto.ts";
import { CheckpointMemory } from "./checkpoint-memory.ts";
import { CommitteeTrail } from "./committee-trail.ts";
import { type Delivery, deliver } from "./delivery.ts";
import {
  type Fetch,
  GatewayClient,
  type GatewayResult,
  type Pause,
  invalidAnswer,
  refusedAnswer,
} from "./gateway-client.ts";
import { DEFAULT_DEVICE_LIMITS, type DeviceLimits } from "./limits.ts";
import { openOutboxFolder } from "./outbox-files.ts";
import { Outbox, type OutboxEntry } from "./outbox.ts";
import { payloadOfDelta } from "./payload-of-delta.ts";
import {
  type DeviceTrust,
  type VerifiedVersion,
  type WantedVersion,
  following,
  verifyVersionAnswer,
} from "./verified-version.ts";

export interface DeviceClientOptions {
  readonly genesis: Genesis;
  /** Base URLs of gateways, in order of preference. */
  readonly gateways: readonly string[];
  readonly signer: Signer;
  /** Folder of the outbox, made if missing; one process at a time. */
  readonly outboxFolder: string;
  /** File of the newest verified checkpoint. */
  readonly checkpointFile: string;
  readonly token?: string | null;
  readonly crypto?: Crypto;
  readonly fetch?: Fetch;
  readonly pause?: Pause;
  readonly random?: () => number;
  readonly limits?: Partial<DeviceLimits>;
}

export interface PulledWeights {
  readonly version: VerifiedVersion;
  /** The canonical safetensors file, as it came. */
  readonly bytes: Uint8Array;
  readonly weights: Weights;
}

export interface DeltaSubmission {
  readonly model: ModelId;
  /** Digest of the version record that the delta is relative to. */
  readonly base: VersionDigest;
  readonly delta: Weights;
  readonly codec: DeltaCodec;
  readonly sampleCount: number;
  readonly dataSetRoot?: Digest;
  readonly privacy?: string;
}

export interface FlushedUpdate {
  readonly digest: UpdateDigest;
  readonly model: ModelId;
  readonly sequence: number;
  readonly delivery: Delivery;
}

/** What became of everything that waited, oldest first. */
export type FlushReport = readonly FlushedUpdate[];

const SEQUENCE = Type.Object({
  lastClosed: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
  next: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
  highest: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
});

/** Rejects with FILE_MALFORMED or IO_FAILED if what the device keeps cannot be read. */
export async function openDeviceClient(options: DeviceClientOptions): Promise<DeviceClient> {
  const crypto = options.crypto ?? createNodeCrypto();
  const { genesis } = options;
  const chainId = chainIdOf(genesis, crypto.sha256);
  const trail = await CommitteeTrail.open({ path: `${options.checkpointFile}.epochs`, genesis, chainId, crypto });
  const trust: DeviceTrust = { chainId, crypto, committeeIn: (epoch) => trail.committeeIn(epoch) };
  const limits = { ...DEFAULT_DEVICE_LIMITS, ...options.limits };
  const checkpoints = await CheckpointMemory.open(options.checkpointFile, trust);
  const outbox = await Outbox.open(await openOutboxFolder(options.outboxFolder), limits);
  const client = new GatewayClient({
    gateways: options.gateways,
    token: options.token ?? null,
    fetch: options.fetch ?? fetch,
    pause: options.pause ?? pauseFor,
    random: options.random ?? Math.random,
    limits,
  });
  return new DeviceClient({ genesis, signer: options.signer, trust, trail, limits, checkpoints, outbox, client });
}

interface DeviceParts {
  readonly genesis: Genesis;
  readonly signer: Signer;
  readonly trust: DeviceTrust;
  readonly trail: CommitteeTrail;
  readonly limits: DeviceLimits;
  readonly checkpoints: CheckpointMemory;
  readonly outbox: Outbox;
  readonly client: GatewayClient;
}

export class DeviceClient {
  readonly deviceId: DeviceId;
  readonly #parts: DeviceParts;
  /** One flush at a time. */
  #flushing: Promise<unknown> = Promise.resolve();

  constructor(parts: DeviceParts) {
    this.#parts = parts;
    this.deviceId = deviceIdOf(parts.trust.crypto.sha256, parts.signer.publicKey);
  }

  /** What still waits for its receipt, oldest first. */
  get waiting(): readonly OutboxEntry[] {
    return this.#parts.outbox.entries;
  }

  get lastCheckpoint(): CheckpointStatement | undefined {
    return this.#parts.checkpoints.latest;
  }

  /** What a gateway says; not verified, since nothing rests on it. */
  async sequence(model: ModelId, signal: AbortSignal): Promise<Result<SequenceInfo, Rejection>> {
    const { client } = this.#parts;
    const path = `/v1/devices/${this.deviceId}/models/${model}/sequence`;
    return plain(
      await client.anywhere(async (gateway) => sequenceOf(await client.json(gateway, path, signal)), signal),
    );
  }

  /** The newest version that a certificate covers. */
  async latestVersion(model: ModelId, signal: AbortSignal): Promise<Result<VerifiedVersion, Rejection>> {
    return this.version({ model, version: "latest" }, signal);
  }

  async version(wanted: WantedVersion, signal: AbortSignal): Promise<Result<VerifiedVersion, Rejection>> {
    const { client } = this.#parts;
    return plain(await client.anywhere(async (gateway) => this.#versionAt(gateway, wanted, signal), signal));
  }

  /** Weights whose every byte follows from the genesis. */
  async pullWeights(wanted: WantedVersion, signal: AbortSignal): Promise<Result<PulledWeights, Rejection>> {
    const { client } = this.#parts;
    return plain(await client.anywhere(async (gateway) => this.#weightsAt(gateway, wanted, signal), signal));
  }

  /**
   * Puts an update into the outbox, durably, and flushes. Refused only for what no gateway is needed to see; whatever the
   * network says is in the report.
   */
  async submitDelta(
    submission: DeltaSubmission,
    signal: AbortSignal,
  ): Promise<Result<{ readonly entry: OutboxEntry; readonly report: FlushReport }, Rejection>> {
    const { genesis, outbox } = this.#parts;
    const payload = payloadOfDelta({ ...submission, bytesMax: genesis.params.payloadMaxBytes });
    if (!payload.ok) return payload;
    const hint = await this.sequence(submission.model, signal);
    const header = this.#headerOf(submission, payload.value);
    const entry = await outbox.add({ header, payload: payload.value, hint: hint.ok ? hint.value : undefined });
    if (!entry.ok) return entry;
    return ok({ entry: entry.value, report: await this.flush(signal) });
  }

  /** Tries to deliver everything that waits, oldest first; stops early when no gateway can be reached. */
  async flush(signal: AbortSignal): Promise<FlushReport> {
    const report = this.#flushing.then(async () => this.#flush(signal));
    this.#flushing = report.catch(() => undefined);
    return report;
  }

  async #flush(signal: AbortSignal): Promise<FlushReport> {
    const report: FlushedUpdate[] = [];
    for (const entry of this.waiting) {
      const delivery = await this.#deliver(entry, signal);
      const { digest, header } = entry;
      report.push({ digest, model: header.modelId, sequence: header.sequence, delivery });
      if (delivery.state === "dropped") await this.#parts.outbox.drop(entry);
      else if (delivery.state !== "waiting") await this.#parts.outbox.remove(entry);
      else if (OFFLINE_CODES.has(delivery.cause.code)) break;
    }
    return report;
  }

  async #deliver(entry: OutboxEntry, signal: AbortSignal): Promise<Delivery> {
    const { client, trust, limits, outbox, signer, genesis } = this.#parts;
    const stored = await outbox.load(entry);
    if (!stored.ok) return { state: "dropped", cause: stored.error };
    const update = signUpdate(stored.value.header, signer, trust.crypto.sha256);
    assert(update.digest === entry.digest, "what is signed is what took the sequence");
    const setup = {
      client,
      trust,
      follow: (gateway: string, epoch: number, until: AbortSignal) =>
        this.#parts.trail.follow(client, { gateway, epoch }, until),
      limits,
      chunkBytes: genesis.params.payloadChunkBytes,
      verifiedVersion: async (wanted: WantedVersion, until: AbortSignal) => this.version(wanted, until),
    };
    return deliver(setup, { update, payload: stored.value.payload }, signal);
  }

  #headerOf(submission: DeltaSubmission, payload: Uint8Array): Parameters<Outbox["add"]>[0]["header"] {
    const { trust, signer, genesis } = this.#parts;
    return {
      version: 1,
      chainId: trust.chainId,
      deviceId: this.deviceId,
      devicePublicKey: signer.publicKey,
      modelId: submission.model,
      baseVersion: submission.base,
      payloadRoot: payloadRoot(trust.crypto.sha256, payload, genesis.params.payloadChunkBytes),
      payloadBytes: payload.length,
      codec: submission.codec,
      sampleCount: submission.sampleCount,
      dataSetRoot: submission.dataSetRoot ?? null,
      privacy: submission.privacy ?? null,
    };
  }

  async #versionAt(
    gateway: string,
    wanted: WantedVersion,
    signal: AbortSignal,
  ): Promise<GatewayResult<VerifiedVersion>> {
    const { client, trust, trail, checkpoints } = this.#parts;
    const path = `/v1/models/${wanted.model}/versions/${wanted.version}/proof`;
    const answer = await client.json(gateway, path, signal);
    if (!answer.ok) return answer;
    const verified = await following(
      () => verifyVersionAnswer(answer.value, wanted, trust),
      (epoch) => trail.follow(client, { gateway, epoch }, signal),
    );
    if (!verified.ok) return verified;
    const accepted = await checkpoints.accept(verified.value.certificate);
    if (accepted.ok) return verified;
    // A gateway that lags behind may catch up.
    return err({ ...refusedAnswer(accepted.error), isRetryable: accepted.error.code === "CHECKPOINT_ROLLED_BACK" });
  }

  async #weightsAt(gateway: string, wanted: WantedVersion, signal: AbortSignal): Promise<GatewayResult<PulledWeights>> {
    const version = await this.#versionAt(gateway, wanted, signal);
    if (!version.ok) return version;
    const { weightsRoot, weightsBytes, version: number } = version.value.record.record;
    const path = `/v1/models/${wanted.model}/versions/${number}/weights`;
    const bytes = await this.#parts.client.bytes(gateway, { path, bytesMax: weightsBytes }, signal);
    if (!bytes.ok) return bytes;
    const { genesis, trust } = this.#parts;
    if (payloadRoot(trust.crypto.sha256, bytes.value, genesis.params.payloadChunkBytes) !== weightsRoot) {
      return err(
        refusedAnswer(
          rejection("WEIGHTS_ROOT_MISMATCH", `the weights of version ${number} are not those of its record`),
        ),
      );
    }
    const weights = readWeights(bytes.value);
    if (!weights.ok) return err(refusedAnswer(weights.error));
    const model = genesis.models.find(({ id }) => id === wanted.model);
    if (model === undefined || !isSameShape(modelShapeOf(weights.value), model.tensors)) {
      return err(refusedAnswer(rejection("WEIGHTS_SHAPE", "the weights have another shape than the genesis says")));
    }
    return ok({ version: version.value, bytes: bytes.value, weights: weights.value });
  }
}

/** Causes for which the next update would fare no better. */
const OFFLINE_CODES: ReadonlySet<string> = new Set(["GATEWAY_UNREACHABLE", "DEADLINE_PASSED"]);

function sequenceOf(answer: GatewayResult<unknown>): GatewayResult<SequenceInfo> {
  if (!answer.ok) return answer;
  if (!Value.Check(SEQUENCE, answer.value)) return err(invalidAnswer("the answer is no sequence"));
  const { lastClosed, next, highest } = answer.value;
  return ok({ lastClosed, next: sequenceNumber(next), highest });
}

function plain<Value>(result: GatewayResult<Value>): Result<Value, Rejection> {
  return result.ok ? result : err(result.error.cause);
}

async function pauseFor(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(ms, undefined, { signal });
  } catch (cause) {
    if (!signal.aborted) throw cause;
  }
}
