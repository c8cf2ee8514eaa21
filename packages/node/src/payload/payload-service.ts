// A validator's payloads: taken from devices chunk by chunk and pushed on while they arrive, taken from other validators,
// pulled where a header came without, checked whole, stored before anything vouches for them, and served to who asks.
// Decides nothing: its verdict goes to the engine, which acks (docs/protocol.md §8, U2 and U3).

import {
  type Chunk,
  type Digest,
  type PayloadManifest,
  type Rejection,
  type Result,
  type Sha256,
  type SignedUpdate,
  type ValidatorIndex,
  type VerifiedManifest,
  digestFromBytes,
  digestToBytes,
  err,
  mustExist,
  ok,
  rejection,
  verifyManifest,
} from "@selvedge/integrity";
import { type Ledger, checkNorm } from "@selvedge/ledger";
import type { NumberWork } from "../host/worker-pool.ts";
import { RequestSlots } from "../network/request-slots.ts";
import type { Transport } from "../network/transport.ts";
import type { PayloadStore } from "../storage/payload-store.ts";
import { CheckPulls } from "./check-pulls.ts";
import { IncomingPayloads } from "./incoming-payloads.ts";
import { PayloadRetention } from "./payload-retention.ts";
import type { PayloadVerdict } from "./payload-verdict.ts";
import { pullPayload } from "./pull-payload.ts";

export interface PayloadServiceSetup {
  readonly sha256: Sha256;
  readonly chunkBytes: number;
  readonly store: PayloadStore;
  readonly ledger: Ledger;
  readonly work: NumberWork;
  readonly transport: Transport;
  /** The other validators: to push to, and to pull from. */
  readonly others: readonly ValidatorIndex[];
  readonly stopped: AbortSignal;
}

interface ObtainOptions {
  /** Asked before all others. */
  readonly preferred?: readonly ValidatorIndex[];
  readonly stopped?: AbortSignal;
  /** Where many are obtained at one time: see PullContext. */
  readonly turns?: RequestSlots;
}

/** Payload verdicts remembered, newest kept. */
const PAYLOAD_VERDICTS_MAX = 4096;
/** Payloads in memory to be inspected and stored; further ones wait. The worker's queue is never filled from here. */
const INSPECTIONS_MAX = 2;
/** A payload that nobody served for so long is given up: its header may name one that never existed. */
const CHECK_PULL_MAX_MS = 600_000;

export class PayloadService {
  readonly #setup: PayloadServiceSetup;
  readonly #incoming: IncomingPayloads;
  /** By check key; whole, stored and inspected — or refused. Bounded by PAYLOAD_VERDICTS_MAX. */
  readonly #verdicts = new Map<CheckKey, PayloadVerdict>();
  /** Inspections under way: one at a time for each key. */
  readonly #checking = new Map<CheckKey, Promise<PayloadVerdict>>();
  readonly #inspections = new RequestSlots(INSPECTIONS_MAX, Number.POSITIVE_INFINITY);
  readonly #pulls = new CheckPulls<CheckKey>();
  /** The first header to announce each payload that is on its way, by payload root: as many as #incoming holds. */
  readonly #expected = new Map<Digest, SignedUpdate>();
  readonly #retention = new PayloadRetention();

  constructor(setup: PayloadServiceSetup) {
    this.#setup = setup;
    this.#incoming = new IncomingPayloads(setup.sha256, (root) => this.#expected.delete(root));
  }

  /** What is known now, without waiting. */
  verdictOf(update: SignedUpdate): PayloadVerdict | undefined {
    this.#retention.touch(update.header.payloadRoot, this.#setup.ledger.lastCommitIndex());
    return this.#verdicts.get(checkKeyOf(update));
  }

