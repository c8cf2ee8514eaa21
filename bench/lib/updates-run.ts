// One run of open-loop load with model updates: devices take turns, gateways take turns, and each gateway's event feed
// says when an update of its own was receipted, certified and in a version.

import { setTimeout as delay } from "node:timers/promises";
import {
  type Genesis,
  type VersionDigest,
  bytesFromHex,
  chainIdOf,
  digestFromHex,
  genesisFromJson,
  mustExist,
} from "@selvedge/integrity";
import { createNodeSigner, sha256 } from "@selvedge/node";
import { Device, upload } from "./device.ts";
import { type FeedEvent, readEvents } from "./event-stream.ts";
import { LatencyHistogram } from "./histogram.ts";
import { trustedJson } from "./json.ts";
import { OpenLoopSchedule } from "./schedule.ts";
import type { UpdatesOrder, UpdatesResult } from "./updates-types.ts";

const TICK_MS = 5;
const STAGES = ["upload", "receipt", "certified", "version"] as const;

type Stage = (typeof STAGES)[number];

interface Tracked {
  readonly dueMs: number;
  readonly gateway: number;
  readonly at: Map<Stage, number>;
  isRefused: boolean;
}

export class UpdatesRun {
  readonly #order: UpdatesOrder;
  readonly #genesis: Genesis;
  readonly #devices: readonly Device[];
  readonly #tracked = new Map<string, Tracked>();
  /** When each gateway said that a version was closed. */
  readonly #versionAt: readonly Map<number, number>[];
  /** Updates in the versions that each gateway spoke of. */
  readonly #appliedAt: number[];
  /** Newest version that each gateway spoke of: another may not have executed it yet. */
  #bases: VersionDigest[] = [];
  #payloadBytes = 0;
  #failed = 0;
  #firstFailure: string | null = null;
  #startMs = 0;
  readonly #stopped = new AbortController();

  constructor(order: UpdatesOrder) {
    const genesis = genesisFromJson(order.genesisText);
    if (!genesis.ok) throw new Error(genesis.error.detail);
    this.#order = order;
    this.#genesis = genesis.value;
    const model = mustExist(
      genesis.value.models.find(({ id }) => id === order.modelId),
      "the genesis has the model",
    );
    this.#devices = order.deviceSecrets.map(
      (secret, number) =>
        new Device({
          chainId: chainIdOf(this.#genesis, sha256),
          model,
          chunkBytes: this.#genesis.params.payloadChunkBytes,
          signer: createNodeSigner(bytesFromHex(secret)),
          number,
        }),
    );
    this.#versionAt = order.targets.map(() => new Map());
    this.#appliedAt = order.targets.map(() => 0);
  }

  async run(onWindow: (edge: "begin" | "end") => void): Promise<UpdatesResult> {
    const { targets, seconds, warmUpSeconds, drainSeconds, rate } = this.#order;
    const base = await this.#currentVersion();
    this.#bases = targets.map(() => base);
    for (const [gateway, url] of targets.entries()) this.#follow(gateway, url);
    const schedule = new OpenLoopSchedule({ rate, seconds, nodes: 1 });
    this.#startMs = performance.now();
    let sent = 0;
    let isMeasuring = false;
    for (let elapsedMs = 0; elapsedMs < seconds * 1000; elapsedMs = performance.now() - this.#startMs) {
      if (!isMeasuring && elapsedMs >= warmUpSeconds * 1000) {
        isMeasuring = true;
        onWindow("begin");
      }
      for (const due = schedule.dueCount(0, elapsedMs); sent < due; sent += 1)
        this.#send(sent, schedule.dueMs(0, sent));
      await delay(TICK_MS);
    }
    onWindow("end");
    await this.#drain((seconds + drainSeconds) * 1000);
    this.#stopped.abort();
    await this.#bookVersions();
    return this.#result(sent);
  }

