// G2, first half: what a stopped daemon finds changed in its home when it starts again. Each must end in a repaired and
// working node, or in a refusal with the right exit code; never in a second block for a round that was signed.

import { copyFileSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeTestNetwork } from "@selvedge/node";
import { createHome, homePaths } from "@selvedge/node/testing";
import type { TestDaemon } from "../lib/daemon.ts";
import {
  copyFolder,
  emptyFolder,
  folderDigest,
  newestLog,
  removeFiles,
  swapSectors,
  tearOff,
  zeroSector,
} from "../lib/damage.ts";
import type { Fault } from "../lib/fault.ts";
import { faultPlan } from "../lib/plans.ts";
import { Random } from "../lib/random.ts";
import { RECOVERY_MAX_MS, underLoad } from "../lib/under-load.ts";

const VICTIM = 1;
const OTHERS = [0, 2, 3];

interface Damage extends Omit<Fault, "run"> {
  /** What is kept aside while the daemon is stopped for the first time, to be put back later. */
  readonly keep?: (home: string, aside: string) => void;
  readonly damage: (home: string, aside: string) => void | Promise<void>;
  /** Exit codes with which it may refuse to start; none means that it must work. */
  readonly refusals: readonly number[];
  /** False if it must refuse. */
  readonly mayStart: boolean;
  /** True if a refusal must leave every file as it was. */
  readonly isUntouched?: boolean;
}

const DAMAGES: readonly Damage[] = [
  {
    id: "F16",
    title: "torn tail of the newest log",
    how: "the last 37 bytes of the write-ahead log are cut off",
    expected: "dropped only if the safety record allows it, else recovering; no second signature",
    damage: (home) => tearOff(newestLog(home), 37),
    refusals: [65],
    mayStart: true,
  },
  {
    id: "F17",
    title: "zeroed sector in the middle of the log",
    how: "4 KiB of zeros in the middle of the write-ahead log",
    expected: "the hole is found at open: repaired from peers or refused (65), no signing meanwhile",
    damage: (home) => zeroSector(newestLog(home)),
    refusals: [65],
    mayStart: true,
  },
  {
    id: "F19",
    title: "misdirected write",
    how: "two 4 KiB sectors of the write-ahead log change places",
    expected: "found at open: repaired or refused (65)",
    damage: (home) => swapSectors(newestLog(home)),
    refusals: [65],
    mayStart: true,
  },
  {
    id: "F21",
    title: "data folder rolled back",
    how: "data/ is copied, the daemon runs on, the copy is put back; the safety record stays",
    expected: "safety record above the database: recovering, no signature at or below its mark",
    keep: (home, aside) => copyFolder(join(home, "data"), aside),
    damage: (home, aside) => copyFolder(aside, join(home, "data")),
    refusals: [],
    mayStart: true,
  },
  {
    id: "F22",
    title: "safety record rolled back",
    how: "only the safety file is put back to an earlier state; data/ stays",
    expected: "the newer own blocks of the store or the peers' evidence keep it from signing below; or refused (65)",
    keep: (home, aside) => copyFileSync(homePaths(home).safety, aside),
    damage: (home, aside) => copyFileSync(aside, homePaths(home).safety),
    refusals: [65],
    mayStart: true,
  },
  {
    id: "F22-deleted",
    title: "safety record deleted",
    how: "the safety file is removed",
    expected: "refused (65): it must never be made up anew",
    damage: (home) => rmSync(homePaths(home).safety),
    refusals: [65],
    mayStart: false,
  },
  {
    id: "F23",
    isQuick: true,
    title: "CURRENT missing",
    how: "CURRENT of the database is removed",
    expected: "refused (65); never an empty database in its place",
    damage: (home) => removeFiles(home, "CURRENT"),
    refusals: [65],
    mayStart: false,
    isUntouched: true,
  },
  {
    id: "F23-manifest",
    title: "MANIFEST missing",
    how: "every MANIFEST of the database is removed",
    expected: "refused (65)",
    damage: (home) => removeFiles(home, "MANIFEST"),
    refusals: [65],
    mayStart: false,
  },
  {
    id: "F23-empty",
    title: "database folder emptied",
    how: "every file of the database folder is removed",
    expected: "refused (65); never an empty database in its place",
    damage: (home) => emptyFolder(homePaths(home).chainData),
    refusals: [65],
    mayStart: false,
    isUntouched: true,
  },
  {
    id: "F31",
    title: "data of another chain",
    how: "data/FORMAT is that of a home of another chain",
    expected: "refused (76)",
    damage: formatOfAnotherChain,
    refusals: [76],
    mayStart: false,
    isUntouched: true,
  },
  {
    id: "F115",
    isQuick: true,
    title: "data of a newer version",
    how: "data/FORMAT names a schema that this version does not know",
    expected: "refused (76), data untouched",
    damage: (home) => replaceIn(homePaths(home).formatFile, /selvedge-data\/\d+/u, "selvedge-data/999"),
    refusals: [76],
    mayStart: false,
    isUntouched: true,
  },
  {
    id: "F120",
    title: "backup of an earlier day restored",
    how: "the whole home, safety record included, is put back to an earlier state",
    expected: "recovering: it learns from peers what it signed and signs nothing up to there",
    keep: (home, aside) => copyFolder(home, aside),
    damage: (home, aside) => copyFolder(aside, home),
    refusals: [65],
    mayStart: true,
  },
];

