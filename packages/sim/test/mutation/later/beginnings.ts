// Defects of engines that begin elsewhere than at zero (docs/protocol.md D1 and §11): after a restart, a range or a state,
// and in a later epoch. What they lose is lost in silence, and weeks later.

import type { LaterMutant } from "../mutant.ts";

const JOINED = "consensus/test/scenario/joined-from-state.test.ts";
const CERTIFICATE = "consensus/test/epoch/closing-certificate.test.ts";
const KEPT = "consensus/test/epoch/kept-acks.test.ts";
const RESTART = "node/test/epoch/epoch-restart.test.ts";

export const BEGINNING_MUTANTS: readonly LaterMutant[] = [
  {
    id: "word-of-f",
    file: "consensus/src/handle/settle.ts",
    find: "stakeOfAll(committee, claimants) >= committee.validityStake,",
    replace: "stakeOfAll(committee, claimants) >= committee.validityStake - 1,",
    what: "an old block counts as in on the word of F stake, whose parents nobody honest need have (D1)",
    explored: [],
    laws: [JOINED],
    only: "with f = 2",
  },
  {
    id: "word-of-nobody",
    file: "consensus/src/handle/settle.ts",
    find: "      ref.round <= historyRound &&\n",
    replace: "      ref.round < 0 &&\n",
    what: "who joined from a state waits for ever for what lies before it (D1)",
    explored: [],
    laws: [JOINED],
    only: "goes on when",
  },
  {
    id: "certificate-said-once",
    file: "consensus/src/handle/on-start.ts",
    find: "  step.certificates(core.checkpointVotes.newestCertificate());\n",
    replace: "",
    what: "a certificate that a crash kept from the host is never told again",
    explored: [],
    laws: [CERTIFICATE],
  },
  {
    id: "first-votes-out-of-window",
    file: "consensus/src/votes-checkpoint.ts",
    find: "this.#lastCommit = setup.baseIndex;",
    replace: "this.#lastCommit = 0;",
    what: "votes on the first commits of a later epoch are thrown away by who has none of its commits yet",
    explored: [],
    laws: [CERTIFICATE],
    only: "votes on the first commits",
  },
  {
    id: "late-ack-not-kept",
    file: "consensus/src/handle/make-block.ts",
    find: "  if (block.body.acks.length > 0) step.keepUnseen(core.unseenAcks.toKeep(core.rule.gcRound, core.rule.commitIndex));\n",
    replace: "",
    what: "an ack of a header that garbage collection has passed is missing from the end marker after a restart",
    explored: [],
    laws: [KEPT],
  },
  {
    id: "due-acks-not-kept",
    file: "consensus/src/handle/settle.ts",
    find: "step.keepDue(acks.proposeAgain(content.onGarbageCollected(gcRound)));",
    replace: "acks.proposeAgain(content.onGarbageCollected(gcRound));",
    what: "acks that are due again are lost if we stop before our next block (U5)",
    explored: [],
    laws: [KEPT],
    only: "U5",
  },
  {
    id: "due-acks-forgotten",
    file: "consensus/src/recovery.ts",
    find: "  core.acks.proposeAgain(acksDue);\n",
    replace: "",
    what: "acks that a range or a state passes by are not proposed again (U5)",
    explored: [],
    laws: [KEPT],
    only: "U5: an ack is proposed again after a range",
  },
  {
    id: "acks-lost-in-range",
    file: "node/src/sync/catch-up.ts",
    find: "    await this.#keepAcks(recovered);\n",
    replace: "",
    what: "acks that a range of commits passes by are neither proposed again nor listed by the end marker",
    explored: [],
    laws: ["node/test/sync/acks-before-range.test.ts"],
  },
  {
    id: "vote-lost-with-process",
    file: "node/src/daemon/node.ts",
    find: "  tellState(parts);\n",
    replace: "",
    what: "who stops between the closing commit's snapshot and its vote never votes",
    explored: [],
    laws: [RESTART],
    only: "who stopped after",
  },
  {
    id: "end-lost-in-range",
    file: "node/src/sync/open-catch-up.ts",
    find: "      tellState(parts);\n",
    replace: "",
    what: "who catches up over the commit that ends the epoch does not mark its end",
    explored: [],
    laws: [RESTART],
    only: "who catches up by ranges",
  },
];