  /** Runs `removal` unless somebody asked for the payload since that commit; whoever asks meanwhile waits for its end. */
  async remove(root: Digest, removal: () => Promise<void>, touchedSince: number): Promise<boolean> {
    if (this.#incoming.get(root) !== undefined || this.#retention.isTouchedSince(root, touchedSince)) return false;
    for (const key of this.#verdicts.keys()) if (key.startsWith(`${root}/`)) this.#verdicts.delete(key);
    await this.#retention.remove(root, removal);
    return true;
  }

  /** Gets the payload from whoever has it, if it is not here, and checks it. Resolves when that is done. */
  async check(update: SignedUpdate, holder: ValidatorIndex): Promise<PayloadVerdict> {
    const { payloadRoot } = update.header;
    const { store, ledger } = this.#setup;
    this.#retention.touch(payloadRoot, ledger.lastCommitIndex());
    await this.#retention.settled(payloadRoot);
    if ((await store.manifest(payloadRoot)) === undefined) {
      const pulled = await this.#pull(update, holder);
      if (!pulled.ok) return pulled;
    }
    const known = this.verdictOf(update);
    if (known !== undefined) return known;
    return this.#checkOnce(update, async () =>
      mustExist(await store.whole(payloadRoot), "what was pulled or has a manifest is whole"),
    );
  }

  /**
   * The whole payload or weights file under a root, from the store or from the first validator that serves it; stored
   * when it resolves. Tries on until it is there or the node stops.
   */
  async obtain(
    wanted: { readonly payloadRoot: Digest; readonly payloadBytes: number },
    { preferred = [], stopped = this.#setup.stopped, turns }: ObtainOptions = {},
  ): Promise<Uint8Array> {
    this.#retention.touch(wanted.payloadRoot, this.#setup.ledger.lastCommitIndex());
    await this.#retention.settled(wanted.payloadRoot);
    const stored = await this.#setup.store.whole(wanted.payloadRoot);
    if (stored !== undefined) return stored;
    const { sha256, transport, others, chunkBytes } = this.#setup;
    const sources = [...preferred, ...others.filter((other) => !preferred.includes(other))];
    const context = { sha256, transport, sources, chunkBytes, stopped, ...(turns && { turns }) };
    const pulled = await pullPayload(context, wanted);
    await this.#setup.store.putWhole(pulled, chunkBytes);
    this.#retention.touch(wanted.payloadRoot, this.#setup.ledger.lastCommitIndex());
    return pulled;
  }

  /** Begins to take a payload from a device or a gateway. Idempotent. */
  begin(update: SignedUpdate, chunkHashes: readonly Uint8Array[]): Result<VerifiedManifest, Rejection> {
    const permit = this.#setup.ledger.checkUpdate(update.header);
    if (!permit.ok) return permit;
    const manifest = verifyManifest(this.#setup.sha256, this.#manifestOf(update, chunkHashes));
    if (!manifest.ok) return manifest;
    if (this.#verdicts.has(checkKeyOf(update))) return manifest;
    // Whoever announces the same payload for another header later does not take the place of the first.
    if (!this.#expected.has(manifest.value.root)) this.#expected.set(manifest.value.root, update);
    this.#incoming.open(manifest.value);
    return manifest;
  }

  /** Announces a payload that a device hands us to the other validators. */
  announce(update: SignedUpdate, chunkHashes: readonly Uint8Array[]): void {
    for (const other of this.#setup.others) this.#setup.transport.pushPayloadOffer(other, { update, chunkHashes });
  }

  /** Takes one verified chunk; with `isGateway` it goes on to the other validators at once (U2). */
  async accept(root: Digest, chunk: Chunk, isGateway: boolean): Promise<Result<true, Rejection>> {
    const verdict = this.#incoming.accept(root, chunk);
    if (verdict === undefined) return err(rejection("PAYLOAD_NOT_EXPECTED", `no payload ${root} is on its way here`));
    if (!verdict.ok) return verdict;
    if (isGateway && verdict.value === "new") {
      for (const other of this.#setup.others) this.#setup.transport.pushPayloadChunk(other, { root, ...chunk });
    }
    const expected = this.#expected.get(root);
    if (expected !== undefined && this.#incoming.get(root)?.isComplete === true && !isGateway)
      await this.finish(expected);
    return ok(true);
  }

  missingChunks(root: Digest): readonly number[] {
    return this.#incoming.get(root)?.missing() ?? [];
  }

  /** Once every chunk is there, by whatever way: inspects, stores, remembers the verdict. */
  async finish(update: SignedUpdate): Promise<PayloadVerdict> {
    const known = this.#verdicts.get(checkKeyOf(update)) ?? this.#checking.get(checkKeyOf(update));
    if (known !== undefined) return known;
    const { payloadRoot } = update.header;
    const assembler = this.#incoming.get(payloadRoot);
    if (assembler?.isComplete !== true)
      return err(rejection("PAYLOAD_INCOMPLETE", `chunks of payload ${payloadRoot} are missing`));
    return this.#checkOnce(update, async () => assembler.assemble());
  }

  #pull(update: SignedUpdate, holder: ValidatorIndex): Promise<PayloadVerdict> {
    return this.#pulls.run(checkKeyOf(update), holder, (arrived, turns) =>
      this.#pullUntil(update, { arrived, preferred: [holder], turns }),
    );
  }

  /** Ends as well when the payload arrives from a gateway meanwhile: the one that we ask may never get it. */
  async #pullUntil(
    update: SignedUpdate,
    { arrived, ...options }: ObtainOptions & { readonly arrived: AbortSignal },
  ): Promise<PayloadVerdict> {
    const { stopped } = this.#setup;
    const tooLate = AbortSignal.timeout(CHECK_PULL_MAX_MS);
    try {
      await this.obtain(update.header, { ...options, stopped: AbortSignal.any([stopped, arrived, tooLate]) });
      return ok(0);
    } catch (error) {
      const known = this.verdictOf(update);
      if (known !== undefined) return known;
      if (tooLate.aborted && !stopped.aborted)
        return err(rejection("PAYLOAD_UNAVAILABLE", "no validator served the payload"));
      throw error;
    }
  }

  async #checkOnce(update: SignedUpdate, payload: () => Promise<Uint8Array>): Promise<PayloadVerdict> {
    const key = checkKeyOf(update);
    const running = this.#checking.get(key);
    if (running !== undefined) return running;
    const checking = this.#inspections.run(async () => this.#inspectAndStore(update, await payload()));
    this.#checking.set(key, checking);
    try {
      const verdict = await checking;
      this.#remember(key, verdict);
      this.#pulls.end(key);
      return verdict;
    } finally {
      this.#checking.delete(key);
      this.#incoming.close(update.header.payloadRoot);
    }
  }

  async #inspectAndStore(update: SignedUpdate, payload: Uint8Array): Promise<PayloadVerdict> {
    const { ledger, work, store, chunkBytes } = this.#setup;
    // The root does not commit to the size, and whoever pulls by this header asks for what it says.
    if (payload.length !== update.header.payloadBytes)
      return err(
        rejection("PAYLOAD_SIZE_MISMATCH", `the payload has ${payload.length} bytes, its header says another`),
      );
    const model = ledger.model(update.header.modelId);
    if (model === undefined)
      return err(rejection("UPDATE_MODEL_UNKNOWN", `there is no model ${update.header.modelId}`));
    const norm = await work.inspect({ codec: update.header.codec, payload, tensors: model.tensors });
    if (!norm.ok) return norm;
    const permitted = checkNorm(model.policy, norm.value);
    await this.#retention.settled(update.header.payloadRoot);
    if (permitted.ok) await store.putWhole(payload, chunkBytes);
    return permitted;
  }

  #remember(key: CheckKey, verdict: PayloadVerdict): void {
    this.#verdicts.set(key, verdict);
    for (const oldest of this.#verdicts.keys()) {
      if (this.#verdicts.size <= PAYLOAD_VERDICTS_MAX) return;
      this.#verdicts.delete(oldest);
    }
  }

  #manifestOf({ header }: SignedUpdate, chunkHashes: readonly Uint8Array[]): PayloadManifest {
    return {
      root: header.payloadRoot,
      sizeBytes: header.payloadBytes,
      chunkBytes: this.#setup.chunkBytes,
      chunkHashes: chunkHashes.filter((hash) => hash.length === 32).map((hash) => digestFromBytes(hash)),
    };
  }
}

/** The same bytes mean something else under another codec or for another model. */
type CheckKey = string;

function checkKeyOf({ header }: SignedUpdate): CheckKey {
  return `${header.payloadRoot}/${header.payloadBytes}/${header.codec}/${header.modelId}`;
}

export function hashesOf(manifest: VerifiedManifest): Uint8Array[] {
  return manifest.chunkHashes.map(digestToBytes);
}
