// Devices that hand in signed model updates while the network suffers. An update with a receipt was acknowledged: it must
// be certified or applied in the end, on every daemon.

import { setTimeout as delay } from "node:timers/promises";
import {
  type SignedUpdate,
  type Signer,
  type VersionDigest,
  bytesFromHex,
  chainIdOf,
  encodeDelta,
  hexFromBytes,
  leafHashes,
  modelId,
  mustExist,
  payloadRoot,
  sequenceNumber,
  signUpdateClaim,
  weightsOf,
} from "@selvedge/integrity";
import { createNodeSigner, sha256 } from "@selvedge/node";
import type { TestDaemon } from "./daemon.ts";
import { trustedJson } from "./json.ts";
import type { FaultNetwork } from "./network.ts";
import { TINY_MODEL } from "./plans.ts";

const RECEIPT_MAX_MS = 60_000;
const SETTLE_MAX_MS = 120_000;
const POLL_MS = 250;
const ELEMENTS = 64;
const QUESTIONS_AT_A_TIME = 16;

export interface UpdateLoadOptions {
  /** Gateways. */
  readonly daemons: readonly TestDaemon[];
  /** Rest of a lane between two updates. */
  readonly everyMs: number;
  /** Places in the network's list of devices; all of them unless given. */
  readonly devices?: readonly number[];
  /** Updates that a device has under way at a time; each lane hands in one after the other. */
  readonly lanes?: number;
}

export class UpdateLoad {
  readonly #network: FaultNetwork;
  readonly #options: UpdateLoadOptions;
  readonly #stopped = new AbortController();
  readonly acked = new Set<string>();
  failed = 0;
  #loop: Promise<unknown> | undefined;

  constructor(network: FaultNetwork, options: UpdateLoadOptions) {
    this.#network = network;
    this.#options = options;
  }

