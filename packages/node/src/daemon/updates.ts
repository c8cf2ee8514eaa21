// Updates as one validator sees them: taken from devices, proposed once their payload is whole, vouched for when a header
// arrives in somebody's block. A header whose base version or sequence window this node has not executed yet is asked
// about again later, because execution may lag behind the order.

import {
  type DeviceId,
  type Rejection,
  type Result,
  type SignedUpdate,
  type UpdateDigest,
  type ValidatorIndex,
  err,
  ok,
  rejection,
} from "@selvedge/integrity";
import type { Ledger } from "@selvedge/ledger";
import type { UpdateVerdict } from "../host/host.ts";
import type { PayloadService } from "../payload/payload-service.ts";
import type { StateStore } from "../storage/state-store.ts";
import type { PayloadStream, UpdateView } from "./services.ts";
import { isTransient } from "./transient-refusal.ts";

/** Local states remembered for status queries, newest kept. */
const UPDATE_VIEWS_MAX = 16_384;
/** Headers that wait for a base version or a sequence window which is not executed here yet. */
const UPDATES_WAITING_MAX = 1_024;

const REFUSED: UpdateVerdict = { accepted: false, score: null };
const ACCEPTED: UpdateVerdict = { accepted: true, score: null };

export interface UpdateDeskSetup {
  readonly ledger: Ledger;
  readonly payloads: PayloadService;
  readonly state: StateStore;
  readonly chunkBytes: number;
  readonly propose: (update: SignedUpdate) => void;
  /** False while too many that were proposed, of this device or of all, are in no commit yet. */
  readonly hasRoom: (device: DeviceId) => boolean;
  readonly onRefused: (update: SignedUpdate, cause: Rejection) => void;
}

interface WaitingHeader {
  readonly update: SignedUpdate;
  readonly author: ValidatorIndex;
  readonly untilCommit: number;
  readonly answer: (verdict: UpdateVerdict) => void;
}

export class UpdateDesk {
  readonly #setup: UpdateDeskSetup;
  readonly #views = new Map<UpdateDigest, UpdateView>();
  /** Submitted by devices, by digest, until their payload is whole. */
  readonly #submitted = new Map<UpdateDigest, SignedUpdate>();
  #waiting: WaitingHeader[] = [];

  constructor(setup: UpdateDeskSetup) {
    this.#setup = setup;
  }

