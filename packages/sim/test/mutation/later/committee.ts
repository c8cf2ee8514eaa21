// Defects of how the ledger changes its committee (docs/protocol.md §11): proposals, approvals, the trigger, the next
// start, and what a light device believes of it.

import type { LaterMutant } from "../mutant.ts";

const GOVERNANCE = "ledger/test/module/governance.test.ts";
const END = "ledger/test/module/epoch-end.test.ts";
const PROOF = "ledger/test/epoch-proof.test.ts";

export const COMMITTEE_MUTANTS: readonly LaterMutant[] = [
  {
    id: "approvals-below-q",
    file: "ledger/src/module/proposals.ts",
    find: "return tally.hasQuorum;",
    replace: "return tally.hasValidity;",
    what: "approvals of F+1 settle a change",
    explored: [],
    laws: [GOVERNANCE],
  },
  {
    id: "approver-counted-twice",
    file: "ledger/src/module/proposals.ts",
    find: `    if (!open.approvals.includes(validator)) return ok(open);
    return err(rejection("APPROVAL_REPEATED", \`validator \${validator} has approved it before\`));
  }

  /** True if approvals now have stake Q. */
  approve(digest: Digest, validator: ValidatorIndex): boolean {
    const open = mustExist(this.#open.get(digest), "what is approved is open");
    const tally = new StakeTally(this.#committee);
    const approvals = [...open.approvals, validator].sort((left, right) => left - right);
    for (const member of approvals) tally.add(member);
    this.#open.set(digest, { ...open, approvals, approvedStake: tally.stake });
    return tally.hasQuorum;`,
    replace: `    return ok(open);
  }

  approve(digest: Digest, validator: ValidatorIndex): boolean {
    const open = mustExist(this.#open.get(digest), "what is approved is open");
    const approvals = [...open.approvals, validator].sort((left, right) => left - right);
    const approvedStake = approvals.reduce((sum, member) => sum + (this.#committee.validators[member]?.stake ?? 0), 0);
    this.#open.set(digest, { ...open, approvals, approvedStake });
    return approvedStake >= this.#committee.quorumStake;`,
    what: "a member that approves twice counts twice",
    explored: [],
    laws: [GOVERNANCE],
  },
  {
    id: "approval-unsigned",
    file: "ledger/src/module/governance.ts",
    find: "if (!this.#isSigned(signed, signed.validator)) return refuse(badSignature(), null);",
    replace: "",
    what: "anybody may approve in a member's name",
    explored: [],
    laws: [GOVERNANCE],
  },
  {
    id: "proposal-of-old-epoch",
    file: "ledger/src/module/proposals.ts",
    find: "if (epoch !== this.#committee.epoch) return",
    replace: "if (epoch > this.#committee.epoch) return",
    what: "a proposal of an epoch that is over is taken up",
    explored: [],
    laws: [GOVERNANCE],
  },
  {
    id: "nonce-used-again",
    file: "ledger/src/module/proposals.ts",
    find: "this.#nonces.set(proposal.proposer, proposal.nonce);",
    replace: "",
    what: "a proposal that ended can be opened again with its old transaction",
    explored: ["epochs-1"],
    laws: [GOVERNANCE],
  },
  {
    id: "settled-and-changed",
    file: "ledger/src/module/proposals.ts",
    find: "if (this.#approved !== null) return settled();",
    replace: "",
    what: "after the change of an epoch is settled another one is taken up",
    explored: [],
    laws: [GOVERNANCE],
  },
  {
    id: "joins-in-front",
    file: "ledger/src/module/committee-change.ts",
    find: "return ok([...members, { name, stake, publicKey, encryptionKey }]);",
    replace: "return ok([{ name, stake, publicKey, encryptionKey }, ...members]);",
    what: "who joins comes first, so members that stay lose their places",
    explored: [],
    laws: [GOVERNANCE],
  },
  {
    id: "closes-without-trigger",
    file: "ledger/src/module/committee-state.ts",
    find: "if (!this.#governance.isEnding || !this.#tally.hasQuorum) return undefined;",
    replace: "if (this.#governance.coming === null || !this.#tally.hasQuorum) return undefined;",
    what: "markers close an epoch whose next key is not made yet",
    explored: [],
    laws: [GOVERNANCE],
  },
  {
    id: "old-committee-stays",
    file: "ledger/src/module/committee-state.ts",
    find: "return { committee: committeeOfEpoch(this.#next), listed: this.#tally.listedUpdates };",
    replace: "return { committee: this.#committee, listed: this.#tally.listedUpdates };",
    what: "acks are weighed by the committee of the epoch before",
    explored: ["epochs-1"],
    laws: [END],
  },
  {
    id: "markers-carried-over",
    file: "ledger/src/module/committee-state.ts",
    find: "    this.#governance = this.#newGovernance();\n    this.#tally = this.#newTally();",
    replace: "    this.#governance = this.#newGovernance();",
    what: "end markers of one epoch count in the next one",
    explored: [],
    laws: [END],
  },
  {
    id: "next-start-not-in-leaf",
    file: "ledger/src/module/committee-state.ts",
    find: "this.#next === null ? null : digestToBytes(epochStartDigest(this.#next, sha256)),",
    replace: "this.#next === null || sha256 !== null ? null : digestToBytes(epochStartDigest(this.#next, sha256)),",
    what: "the state of the closing commit does not name the next start",
    explored: [],
    laws: [PROOF],
  },
  {
    id: "start-of-another-base",
    file: "ledger/src/epoch-proof.ts",
    find: "return epoch === known.epoch + 1 && base.index === statement.index && base.digest === statement.commitDigest;",
    replace: "return epoch === known.epoch + 1 && base.index > 0 && statement.index > 0;",
    what: "a device takes a start whose base is not the certified commit",
    explored: [],
    laws: [PROOF],
  },
  {
    id: "certificate-below-q",
    file: "integrity/src/codec/checkpoint-codec.ts",
    find: "if (tally.hasQuorum) return undefined;",
    replace: "if (tally.hasValidity) return undefined;",
    what: "a certificate of less than stake Q is believed",
    explored: [],
    laws: [PROOF],
  },
];
