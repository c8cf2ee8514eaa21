// Defects of what enters late (docs/protocol.md, D1, U3 and U5): blocks of an author that nobody heard, acks of sequences that
// are decided, content that came out in a block we had forgotten.

import type { LaterMutant } from "../mutant.ts";

const UNHEARD = "consensus/test/scenario/unheard-validator.test.ts";
const BLOCKS = "consensus/test/handle/blocks.test.ts";
const UPDATES = "consensus/test/handle/updates.test.ts";
const CONTENT = "consensus/test/content.test.ts";

export const ADMISSION_MUTANTS: readonly LaterMutant[] = [
  {
    id: "late-author-shut-out",
    file: "consensus/src/handle/on-blocks.ts",
    find: "return parking.isWanted(ref) || (ref.author !== self && newest.isAbove(ref));",
    replace: "return parking.isWanted(ref);",
    what: "a block behind gcRound that nothing refers to yet is dropped, newer than all of its author or not",
    explored: [],
    laws: [UNHEARD],
  },
  {
    id: "parked-given-up-early",
    file: "consensus/src/handle/on-blocks.ts",
    find: "const keptUpTo = core.rule.gcRound + core.setup.params.gcDepth;",
    replace: "const keptUpTo = 0;",
    what: "a late block that waits is given up at once",
    explored: [],
    laws: [UNHEARD, BLOCKS],
  },
  {
    id: "unheard-chain-by-digest",
    file: "consensus/src/handle/settle.ts",
    find: "step.request(authors.pump([...gaps.values()]));",
    replace: "",
    what: "a long chain that nobody heard is fetched from its top down, one block a round trip",
    explored: [],
    laws: [UNHEARD],
  },
  {
    id: "newest-forgotten",
    file: "consensus/src/recovery.ts",
    find: "core.newest.restore(recovered.newestBlocks);",
    replace: "",
    what: "after a restart it is forgotten which block of an author is its newest",
    explored: [],
    laws: [BLOCKS],
  },
  {
    id: "decided-sequence-acked",
    file: "consensus/src/acked-sequences.ts",
    find: "(sequence > known.closedUpTo && !known.acked.has(sequence))",
    replace: "!known.acked.has(sequence)",
    what: "a check that ends late leads to a second ack of a decided sequence (U3)",
    explored: [],
    laws: [UPDATES],
  },
  {
    id: "lower-mark-taken",
    file: "consensus/src/acked-sequences.ts",
    find: "if (upTo <= stream.closedUpTo) return [];",
    replace: "",
    what: "an older word of the ledger opens decided sequences again",
    explored: [],
    laws: [UPDATES],
  },
  {
    id: "came-out-again",
    file: "consensus/src/content.ts",
    find: "if (this.#inBlocks.has(digest)) this.#cameOut.add(digest);",
    replace: "",
    what: "content of an old block is proposed again though a later block of ours brought it out (U5)",
    explored: [],
    laws: [CONTENT],
  },
];
