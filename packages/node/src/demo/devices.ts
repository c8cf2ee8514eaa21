// The eight device processes: starts them, keeps what they say about the updates they sent, ends them.

import { join } from "node:path";
import type { Devnet } from "../devnet/devnet.ts";
import type { NodeError } from "../errors.ts";
import { ABSENTEE_DEVICE, DEVICE_COUNT, POISON_FACTOR } from "../training/defaults.ts";
import { deviceSeed } from "../training/federated.ts";
import { ChildGroup } from "./children.ts";
import type { DeviceJob } from "./device-job.ts";
import { type DemoFolder, deviceFolder } from "./folder.ts";
import { childMessageOf } from "./messages.ts";
import { DEMO_MODEL_ID, type DemoPlan, roleOf } from "./plan.ts";
import type { Tally } from "./tally.ts";

const DEVICE_PROCESS = new URL("device-process.ts", import.meta.url);

export interface DevicesOptions {
  readonly plan: DemoPlan;
  readonly folder: DemoFolder;
  readonly devnet: Devnet;
  readonly tally: Tally;
  readonly onFailure: (error: NodeError) => void;
}

export class Devices {
  readonly #options: DevicesOptions;
  readonly #group: ChildGroup;
  /** Update digests by device. */
  readonly #submitted: readonly Set<string>[] = Array.from({ length: DEVICE_COUNT }, () => new Set());
  #isAbsenteeOnline = false;

  constructor(options: DevicesOptions) {
    this.#options = options;
    this.#group = new ChildGroup(options.onFailure);
  }

  start(): void {
    for (let device = 0; device < DEVICE_COUNT; device += 1) this.#start(device);
  }

  stop(): Promise<void> {
    return this.#group.stopAll();
  }

  get isAbsenteeOnline(): boolean {
    return this.#isAbsenteeOnline;
  }

  certifiedCount(device: number): number {
    const { tally } = this.#options;
    return [...(this.#submitted[device] ?? [])].filter((update) => tally.isCertified(update)).length;
  }

  #start(device: number): void {
    this.#group.start({
      name: `device ${device}`,
      module: DEVICE_PROCESS,
      args: [JSON.stringify(this.#jobOf(device))],
      logFile: join(deviceFolder(this.#options.folder, device), "device.log"),
      onMessage: (message) => this.#onMessage(device, message),
    });
  }

  #jobOf(device: number): DeviceJob {
    const { plan, folder, devnet } = this.#options;
    const role = roleOf(device);
    const own = deviceFolder(folder, device);
    // Each begins with another gateway; the others are where it turns to when that one does not answer.
    const gateways = devnet.nodes.map(
      (_, position) => devnet.nodes[(device + position) % devnet.nodes.length]?.apiUrl ?? "",
    );
    return {
      folder: own,
      samples: join(own, "samples"),
      keyFile: join(devnet.keysFolder, `device-${device}.json`),
      passwordFile: devnet.passwordFile,
      genesis: join(folder.network, "genesis.json"),
      gateways,
      model: DEMO_MODEL_ID,
      training: plan.training,
      seed: deviceSeed(plan.seed, device),
      factor: role === "poisoner" ? POISON_FACTOR : 1,
      isMostlyOffline: device === ABSENTEE_DEVICE,
    };
  }

  #onMessage(device: number, raw: unknown): void {
    const message = childMessageOf(raw);
    if (message?.type === "submitted") this.#submitted[device]?.add(message.update);
    if (message?.type === "refused") this.#options.tally.onRefused(message.update, message.code);
    if (message?.type === "presence") this.#isAbsenteeOnline = message.isOnline;
  }
}
