// The end of one epoch as this node sees it: the closing commit executed here and a certificate of it by the old committee.
// Certificates come with the votes in blocks, from the store after a restart, or from peers that are in the next epoch.

import { setTimeout as sleep } from "node:timers/promises";
import { type CheckpointCertificate, type EpochStart, commitIndex } from "@selvedge/integrity";
import type { StateStore } from "../storage/state-store.ts";
import type { CertificateDesk } from "../sync/certificates.ts";
import type { EpochChangePort } from "./epoch-port.ts";

/** Between two looks for a certificate that the votes have not brought. */
const LOOK_AGAIN_MS = 500;

export interface EpochEndSetup {
  readonly onReady: (next: EpochStart, certificate: CheckpointCertificate) => void;
  readonly onFatal: (error: unknown) => void;
}

export class EpochEnd implements EpochChangePort {
  readonly #setup: EpochEndSetup;
  #next: EpochStart | undefined;
  #newest: CheckpointCertificate | undefined;
  #isReady = false;

  constructor(setup: EpochEndSetup) {
    this.#setup = setup;
  }

  get next(): EpochStart | undefined {
    return this.#next;
  }

  readonly onClosed = (next: EpochStart): void => {
    this.#next = next;
    this.#look();
  };

  readonly onCertificate = (certificate: CheckpointCertificate): void => {
    this.#newest = certificate;
    this.#look();
  };

  /** Looks where no vote will bring it: until it is there, or the signal says that this epoch's parts stop. */
  async watch(
    { state, certificates }: { readonly state: StateStore; readonly certificates: CertificateDesk },
    stopped: AbortSignal,
  ): Promise<void> {
    try {
      while (!stopped.aborted && !this.#isReady) {
        await sleep(LOOK_AGAIN_MS, undefined, { signal: stopped, ref: false }).catch(() => undefined);
        const { index } = this.#next?.base ?? {};
        if (stopped.aborted || index === undefined) continue;
        const found = (await state.checkpoint(index)) ?? (await certificates.above(index - 1, commitIndex(index)));
        if (found !== null && found !== "later") this.onCertificate(found);
      }
    } catch (error) {
      if (!stopped.aborted) this.#setup.onFatal(error);
    }
  }

  #look(): void {
    const [next, certificate] = [this.#next, this.#newest];
    if (this.#isReady || next === undefined || certificate?.statement.index !== next.base.index) return;
    this.#isReady = true;
    this.#setup.onReady(next, certificate);
  }
}
