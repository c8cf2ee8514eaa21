// Reads versions as a device does that knows only the genesis: checkpoint → version record → weights, each verified. The
// accuracies that the demonstration shows are of weights read this way.

import { randomBytes } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { modelId, versionNumber } from "@selvedge/integrity";
import { createNodeSigner } from "../crypto.ts";
import { type DeviceClient, openDeviceClient } from "../device/device-client.ts";
import type { Devnet } from "../devnet/devnet.ts";
import { NodeError } from "../errors.ts";
import { DEMO_MODEL_ID } from "./plan.ts";

const PULL_MAX_MS = 120_000;
const RETRY_MS = 50;

export interface PulledModel {
  readonly version: number;
  readonly weightsRoot: string;
  /** The weights file. */
  readonly file: Uint8Array;
}

export class ModelReader {
  readonly #client: DeviceClient;
  readonly #signal: AbortSignal;

  private constructor(client: DeviceClient, signal: AbortSignal) {
    this.#client = client;
    this.#signal = signal;
  }

  static async open(devnet: Devnet, folder: string, signal: AbortSignal): Promise<ModelReader> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const client = await openDeviceClient({
      genesis: devnet.genesis,
      gateways: devnet.nodes.map(({ apiUrl }) => apiUrl),
      // It only reads; nobody knows this key.
      signer: createNodeSigner(randomBytes(32)),
      outboxFolder: join(folder, "outbox"),
      checkpointFile: join(folder, "checkpoint"),
    });
    return new ModelReader(client, signal);
  }

  /** The newest version that a certificate covers, or the version named: then it waits for the certificate. */
  async pull(version?: number): Promise<PulledModel> {
    const wanted = {
      model: modelId(DEMO_MODEL_ID),
      version: version === undefined ? ("latest" as const) : versionNumber(version),
    };
    const deadline = performance.now() + PULL_MAX_MS;
    for (;;) {
      const pulled = await this.#client.pullWeights(wanted, this.#signal);
      if (pulled.ok) {
        const { record } = pulled.value.version.record;
        return { version: record.version, weightsRoot: record.weightsRoot, file: pulled.value.bytes };
      }
      if (performance.now() > deadline || this.#signal.aborted) {
        const { code, detail } = pulled.error;
        throw new NodeError(
          "VERIFY_FAILED",
          `no gateway gives a version ${wanted.version} that verifies: ${detail} (${code})`,
        );
      }
      await delay(RETRY_MS, undefined, { signal: this.#signal }).catch(() => undefined);
    }
  }
}
