// F20, F29: homes on a real file system of their own whose power is cut, or which turns read-only under its users.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { CrashDisk } from "../lib/crash-disk.ts";
import type { TestDaemon } from "../lib/daemon.ts";
import type { Checks, Fault } from "../lib/fault.ts";
import type { FaultNetwork } from "../lib/network.ts";
import { RECOVERY_MAX_MS, underLoad } from "../lib/under-load.ts";

const VICTIM = 1;
const OTHERS = [0, 2, 3];
const IO_EXIT = 74;
const PAUSE_MAX_MS = 1500;
const UNSYNCED = "written and never synced";

/** One disk for the victim, one for the three others. */
interface Disks {
  readonly victim: CrashDisk;
  readonly others: CrashDisk;
}

export const POWER_CUT: Fault = {
  id: "F20",
  title: "power cut that loses un-fsynced data",
  how: "homes on ext4 (loop device), cut by the file system's shutdown without log flush, then kill -9, remount, start: in turn one daemon of four alone and all of them at once (LazyFS of the catalogue)",
  expected: "acknowledged means synced: every acknowledged transaction is there, no round is signed twice",
  run: async (context, checks) => {
    await withDisks(context.folder, async (disks) => {
      await underLoad({ context, checks, network: networkOn(disks), everyMs: 50 }, async (net) => {
        checks.expect("C4", await net.advance(5, { maxMs: RECOVERY_MAX_MS }), "no commits before");
        const cuts = context.count(40, 2);
        let lostBytes = 0;
        for (let cut = 0; cut < cuts; cut += 1) {
          await delay(context.random.below(PAUSE_MAX_MS));
          const isAll = cut % 2 === 1;
          lostBytes += await cutPower(net, isAll ? [disks.victim, disks.others] : [disks.victim], checks);
          const down = isAll ? net.daemons : [net.daemon(VICTIM)];
          const ready = await Promise.all(down.map((daemon) => daemon.start()));
          checks.expect("C7", ready.every(Boolean), `does not start after a cut: ${endsOf(down)}`);
          checks.expect("C4", await net.advance(3, { maxMs: RECOVERY_MAX_MS }), "no commits after a cut");
        }
        checks.remark(`${lostBytes} bytes that programs had written and not synced were lost`);
      });
    });
  },
};

/** Answers with the bytes that were lost. */
async function cutPower(net: FaultNetwork, disks: readonly CrashDisk[], checks: Checks): Promise<number> {
  const down = net.daemons.filter(({ place }) => disks.some(({ folder }) => place.home.startsWith(`${folder}/`)));
  for (const { folder } of disks) writeFileSync(join(folder, "unsynced"), UNSYNCED);
  for (const disk of disks) disk.cutPower();
  await Promise.all(down.map((daemon) => daemon.kill("SIGKILL")));
  let lostBytes = 0;
  for (const disk of disks) {
    const before = disk.contentBytes();
    disk.remount();
    lostBytes += before - disk.contentBytes();
    // Its name may be there, by another file's sync; what was in it must be gone, or this was no power cut.
    if (readText(join(disk.folder, "unsynced")) === UNSYNCED)
      throw new Error("nothing was lost: this was no power cut");
  }
  checks.injections += down.length;
  return lostBytes;
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    // Not even its name was written.
    return "";
  }
}

export const READ_ONLY: Fault = {
  id: "F29",
  title: "remount read-only",
  how: "the home of one daemon of four is on ext4 (loop device, errors=remount-ro), which is made to find an error: read-only with files open; then fsck and mount (a remount by hand is refused by the kernel while files are open)",
  expected: "exit 74; the others go on; with a writable disk it starts and catches up",
  run: async (context, checks) => {
    await withDisks(context.folder, async (disks) => {
      const unloaded = [VICTIM];
      await underLoad({ context, checks, network: networkOn(disks), unloaded, everyMs: 50 }, async (net) => {
        const victim = net.daemon(VICTIM);
        checks.expect("C4", await net.advance(5, { maxMs: RECOVERY_MAX_MS }), "no commits before");
        disks.victim.failReadOnly();
        checks.injections += 1;
        const end = await victim.ended(RECOVERY_MAX_MS);
        checks.expect("C7", end?.code === IO_EXIT, `ended with ${JSON.stringify(end)}: ${victim.log.slice(-300)}`);
        checks.expect("C4", await net.advance(5, { maxMs: RECOVERY_MAX_MS, of: OTHERS }), "the others stopped");
        await victim.kill("SIGKILL");
        disks.victim.remount();
        checks.expect("C7", await victim.start(), `does not start with a good disk: ${victim.log.slice(-300)}`);
        const height = await net.newest();
        checks.expect("C4", (await net.reach(height, { maxMs: RECOVERY_MAX_MS })) !== undefined, "does not catch up");
      });
    });
  },
};

async function withDisks(folder: string, run: (disks: Disks) => Promise<void>): Promise<void> {
  const made: CrashDisk[] = [];
  const make = (name: string): CrashDisk => {
    const disk = CrashDisk.make(join(folder, name));
    made.push(disk);
    return disk;
  };
  try {
    await run({ victim: make("victim"), others: make("others") });
  } finally {
    for (const disk of made) disk.close();
  }
}

function networkOn({ victim, others }: Disks) {
  const homeOf = (index: number): string => join((index === VICTIM ? victim : others).folder, `v${index}`);
  return { validators: 4, homeOf };
}

function endsOf(daemons: readonly TestDaemon[]): string {
  return daemons.map(({ place, lastEnd }) => `${place.name} ${JSON.stringify(lastEnd)}`).join(", ");
}
