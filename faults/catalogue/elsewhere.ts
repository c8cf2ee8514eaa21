// Faults that this harness does not inject into daemons, each with the reason and with where the same question is asked
// otherwise. They count as skipped, never as passed.

import { type Fault, SkippedFault } from "../lib/fault.ts";

const ELSEWHERE: readonly (Pick<Fault, "id" | "title" | "expected"> & { readonly why: string })[] = [
  {
    id: "F07",
    title: "kill in a schema upgrade",
    expected: "old or new schema, never mixed",
    why: "there is one schema so far and no upgrade to be killed; F31 and F115 show that other schemas are refused",
  },
  {
    id: "F20",
    title: "power cut that loses un-fsynced data",
    expected: "acknowledged means synced",
    why: "needs LazyFS on FUSE, which is not there; the simulator's disks drop, tear and garble what was not synced in every run with crashes (docs/simulator.md)",
  },
  {
    id: "F29",
    title: "remount read-only",
    expected: "exit 74",
    why: "the kernel refuses to remount a file system with files open for writing; F25-always and F24 are the same to a daemon",
  },
  {
    id: "F48",
    title: "fully adversarial scheduler",
    expected: "terminates after release",
    why: "needs to see inside of encrypted links; the simulator's schedulers do: `npm run selvedge -- sim swarm`",
  },
  {
    id: "F56",
    title: "early or biased coin",
    expected: "unpredictable below the threshold",
    why: "a property of the threshold scheme; tests of packages/consensus/src/coin draw its values without a network",
  },
  {
    id: "B15",
    title: "one state root for 1 and 8 workers and on two versions of Node",
    expected: "equal, byte for byte",
    why: "a daemon aggregates in one worker, whose number is no setting, and one Node is pinned; replay of whole lineages bit for bit is part of `verify`, which C6 runs over every home",
  },
  {
    id: "F64",
    title: "conflicting updates around the collection and pruning horizon",
    expected: "identical order everywhere",
    why: "explored with restarts, late blocks and reordering by the simulator, where a schedule can be repeated: packages/sim/test/swarm and `npm run selvedge -- sim swarm`",
  },
];

export const ELSEWHERE_FAULTS: readonly Fault[] = ELSEWHERE.map(({ id, title, expected, why }) => ({
  id,
  title,
  how: "not injected into daemons here",
  expected,
  run: () => Promise.reject(new SkippedFault(why)),
}));
