// Bounds on what ordered input can make the ledger hold. Every node of a chain must use the same values, since the state
// root depends on them; tests lower them. Each has a row in docs/limits.md.

export interface LedgerLimits {
  /** Headers with one (device, model, sequence) that wait at the same time; further ones are refused. */
  readonly headersPerSequenceMax: number;
  /** Acks of one author whose header is not output yet; the oldest is forgotten first. */
  readonly earlyAcksPerAuthorMax: number;
  /** Transactions remembered to recognise a repetition: the last so many of the log. */
  readonly logDedupeMax: number;
  /** Open proposals of one validator to change the committee; further ones are refused. */
  readonly proposalsPerValidatorMax: number;
  /** Proposals of one validator in an epoch that make no committee: further ones are not judged. */
  readonly unsoundProposalsMax: number;
  /** Commits after which a proposal that is not approved is dropped. */
  readonly proposalExpiry: number;
  /**
   * Governance transactions that are looked at in one block: each costs a signature check. A proposal costs far more, up to
   * some tenths of a second, and is bounded by the two limits of proposals.
   */
  readonly governancePerBlockMax: number;
  /** Finished updates whose outcome `updateStatus` still tells; the oldest is forgotten first. */
  readonly finishedUpdatesMax: number;
}

export const LEDGER_LIMITS: LedgerLimits = {
  headersPerSequenceMax: 4,
  earlyAcksPerAuthorMax: 4096,
  logDedupeMax: 131_072,
  proposalsPerValidatorMax: 2,
  unsoundProposalsMax: 4,
  proposalExpiry: 500_000,
  governancePerBlockMax: 64,
  finishedUpdatesMax: 16_384,
};
