// Defects of catching up (docs/protocol.md §11): what a node believes of the network's height, commits and states that it
// did not decide itself. Whole nodes only: the simulator's nodes fetch blocks.

import type { LaterMutant } from "../mutant.ts";

const JOINING = "node/test/sync/joining.test.ts";
const EPOCHS = "node/test/sync/epochs.test.ts";

export const CATCHING_UP_MUTANTS: readonly LaterMutant[] = [
  {
    id: "one-voice-is-a-height",
    file: "node/src/sync/vote-tracker.ts",
    find: "if (tally.hasValidity) return index;",
    replace: "if (tally.stake > 0) return index;",
    what: "one validator alone makes a node catch up, to whatever height it names",
    explored: [],
    laws: ["node/test/sync/vote-tracker.test.ts"],
  },
  {
    id: "certificate-unverified",
    file: "node/src/sync/certificates.ts",
    find: "if (!verified.ok) throw new PeerLied(`a certificate that does not hold: ${verified.error.code}`);",
    replace: "",
    what: "a certificate is believed whose signatures do not hold",
    explored: [],
    laws: [JOINING],
    only: "F62, F80, F89: who answers with a certificate",
  },
  {
    id: "certificate-of-another-committee",
    file: "node/src/sync/certificates.ts",
    find: "if (epoch !== this.#context.committee.epoch || index <= after) return undefined;",
    replace: "if (index <= after) return undefined;",
    what: "a certificate of a later epoch is judged by the present committee, and its honest bearer blamed",
    explored: [],
    laws: [EPOCHS],
    only: "catches up through",
  },
  {
    id: "commit-off-the-chain",
    file: "node/src/sync/commit-segment.ts",
    find: "if (sealed.digest !== expected) return position;",
    replace: "if (sealed.digest.length !== expected.length) return position;",
    what: "commits of a range are not held against the certificate",
    explored: [],
    laws: [JOINING],
    only: "F62, F80, F89: who answers with commits off",
  },
  {
    id: "wrong-portion",
    file: "node/src/sync/state-transfer.ts",
    find: "if (isSameBytes(sha256(answer.bytes), expected)) return answer.bytes;",
    replace: "if (sha256(answer.bytes).length === expected.length) return answer.bytes;",
    what: "a portion of a state that its manifest does not name is taken",
    explored: [],
    laws: ["node/test/sync/state-transfer.test.ts"],
  },
  {
    id: "state-of-another-root",
    file: "node/src/sync/state-sync.ts",
    find: "ledger.value.lastCommitIndex() !== index || ledger.value.stateRoot() !== stateRoot) {",
    replace: "ledger.value.lastCommitIndex() !== index || ledger.value.stateRoot().length !== stateRoot.length) {",
    what: "a state is taken that is not the certified one",
    explored: [],
    laws: [JOINING],
    only: "F63: a sound state",
  },
  {
    id: "checkpoint-of-the-operator-ignored",
    file: "node/src/sync/state-sync.ts",
    find: "if (setup.trustRoot !== null) await checkTrustRoot(setup, certificate, setup.trustRoot);",
    replace: "",
    what: "a chain is joined that does not go through the operator's checkpoint",
    explored: [],
    laws: [JOINING],
    only: "refuses a chain",
  },
  {
    id: "own-root-unconfirmed",
    file: "node/src/sync/range-sync.ts",
    find: "  if (ours !== stateRoot)\n",
    replace: "  if (ours.length !== stateRoot.length)\n",
    what: "what our ledger made of a range is not held against the certificate",
    explored: [],
    laws: [JOINING],
    only: "a node whose ledger",
  },
];