export const DAMAGED_HOMES: readonly Fault[] = DAMAGES.map((damage) => ({
  id: damage.id,
  title: damage.title,
  how: damage.how,
  expected: damage.expected,
  isQuick: damage.isQuick === true,
  run: async (context, checks) => {
    const aside = join(context.folder, "aside");
    const network = { validators: 4 };
    await underLoad({ context, checks, network, unloaded: [VICTIM] }, async (net, { ruined }) => {
      const victim = net.daemon(VICTIM);
      const { home } = victim.place;
      checks.expect("C4", await net.advance(8, { maxMs: RECOVERY_MAX_MS }), "the network does not commit");
      if (damage.keep !== undefined) {
        await victim.stop();
        damage.keep(home, aside);
        await victim.start();
        await net.reach((await net.newest()) + 8, { maxMs: RECOVERY_MAX_MS });
      }
      await victim.kill("SIGKILL");
      await damage.damage(home, aside);
      checks.injections += 1;
      const before = folderDigest(join(home, "data"));
      const isReady = await victim.start();
      checks.expect("C4", await net.advance(5, { maxMs: RECOVERY_MAX_MS, of: OTHERS }), "the others stopped");
      if (isReady) {
        checks.expect("C7", damage.mayStart, "it started although it must refuse");
        const height = await net.newest();
        const tookMs = await net.reach(height, { maxMs: RECOVERY_MAX_MS, of: [VICTIM] });
        const end = JSON.stringify(victim.lastEnd ?? null);
        checks.expect("C4", tookMs !== undefined, `it started but does not follow: ${await lastWords(victim)} ${end}`);
        checks.remark(`started; ${(await victim.status())?.engine.signing.standing ?? "no status"}`);
        return;
      }
      ruined.add(home);
      const code = victim.lastEnd?.code ?? null;
      checks.expect(
        "C7",
        code !== null && damage.refusals.includes(code),
        `refused with ${code}: ${await lastWords(victim)}`,
      );
      const isUntouched = folderDigest(join(home, "data")) === before;
      if (damage.isUntouched === true) checks.expect("C6", isUntouched, "the refusal changed the data folder");
      checks.remark(`refused (${code}): ${await lastWords(victim)}`);
    });
  },
}));

async function formatOfAnotherChain(home: string, aside: string): Promise<void> {
  const { bundle } = makeTestNetwork(faultPlan(new Random("another chain"), { validators: 1 }));
  await createHome({ root: aside, bundle, config: "", hasSafetyFile: false });
  copyFileSync(homePaths(aside).formatFile, homePaths(home).formatFile);
}

function replaceIn(file: string, pattern: RegExp, by: string): void {
  writeFileSync(file, readFileSync(file, "utf8").replace(pattern, by));
}

async function lastWords(daemon: TestDaemon): Promise<string> {
  const health = (await daemon.status())?.health;
  return health ?? daemon.log.trimEnd().split("\n").slice(-1).join("").slice(0, 300);
}
