// Defects of the record of what was signed last, and of what moves it between homes.

import type { LaterMutant } from "../mutant.ts";

const CHECK = "node/test/safety/safety-check.test.ts";
const STOPPED = "node/test/safety/stopped-safety.test.ts";
const FILE = "node/test/storage/safety-file.test.ts";
const ASK = "node/test/safety/ask-newest.test.ts";

export const SAFETY_RECORD_MUTANTS: readonly LaterMutant[] = [
  {
    id: "import-lowers",
    file: "node/src/safety/portable-record.ts",
    find: "return one.round > other.round;",
    replace: "return one.round !== other.round;",
    what: "an import of an older record is taken for a newer one",
    explored: [],
    laws: [STOPPED],
  },
  {
    id: "import-takes-the-first",
    file: "node/src/safety/stopped-safety.ts",
    find: "own.reduce((best, { last }) => (isAbove(last, best) ? last : best), first.last);",
    replace: "first.last;",
    what: "of several records of an export the first one is taken and not the highest",
    explored: [],
    laws: [STOPPED],
  },
  {
    id: "import-of-another-key",
    file: "node/src/safety/stopped-safety.ts",
    find: "imported.records.filter(({ publicKey }) => publicKey === owner.publicKey);",
    replace: "imported.records.filter(({ publicKey }) => publicKey.length === owner.publicKey.length);",
    what: "another key's record is imported",
    explored: [],
    laws: [STOPPED],
  },
  {
    id: "rival-imported",
    file: "node/src/safety/stopped-safety.ts",
    find: "      refuseRival(file.last, highest);\n",
    replace: "",
    what: "an import that shows a round signed twice is met with silence",
    explored: [],
    laws: [STOPPED],
  },
  {
    id: "unknown-forgotten-by-import",
    file: "node/src/safety/stopped-safety.ts",
    find: "await file.append(isUnknown ? { ...highest, digest: UNKNOWN_DIGEST } : highest);",
    replace: "await file.append(isUnknown && !isRaised ? { ...highest, digest: UNKNOWN_DIGEST } : highest);",
    what: "an import makes a file that was started anew look whole",
    explored: [],
    laws: [STOPPED],
  },
  {
    id: "record-goes-back",
    file: "node/src/storage/safety-file.ts",
    find: "if (last !== null && !isAbove(record, last)) {",
    replace: "if (last !== null && record.epoch > last.epoch && !isAbove(record, last)) {",
    what: "a record is appended that is not above the last one",
    explored: [],
    laws: [FILE],
  },
  {
    id: "hole-in-the-record",
    file: "node/src/storage/safety-file.ts",
    find: "chainOf(chainBefore, `${epochText} ${roundText} ${digestHex}`) !== chain)",
    replace: "chainOf(chainBefore, `${epochText} ${roundText} ${digestHex}`).length !== chain.length)",
    what: "lines missing from the middle of the file are not noticed",
    explored: [],
    laws: [FILE],
  },
  {
    id: "older-file-accepted",
    file: "node/src/safety/safety-check.ts",
    find: "if (previousRound > signedRound) throw olderThanStore(signedRound, ref);",
    replace: "",
    what: "a safety file older than the store is signed over",
    explored: [],
    laws: [CHECK],
  },
  {
    id: "behind-for-ever",
    file: "node/src/daemon/node.ts",
    find: "if (unrecorded !== null) await safety.append(unrecorded);",
    replace: "",
    what: "what a crash kept out of the safety file is not recorded at the start",
    explored: [],
    laws: ["node/test/safety/two-crashes.test.ts"],
    only: "twice in a row",
  },
  {
    id: "vouches-while-recovering",
    file: "node/src/safety/ask-newest.ts",
    find: 'return author !== self || signing.standing === "signing";',
    replace: "return author !== self || signing.hasForgotten || !signing.hasForgotten;",
    what: "who has not signed since an amnesia vouches for its own newest block",
    explored: [],
    laws: [ASK],
  },
  {
    id: "unverified-answer",
    file: "node/src/safety/ask-newest.ts",
    find: "if (block.value.ref.author === author) return block.value;",
    replace: "if (block.value.ref.author >= 0) return block.value;",
    what: "a block of another author is taken for an answer",
    explored: [],
    laws: [ASK],
  },
];
