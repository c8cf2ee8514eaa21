// Defects of durability and restart: what is forgotten, and what was never kept.

import type { Mutant } from "../mutant.ts";

export const RECOVERY_MUTANTS: readonly Mutant[] = [
  {
    id: "own-round-forgotten",
    file: "consensus/src/recovery.ts",
    find: "core.pacemaker.restore(newest.round);",
    replace: "core.pacemaker.restore(Math.max(0, newest.round - 1));",
    what: "after a restart the last own round is signed once more",
    aim: "restarts",
  },
  {
    id: "acks-forgotten",
    file: "consensus/src/recovery.ts",
    find: "core.acks.restore(acked);",
    replace: "",
    what: "after a restart it is forgotten what was acked (U3)",
    aim: "signed-twice-over-restarts",
  },
  {
    id: "blocks-lost",
    file: "consensus/src/recovery.ts",
    find: "const blocks = recovered.blocks.filter(({ ref }) => ref.round > gcRound);",
    replace: "const blocks = recovered.blocks.filter(({ ref }) => ref.round > gcRound + 2);",
    what: "after a restart the oldest blocks that are still needed are left in the store",
    aim: "restarts",
  },
  {
    id: "window-forgotten",
    file: "consensus/src/commit/linearizer.ts",
    find: "this.#windowHasCommit = setup.resume?.windowHasCommit ?? false;",
    replace: "this.#windowHasCommit = false;",
    what: "after a restart it is forgotten that the window has a commit (S5)",
    aim: "restarts",
  },
  {
    id: "schedule-forgotten",
    file: "consensus/src/commit/schedule-keeper.ts",
    find: "resume === null ? firstSchedule(setup) : scheduleOf(resume.scheduleNumber, resume.places);",
    replace: "firstSchedule(setup);",
    what: "after a restart the first leader schedule rules again (S7)",
    aim: "restarts",
  },
  {
    id: "scores-forgotten",
    file: "consensus/src/commit/schedule-keeper.ts",
    find: "resume?.scores ?? committee.validators.map(() => 0)",
    replace: "committee.validators.map(() => 0)",
    what: "after a restart leader scores begin at nothing (S7)",
    aim: "restarts",
  },
  {
    id: "output-forgotten",
    file: "consensus/src/commit/schedule-keeper.ts",
    find: "if (!output.has(head)) output.add(head, gcRound);",
    replace: "if (!output.has(head)) output.add(head, head.round - 2);",
    what: "after a restart part of what was output counts as new",
    aim: "restarts",
  },
];
