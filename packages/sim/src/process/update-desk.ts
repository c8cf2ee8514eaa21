// U3 as one node keeps it: a header is acked once its payload is here and whole, and the ledger permits it. A header whose
// base version or sequence this node has not executed yet is asked about again when more is executed.

import { type SignedUpdate, decodeDelta } from "@selvedge/integrity";
import type { Ledger } from "@selvedge/ledger";
import type { PayloadShelf } from "./payload-shelf.ts";

const TRANSIENT_CODES: ReadonlySet<string> = new Set(["UPDATE_BASE_UNKNOWN", "UPDATE_SEQUENCE_AHEAD"]);
const WAITING_MAX = 1024;

export interface UpdateDeskSetup {
  readonly ledger: Ledger;
  readonly shelf: PayloadShelf;
  readonly answer: (update: SignedUpdate, isAccepted: boolean) => void;
}

interface Waiting {
  readonly update: SignedUpdate;
  readonly author: number;
  readonly untilCommit: number;
}

/** As many commits as a header may wait for its base. */
const WAIT_COMMITS = 200;

export class UpdateDesk {
  readonly #setup: UpdateDeskSetup;
  #waiting: Waiting[] = [];

  constructor(setup: UpdateDeskSetup) {
    this.#setup = setup;
  }

  get waitingCount(): number {
    return this.#waiting.length;
  }

  check(update: SignedUpdate, author: number): void {
    this.#check({ update, author, untilCommit: this.#setup.ledger.lastCommitIndex() + WAIT_COMMITS });
  }

  onExecuted(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const entry of waiting) this.#check(entry);
  }

  #check(entry: Waiting): void {
    const { ledger, shelf, answer } = this.#setup;
    const { update, author } = entry;
    const permit = ledger.checkUpdate(update.header);
    if (permit.ok) {
      shelf.find(update.header.payloadRoot, author, (payload) => answer(update, this.#isSound(update, payload)));
      return;
    }
    const mayWait = ledger.lastCommitIndex() < entry.untilCommit && this.#waiting.length < WAITING_MAX;
    if (TRANSIENT_CODES.has(permit.error.code) && mayWait) this.#waiting.push(entry);
    else answer(update, false);
  }

  #isSound({ header }: SignedUpdate, payload: Uint8Array | undefined): boolean {
    const { ledger } = this.#setup;
    const model = ledger.model(header.modelId);
    if (payload === undefined || model === undefined || payload.length !== header.payloadBytes) return false;
    const delta = decodeDelta(payload, { codec: header.codec, model: model.tensors });
    if (!delta.ok) return false;
    const tensors = delta.value.map(({ values }) => values);
    return ledger.checkDelta(header.modelId, tensors).ok;
  }
}