  #follow(gateway: number, url: string): void {
    readEvents(url, (event) => this.#onEvent(gateway, event), this.#stopped.signal).catch((error: unknown) => {
      if (!this.#stopped.signal.aborted) this.#firstFailure ??= textOf(error);
    });
  }

  #send(number: number, dueMs: number): void {
    const { targets } = this.#order;
    const gateway = number % targets.length;
    const device = mustExist(this.#devices[number % this.#devices.length], "there is a device");
    const made = device.nextUpdate(mustExist(this.#bases[gateway], "the run has begun"));
    this.#payloadBytes = made.payload.length;
    const tracked: Tracked = { dueMs, gateway, at: new Map(), isRefused: false };
    this.#tracked.set(made.update.digest, tracked);
    upload(targets[gateway] ?? "", made).then(
      () => this.#note(tracked, "upload", performance.now()),
      (error: unknown) => {
        this.#failed += 1;
        tracked.isRefused = true;
        this.#firstFailure ??= textOf(error);
      },
    );
  }

  #onEvent(gateway: number, { topic, data, atMs }: FeedEvent): void {
    if (topic === "version") {
      this.#versionAt[gateway]?.set(Number(data["version"]), atMs);
      this.#appliedAt[gateway] = (this.#appliedAt[gateway] ?? 0) + Number(data["updates"]);
      this.#bases[gateway] = digestFromHex<VersionDigest>(String(data["digest"]));
      return;
    }
    const tracked = this.#tracked.get(String(data["update"]));
    if (topic !== "update" || tracked?.gateway !== gateway) return;
    const { state } = data;
    if (state === "receipt" || state === "certified") this.#note(tracked, state, atMs);
    if (state === "refused" || state === "expired") tracked.isRefused = true;
  }

  #note({ at, dueMs }: Tracked, stage: Stage, nowMs: number): void {
    if (!at.has(stage)) at.set(stage, nowMs - this.#startMs - dueMs);
  }

  /** Until every update is in a version or refused, but for the last ones, which wait for a version that nobody fills. */
  async #drain(untilMs: number): Promise<void> {
    const isOpen = (): boolean => {
      const refused = [...this.#tracked.values()].filter(({ isRefused }) => isRefused).length;
      const remainder = this.#order.buffer - 1;
      return this.#appliedAt.some((applied) => applied + remainder < this.#tracked.size - refused);
    };
    while (performance.now() - this.#startMs < untilMs && isOpen()) {
      await delay(50);
    }
  }

  /** Which version holds which update: read from the records afterwards, so that asking costs nothing during the run. */
  async #bookVersions(): Promise<void> {
    const { targets, modelId } = this.#order;
    const numbers = new Set(this.#versionAt.flatMap((seen) => [...seen.keys()]));
    for (const number of numbers) {
      const { updates }: VersionJson = await getJson(`${targets[0]}/v1/models/${modelId}/versions/${number}`);
      for (const { update } of updates) {
        const tracked = this.#tracked.get(update);
        const atMs = tracked === undefined ? undefined : this.#versionAt[tracked.gateway]?.get(number);
        if (tracked !== undefined && atMs !== undefined) this.#note(tracked, "version", atMs);
      }
    }
  }

  async #currentVersion(): Promise<VersionDigest> {
    const { current }: ModelJson = await getJson(`${this.#order.targets[0]}/v1/models/${this.#order.modelId}`);
    return digestFromHex<VersionDigest>(current.digest);
  }

  #result(offered: number): UpdatesResult {
    const { seconds, warmUpSeconds } = this.#order;
    const all = [...this.#tracked.values()];
    const measured = all.filter(({ dueMs }) => dueMs >= warmUpSeconds * 1000);
    const counted = (stage: Stage): number => all.filter(({ at }) => at.has(stage)).length;
    const windowCertified = all.filter(({ dueMs, at }) => {
      const certifiedMs = dueMs + (at.get("certified") ?? Number.NaN);
      return certifiedMs >= warmUpSeconds * 1000 && certifiedMs < seconds * 1000;
    }).length;
    const [uploadLatency, receipt, certified, version] = STAGES.map((stage) => {
      const histogram = new LatencyHistogram();
      for (const { at } of measured) if (at.has(stage)) histogram.record((at.get(stage) ?? 0) * 1000);
      return histogram.snapshot();
    });
    const none = new LatencyHistogram().snapshot();
    return {
      offered,
      payloadBytes: this.#payloadBytes,
      uploaded: counted("upload"),
      receipts: counted("receipt"),
      certified: counted("certified"),
      applied: counted("version"),
      refused: all.filter(({ isRefused }) => isRefused).length,
      failed: this.#failed,
      windowCertified,
      windowSeconds: seconds - warmUpSeconds,
      versions: new Set(this.#versionAt.flatMap((seen) => [...seen.keys()])).size,
      latencies: {
        upload: uploadLatency ?? none,
        receipt: receipt ?? none,
        certified: certified ?? none,
        version: version ?? none,
      },
      firstFailure: this.#firstFailure,
    };
  }
}

/** What is read of the daemon's own JSON, by a tool that would rather fail than check. */
interface ModelJson {
  readonly current: { readonly digest: string };
}

interface VersionJson {
  readonly updates: readonly { readonly update: string }[];
}

async function getJson<Json>(url: string): Promise<Json> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url} answers HTTP ${response.status}`);
  return trustedJson<Json>(await response.text());
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
