// What the ledger's events mean for the end of an epoch: the engine is told to mark it, the dealer looks whether its part is
// wanted, and the runner hears of the closing commit once it is executed and stored.

import type { InputEvent } from "@selvedge/consensus";
import type { LedgerEvent } from "@selvedge/ledger";
import type { NodeParts } from "../daemon/parts.ts";
import type { Mailbox } from "../host/mailbox.ts";
import { Dealer } from "./dealer.ts";
import type { EpochEventPort } from "./epoch-port.ts";
import type { EpochSetup } from "./epoch-setup.ts";

type EventParts = Pick<NodeParts, "ledger" | "transactions" | "lifetime">;

export class EpochEvents implements EpochEventPort {
  readonly #setup: EpochSetup;
  readonly #parts: EventParts;
  readonly #mailbox: Mailbox<InputEvent>;
  readonly #dealer: Dealer | undefined;

  constructor(setup: EpochSetup, parts: EventParts, mailbox: Mailbox<InputEvent>) {
    this.#setup = setup;
    this.#parts = parts;
    this.#mailbox = mailbox;
    this.#dealer = dealerFor(setup, parts);
  }

  readonly onExecuted = (events: readonly LedgerEvent[]): void => {
    for (const event of events) {
      if (event.type === "epochEnding") this.#mailbox.putUrgent({ type: "endEpoch" });
      if (event.type === "epochClosed") this.#setup.change.onClosed(event.start);
      if (event.type === "committeeApproved") this.deal();
      this.#log(event);
    }
  };

  /** What an operator who asks for a change wants to find. */
  #log(event: LedgerEvent): void {
    const { logger } = this.#setup;
    if (event.type === "governanceRefused") {
      const { transaction, code, validator } = event;
      logger.warn({ transaction, code, validator }, "governance refused");
    }
    if (event.type === "dealingRefused") logger.warn({ dealer: event.dealer, code: event.code }, "dealing refused");
    if (event.type === "proposalDropped")
      logger.info({ proposal: event.proposal, code: event.code }, "proposal dropped");
    if (event.type === "committeeApproved") logger.info({ proposal: event.proposal }, "change approved");
    if (event.type === "epochEnding") logger.info({ epoch: event.epoch }, "the epoch ends");
  }

  /** In its own time: nothing waits for it. */
  readonly deal = (): void => {
    this.#dealer?.look().catch((error: unknown) => {
      if (!this.#parts.lifetime.signal.aborted) this.#setup.onFatal(error);
    });
  };
}

function dealerFor(setup: EpochSetup, { ledger, transactions }: EventParts): Dealer | undefined {
  const { identity, logger } = setup;
  const { validator } = identity;
  const key = identity.memberKeys?.find(({ signer }) => signer === validator?.signer);
  if (validator === null || key === undefined) return undefined;
  const submit = (transaction: Uint8Array): Promise<unknown> => transactions.submit(transaction);
  return new Dealer({ ledger, validator: validator.index, key, submit, logger });
}
