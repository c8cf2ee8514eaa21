// Defects of counting: quorums, validity thresholds, and who is counted how often.

import type { Mutant } from "../mutant.ts";

export const THRESHOLD_MUTANTS: readonly Mutant[] = [
  {
    id: "quorum-2f",
    file: "integrity/src/committee.ts",
    find: "quorumStake: totalStake - faultyStakeMax,",
    replace: "quorumStake: 2 * faultyStakeMax,",
    what: "a quorum is 2F, so two of them need share nobody honest",
  },
  {
    id: "certificate-f-plus-1",
    file: "consensus/src/commit/slot-tally.ts",
    find: "if (!voters.hasQuorum || !hasQuorumOf(vertex, votes, committee)) continue;",
    replace:
      "const few = { ...committee, quorumStake: committee.validityStake };\n      if (!hasQuorumOf(vertex, votes, few)) continue;",
    what: "votes of F+1 make a certificate",
    aim: "leaders-hidden-by-network",
  },
  {
    id: "commit-f-plus-1",
    file: "consensus/src/commit/slot-tally.ts",
    find: 'if (certifiers.hasQuorum) return { type: "commit", leader };',
    replace: 'if (certifiers.hasValidity) return { type: "commit", leader };',
    what: "certificates of F+1 commit a leader directly",
    aim: "random-10",
  },
  {
    id: "blame-f-plus-1",
    file: "consensus/src/commit/slot-tally.ts",
    find: 'if (this.#blames.hasQuorum) return { type: "skip" };',
    replace: 'if (this.#blames.hasValidity) return { type: "skip" };',
    what: "blame of F+1 skips a leader",
    aim: "random-5",
  },
  {
    id: "receipt-f-plus-1",
    file: "consensus/src/receipts.ts",
    find: "if (entry.tally.hasQuorum) receipts.push(receiptOf(update, entry));",
    replace: "if (entry.tally.hasValidity) receipts.push(receiptOf(update, entry));",
    what: "acks of F+1 make a receipt",
    aim: "signed-twice",
  },
  {
    id: "certified-f-plus-1",
    file: "ledger/src/module/pending-update.ts",
    find: "return this.#ackedStake >= this.#committee.quorumStake;",
    replace: "return this.#ackedStake >= this.#committee.validityStake;",
    what: "the ledger certifies an update with acks of F+1",
    aim: "signed-twice",
  },
  {
    id: "p4-unchecked",
    file: "integrity/src/codec/verify-block.ts",
    find: "if (tally.hasQuorum) return undefined;",
    replace: "if (tally.stake >= 0) return undefined;",
    what: "a block needs no quorum of parents in the round before (P4)",
    aim: "wrong-parents",
  },
  {
    id: "proposer-without-quorum",
    file: "consensus/src/dag/proposer.ts",
    find: "if (ref.round === round - 1) tally.add(author);",
    replace: "tally.add(author);",
    what: "a proposer counts parents of older rounds towards its quorum (P4)",
    aim: "one-crashed-for-good",
  },
];
