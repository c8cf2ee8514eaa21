// A node through the epochs of its chain: opens the parts for the epoch that the store is in, and when it is over stores the
// record of the next one, stops the parts and opens them for the new committee, in the same process and with the same store,
// ledger and callers. Whatever step a crash comes after, a start finds either the old epoch, closed, or the new one.

import { type CheckpointCertificate, type EpochStart, epochStartDigest, mustExist } from "@selvedge/integrity";
import { sha256 } from "../crypto.ts";
import { identityIn } from "../daemon/identity.ts";
import type { NodeParts, NodeSetup } from "../daemon/parts.ts";
import type { NodeServices } from "../daemon/services.ts";
import { NodeError } from "../errors.ts";
import type { Transport } from "../network/transport.ts";
import type { NodeMetrics } from "../observability/metrics.ts";
import { type EpochAt, epochAt } from "./epoch-at.ts";
import { EpochEnd } from "./epoch-end.ts";
import type { EpochSetup } from "./epoch-setup.ts";
import { EpochStore } from "./epoch-store.ts";
import { forwardedServices } from "./forwarded-services.ts";
import { SharedParts } from "./shared-parts.ts";

/** One epoch's parts, running. */
export interface EpochNode {
  readonly parts: NodeParts;
  readonly services: NodeServices;
  readonly stop: () => Promise<void>;
}

export type OpenEpoch = (setup: EpochSetup, end: EpochEnd) => Promise<EpochNode>;

export class EpochRunner {
  readonly services: NodeServices;
  readonly #setup: NodeSetup;
  readonly #open: OpenEpoch;
  readonly #shared: SharedParts;
  readonly #epochs: EpochStore;
  #node: EpochNode | undefined;
  #changing: Promise<void> = Promise.resolve();
  #isStopped = false;

  private constructor(setup: NodeSetup, open: OpenEpoch) {
    this.#setup = setup;
    this.#open = open;
    this.#shared = new SharedParts(setup);
    this.#epochs = new EpochStore(setup.store);
    this.services = forwardedServices(() => this.#running.services);
  }

  static async start(setup: NodeSetup, open: OpenEpoch): Promise<EpochRunner> {
    const runner = new EpochRunner(setup, open);
    await runner.#enter(await runner.#epochs.latest(setup.genesis));
    return runner;
  }

  get metrics(): NodeMetrics {
    return this.#shared.metrics;
  }

  get transport(): Transport {
    return this.#running.parts.transport;
  }

  readonly stop = async (): Promise<void> => {
    this.#isStopped = true;
    // A change that has begun ends first: its parts are to be stopped too.
    await this.#changing;
    await this.#node?.stop();
  };

  get #running(): EpochNode {
    return mustExist(this.#node, "a node that runs has entered an epoch");
  }

  async #enter(at: EpochAt): Promise<void> {
    const end = new EpochEnd({
      onReady: (next, certificate) => this.#begin(at, next, certificate),
      onFatal: this.#setup.onFatal,
    });
    this.#node = await this.#open(
      {
        ...this.#setup,
        identity: identityIn(this.#setup.identity, at.committee),
        at,
        shared: this.#shared,
        epochs: this.#epochs,
        change: end,
      },
      end,
    );
  }

  #begin(at: EpochAt, next: EpochStart, certificate: CheckpointCertificate): void {
    // In a later turn: whoever brought the last thing that was missing is one of the parts that are to stop.
    this.#changing = this.#changing.then(async () => {
      await new Promise((resolve) => setImmediate(resolve));
      if (this.#isStopped) return;
      try {
        await this.#change(at, next, certificate);
      } catch (error) {
        this.#setup.onFatal(error);
      }
    });
  }

  async #change(at: EpochAt, next: EpochStart, certificate: CheckpointCertificate): Promise<void> {
    const { logger } = this.#setup;
    const old = this.#running;
    const { ledger } = old.parts;
    if (certificate.statement.stateRoot !== ledger.stateRoot())
      throw new NodeError("STATE_DIVERGED", `a quorum signed another state of commit ${next.base.index}`);
    await this.#epochs.put(next.epoch, { certificate, proof: ledger.proveEpoch() });
    logger.info(
      { epoch: next.epoch, members: next.members.length, start: epochStartDigest(next, sha256) },
      "a new epoch begins",
    );
    await old.stop();
    if (this.#isStopped) return;
    await this.#enter(epochAt(next, at.start));
  }
}