  /** A device's header. The same header again answers where it stands. */
  async submit(update: SignedUpdate, chunkHashes: readonly Uint8Array[]): Promise<Result<UpdateView, Rejection>> {
    const view = await this.view(update.digest);
    if (view.state !== "unknown" && view.state !== "receiving" && view.state !== "refused") return ok(view);
    if (!this.#setup.hasRoom(update.header.deviceId))
      return err(rejection("UPDATES_FULL", "too many updates are waiting; try again"));
    const manifest = this.#setup.payloads.begin(update, chunkHashes);
    if (!manifest.ok) {
      this.#refuse(update, manifest.error);
      return manifest;
    }
    const known = this.#setup.payloads.verdictOf(update);
    if (known !== undefined) return this.#onPayload(update, known);
    this.#remember(update.digest, { state: "receiving", missingChunks: [] });
    this.#submitted.set(update.digest, update);
    if (this.#submitted.size > UPDATE_VIEWS_MAX)
      this.#submitted.delete(this.#submitted.keys().next().value ?? update.digest);
    this.#setup.payloads.announce(update, chunkHashes);
    return ok(await this.view(update.digest));
  }

  openPayload(digest: UpdateDigest): Result<PayloadStream, Rejection> {
    const update = this.#submitted.get(digest);
    if (update === undefined) return err(rejection("UPDATE_NOT_SUBMITTED", "submit the header first"));
    return ok(new ChunkedStream(this.#setup, update, (verdict) => this.#onPayload(update, verdict)));
  }

  async view(digest: UpdateDigest): Promise<UpdateView> {
    const status = this.#setup.ledger.updateStatus(digest);
    // Soon after a start the ledger does not know it again yet, and some thousand updates later it has forgotten it.
    const applied = status.state === "applied" ? status : await this.#setup.state.appliedIn(digest);
    if (applied !== undefined) return { state: "applied", modelId: applied.modelId, version: applied.version };
    if (status.state === "certified")
      return { state: "certified", commitIndex: status.certifiedAt, score: status.score };
    if (status.state === "dropped") return { state: "refused", code: status.code, detail: "the ledger dropped it" };
    if ((await this.#setup.state.receipt(digest)) !== undefined) return { state: "receipt" };
    if (status.state === "output") return { state: "received" };
    const local = this.#views.get(digest) ?? { state: "unknown" };
    if (local.state !== "receiving") return local;
    const root = this.#submitted.get(digest)?.header.payloadRoot;
    return { state: "receiving", missingChunks: root === undefined ? [] : this.#setup.payloads.missingChunks(root) };
  }

  /** U3, asked by the engine for every header that enters the DAG. */
  check(update: SignedUpdate, author: ValidatorIndex): UpdateVerdict | Promise<UpdateVerdict> {
    const permit = this.#setup.ledger.checkUpdate(update.header);
    if (!permit.ok) return isTransient(permit.error) ? this.#wait(update, author) : this.#refuse(update, permit.error);
    const known = this.#setup.payloads.verdictOf(update);
    if (known !== undefined) return known.ok ? ACCEPTED : this.#refuse(update, known.error);
    return this.#setup.payloads
      .check(update, author)
      .then((verdict) => (verdict.ok ? ACCEPTED : this.#refuse(update, verdict.error)));
  }

  /** More is executed: headers that waited for their base are asked about again. */
  onExecuted(commitIndex: number): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const header of waiting) this.#retry(header, commitIndex);
  }

  #retry(header: WaitingHeader, commitIndex: number): void {
    const permit = this.#setup.ledger.checkUpdate(header.update.header);
    if (!permit.ok && isTransient(permit.error) && commitIndex < header.untilCommit) {
      this.#waiting.push(header);
      return;
    }
    if (!permit.ok) {
      header.answer(this.#refuse(header.update, permit.error));
      return;
    }
    Promise.resolve(this.check(header.update, header.author)).then(header.answer, () => header.answer(REFUSED));
  }

  #wait(update: SignedUpdate, author: ValidatorIndex): UpdateVerdict | Promise<UpdateVerdict> {
    if (this.#waiting.length >= UPDATES_WAITING_MAX) return REFUSED;
    const untilCommit = this.#setup.ledger.lastCommitIndex() + WAIT_COMMITS;
    return new Promise((answer) => this.#waiting.push({ update, author, untilCommit, answer }));
  }

  #onPayload(update: SignedUpdate, verdict: Result<number, Rejection>): Result<UpdateView, Rejection> {
    this.#submitted.delete(update.digest);
    if (verdict.ok) return ok(this.#accept(update));
    this.#refuse(update, verdict.error);
    return verdict;
  }

  #accept(update: SignedUpdate): UpdateView {
    this.#submitted.delete(update.digest);
    const local = this.#views.get(update.digest);
    // Two requests may bring the same payload to its end.
    if (local?.state === "received") return local;
    this.#setup.propose(update);
    return this.#remember(update.digest, { state: "received" });
  }

  #refuse(update: SignedUpdate, cause: Rejection): UpdateVerdict {
    this.#remember(update.digest, { state: "refused", code: cause.code, detail: cause.detail });
    this.#setup.onRefused(update, cause);
    return REFUSED;
  }

  #remember(digest: UpdateDigest, view: UpdateView): UpdateView {
    this.#views.delete(digest);
    this.#views.set(digest, view);
    for (const oldest of this.#views.keys()) {
      if (this.#views.size <= UPDATE_VIEWS_MAX) break;
      this.#views.delete(oldest);
    }
    return view;
  }
}

/** Commits that a header may wait for its base version to be executed here. */
const WAIT_COMMITS = 400;

/** Cuts a byte stream into chunks, each verified against the manifest and pushed on as soon as it is whole (U2). */
class ChunkedStream implements PayloadStream {
  readonly #setup: UpdateDeskSetup;
  readonly #update: SignedUpdate;
  readonly #onVerdict: (verdict: Result<number, Rejection>) => Result<UpdateView, Rejection>;
  #buffered: Uint8Array = new Uint8Array(0);
  #nextChunk = 0;
  #receivedBytes = 0;

  constructor(
    setup: UpdateDeskSetup,
    update: SignedUpdate,
    onVerdict: (verdict: Result<number, Rejection>) => Result<UpdateView, Rejection>,
  ) {
    this.#setup = setup;
    this.#update = update;
    this.#onVerdict = onVerdict;
  }

  readonly write = async (bytes: Uint8Array): Promise<Result<void, Rejection>> => {
    this.#receivedBytes += bytes.length;
    if (this.#receivedBytes > this.#update.header.payloadBytes) {
      return err(rejection("PAYLOAD_TOO_LONG", "more bytes than the header says"));
    }
    this.#buffered = concatenated(this.#buffered, bytes);
    while (this.#buffered.length >= this.#setup.chunkBytes) {
      const verdict = await this.#take(this.#setup.chunkBytes);
      if (!verdict.ok) return verdict;
    }
    return ok(undefined);
  };

  readonly finish = async (): Promise<Result<UpdateView, Rejection>> => {
    if (this.#buffered.length > 0) {
      const verdict = await this.#take(this.#buffered.length);
      if (!verdict.ok) return verdict;
    }
    const verdict = await this.#setup.payloads.finish(this.#update);
    // What is short may be sent again; only what was whole has a verdict.
    if (!verdict.ok && verdict.error.code === "PAYLOAD_INCOMPLETE") return verdict;
    return this.#onVerdict(verdict);
  };

  async #take(sizeBytes: number): Promise<Result<true, Rejection>> {
    const chunk = { index: this.#nextChunk, bytes: this.#buffered.slice(0, sizeBytes) };
    this.#buffered = this.#buffered.slice(sizeBytes);
    this.#nextChunk += 1;
    const verdict = await this.#setup.payloads.accept(this.#update.header.payloadRoot, chunk, true);
    // Another gateway or request has brought the payload here already: the rest is only read to its end.
    const isHereAlready = !verdict.ok && this.#setup.payloads.verdictOf(this.#update) !== undefined;
    return isHereAlready ? ok(true) : verdict;
  }
}

function concatenated(left: Uint8Array, right: Uint8Array): Uint8Array {
  if (left.length === 0) return right;
  const joined = new Uint8Array(left.length + right.length);
  joined.set(left, 0);
  joined.set(right, left.length);
  return joined;
}