  start(): this {
    const { devices = [...this.#network.test.devices.keys()], lanes = 1 } = this.#options;
    const firsts = Array.from({ length: lanes }, (_, lane) => lane + 1);
    this.#loop = Promise.all(
      devices.flatMap((device) => firsts.map((sequence) => this.#run(device, { from: sequence, step: lanes }))),
    );
    return this;
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#loop;
  }

  /** Acknowledged updates that a daemon does not hold as certified or applied, after some time to settle. */
  async lost(daemon: TestDaemon): Promise<readonly string[]> {
    const deadlineMs = performance.now() + SETTLE_MAX_MS;
    let open = [...this.acked];
    while (open.length > 0 && performance.now() < deadlineMs) {
      open = await unsettled(daemon, open);
      if (open.length > 0) await delay(4 * POLL_MS);
    }
    return open;
  }

  async #run(device: number, { from, step }: { readonly from: number; readonly step: number }): Promise<void> {
    const { signal } = this.#stopped;
    const { daemons, everyMs } = this.#options;
    const { secrets } = mustExist(this.#network.test.devices[device], "a device's keys");
    const signer = createNodeSigner(bytesFromHex(secrets.signing));
    for (let sequence = from; !signal.aborted;) {
      const up = daemons.filter(({ isUp }) => isUp);
      const gateway = up[(sequence + device) % Math.max(1, up.length)];
      const outcome = gateway === undefined ? "open" : await this.#submit(gateway, { signer, sequence, device });
      if (outcome !== "receipt") this.failed += 1;
      // A sequence number is spent once its update has a receipt or is refused; the same bytes may go to another gateway
      // before.
      if (outcome !== "open") sequence += step;
      await delay(everyMs, undefined, { signal }).catch(() => undefined);
    }
  }

  async #submit(
    gateway: TestDaemon,
    { signer, sequence, device }: { readonly signer: Signer; readonly sequence: number; readonly device: number },
  ): Promise<"receipt" | "refused" | "open"> {
    try {
      const made =
        this.#made.get(`${device}/${sequence}`) ??
        (await makeUpdate(this.#network, gateway, { signer, sequence, device }));
      this.#made.set(`${device}/${sequence}`, made);
      await send(`${gateway.apiUrl}/v1/updates`, "POST", made.submission);
      await send(`${gateway.apiUrl}/v1/updates/${made.digest}/payload`, "PUT", made.payload);
      const outcome = await outcomeOf(gateway, made.digest);
      if (outcome === "receipt") this.acked.add(made.digest);
      if (outcome !== "open") this.#made.delete(`${device}/${sequence}`);
      return outcome;
    } catch {
      // The gateway is gone or refuses: another one, later.
      return "open";
    }
  }

  /** What was signed for a sequence number is signed once: two headers for one number would be the device's own fault. */
  readonly #made = new Map<string, MadeUpdate>();
}

export interface MadeUpdate {
  readonly update: SignedUpdate;
  readonly digest: string;
  readonly submission: string;
  readonly payload: Uint8Array<ArrayBuffer>;
}

export async function makeUpdate(
  network: FaultNetwork,
  gateway: TestDaemon,
  { signer, sequence, device }: { readonly signer: Signer; readonly sequence: number; readonly device: number },
): Promise<MadeUpdate> {
  const { genesis } = network.test.bundle;
  const values = new Float32Array(ELEMENTS).fill(1e-3);
  // Below the network's bound on the norm, however long the load goes on.
  values.set([device + 1, sequence % 256]);
  const delta = encodeDelta(weightsOf([{ name: "w", shape: [ELEMENTS], values }]), "f32");
  if (!delta.ok) throw new Error(delta.error.detail);
  const update = signUpdateClaim(
    {
      chainId: chainIdOf(genesis, sha256),
      modelId: modelId(TINY_MODEL.id),
      baseVersion: await currentVersion(gateway),
      sequence: sequenceNumber(sequence),
      payloadRoot: payloadRoot(sha256, delta.value, genesis.params.payloadChunkBytes),
      payloadBytes: delta.value.length,
      codec: "f32",
      sampleCount: 1,
    },
    signer,
    sha256,
  );
  const chunkHashes = leafHashes(sha256, [delta.value]).map(hexFromBytes);
  const submission = JSON.stringify({ update: hexFromBytes(update.bytes), chunkHashes });
  return { update, digest: update.digest, submission, payload: new Uint8Array(delta.value) };
}

async function currentVersion(gateway: TestDaemon): Promise<VersionDigest> {
  const text = await gateway.text(`/v1/models/${TINY_MODEL.id}`);
  if (text === undefined) throw new Error("the gateway does not name its version");
  return trustedJson<{ readonly current: { readonly digest: VersionDigest } }>(text).current.digest;
}

/** Few questions at a time: a daemon refuses hundreds, and a refusal is no answer. */
async function unsettled(daemon: TestDaemon, updates: readonly string[]): Promise<string[]> {
  const open: string[] = [];
  for (let from = 0; from < updates.length; from += QUESTIONS_AT_A_TIME) {
    const asked = updates.slice(from, from + QUESTIONS_AT_A_TIME);
    const states = await Promise.all(asked.map((digest) => updateState(daemon, digest)));
    open.push(...asked.filter((_, position) => states[position] !== "certified" && states[position] !== "applied"));
  }
  return open;
}

export async function updateState(daemon: TestDaemon, digest: string): Promise<string> {
  const text = await daemon.text(`/v1/updates/${digest}`);
  return text === undefined ? "unknown" : trustedJson<{ readonly state: string }>(text).state;
}

async function outcomeOf(gateway: TestDaemon, digest: string): Promise<"receipt" | "refused" | "open"> {
  const deadlineMs = performance.now() + RECEIPT_MAX_MS;
  while (performance.now() < deadlineMs && gateway.isUp) {
    const state = await updateState(gateway, digest);
    if (state === "receipt" || state === "certified" || state === "applied") return "receipt";
    if (state === "refused") return "refused";
    await delay(POLL_MS);
  }
  return "open";
}

async function send(url: string, method: string, body: string | Uint8Array<ArrayBuffer>): Promise<void> {
  const type = typeof body === "string" ? "application/json" : "application/octet-stream";
  const response = await fetch(url, {
    method,
    headers: { "content-type": type },
    body,
    signal: AbortSignal.timeout(10_000),
  });
  await response.arrayBuffer();
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
}
