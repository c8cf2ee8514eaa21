// G2, second half: a disk that fails under a running daemon. strace lets system calls of one daemon fail; a tmpfs is the
// disk that fills up. In every case the daemon ends in order (74) or goes on, and comes back once the disk does.

import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { homePaths } from "@selvedge/node/testing";
import type { Launch, TestDaemon } from "../lib/daemon.ts";
import { type Checks, type Fault, SkippedFault } from "../lib/fault.ts";
import type { FaultNetwork } from "../lib/network.ts";
import { SELVEDGE_MAIN, childEnvironment } from "../lib/places.ts";
import { needStrace, runPlain } from "../lib/strace.ts";
import { RECOVERY_MAX_MS, underLoad } from "../lib/under-load.ts";

const VICTIM = 1;
const OTHERS = [0, 2, 3];
const IO_EXIT = 74;
const CORRUPT_EXIT = 65;

interface FailingCall extends Omit<Fault, "run"> {
  readonly inject: readonly string[];
  readonly call: string;
  /** Exit codes that are an orderly end; the daemon may also go on. */
  readonly ends: readonly number[];
  /** True if going on would be wrong. */
  readonly mustEnd: boolean;
  /** True if it must go on. */
  readonly mustGoOn?: boolean;
}

const CALLS: readonly FailingCall[] = [
  {
    id: "F25",
    title: "fsync fails once",
    how: "strace inject fdatasync:error=EIO:when=20 into one daemon of four",
    expected: "never retried as success: exit 74 before any signature that depends on it; restarts",
    call: "fdatasync",
    inject: ["fdatasync:error=EIO:when=20"],
    ends: [IO_EXIT],
    mustEnd: true,
  },
  {
    id: "F25-always",
    title: "fsync fails for good",
    how: "strace inject fdatasync:error=EIO:when=20+ into one daemon of four",
    expected: "exit 74 before any signature that depends on it; restarts once the disk works",
    call: "fdatasync",
    inject: ["fdatasync:error=EIO:when=20+"],
    ends: [IO_EXIT],
    mustEnd: true,
  },
  {
    id: "F26",
    title: "read error",
    how: "strace inject pread64:error=EIO:when=3+ into one daemon of four (with tables on disk)",
    expected: "65 or 74, or healed from peers; restarts once the disk works",
    call: "pread64",
    inject: ["pread64:error=EIO:when=3+"],
    ends: [IO_EXIT, CORRUPT_EXIT],
    mustEnd: false,
  },
  {
    id: "F27",
    title: "interrupted calls",
    how: "strace inject write:error=EINTR:when=30+7 and fdatasync:error=EINTR:when=10+9 into one daemon of four",
    expected: "completed, or a clean end with 74",
    call: "write,fdatasync",
    inject: ["write:error=EINTR:when=30+7", "fdatasync:error=EINTR:when=10+9"],
    ends: [IO_EXIT],
    mustEnd: false,
  },
  {
    id: "F28",
    title: "slow disk",
    how: "strace inject fdatasync:delay_exit=200000 (200 ms each) into one daemon of four",
    expected: "the slow one slows down alone; the others at full rate; memory bounded",
    call: "fdatasync",
    inject: ["fdatasync:delay_exit=200000"],
    ends: [],
    mustEnd: false,
    mustGoOn: true,
  },
];

export const FAILING_CALLS: readonly Fault[] = CALLS.map((call) => ({
  id: call.id,
  title: call.title,
  how: call.how,
  expected: call.expected,
  run: async (context, checks) => {
    needStrace();
    const network = { validators: 4 };
    await underLoad({ context, checks, network, unloaded: [VICTIM], everyMs: 50 }, async (net) => {
      const victim = net.daemon(VICTIM);
      checks.expect("C4", await net.advance(5, { maxMs: RECOVERY_MAX_MS }), "the network does not commit");
      await victim.stop();
      const log = join(context.folder, "injected");
      victim.launch = failing(call, log);
      const isReady = await victim.start();
      checks.expect("C4", await net.advance(20, { maxMs: RECOVERY_MAX_MS, of: OTHERS }), "the others stopped");
      await judgeVictim({ call, victim, isReady, net, checks });
      await victim.stop();
      checks.injections += injectedIn(log);
      victim.launch = {};
      checks.expect("C7", await victim.start(), "does not start with a good disk");
      const height = await net.newest();
      checks.expect("C4", (await net.reach(height, { maxMs: RECOVERY_MAX_MS })) !== undefined, "does not catch up");
    });
  },
}));

/** Calls that strace really let fail or waited with. */
function injectedIn(log: string): number {
  return readFileSync(log, "utf8").match(/\((?:INJECTED|DELAYED)\)/gu)?.length ?? 0;
}

function failing({ call, inject }: FailingCall, log: string): Launch {
  const strace = ["strace", "-D", "-f", "-qq", "-o", log, "-e", `trace=${call}`];
  const injections = inject.flatMap((one) => ["-e", `inject=${one}`]);
  return { wrapper: [...strace, ...injections], env: { UV_THREADPOOL_SIZE: "1" } };
}

interface Judged {
  readonly call: FailingCall;
  readonly victim: TestDaemon;
  readonly isReady: boolean;
  readonly net: FaultNetwork;
  readonly checks: Checks;
}

async function judgeVictim({ call, victim, isReady, net, checks }: Judged): Promise<void> {
  const end = call.mustGoOn === true || !isReady ? victim.lastEnd : await victim.ended(call.mustEnd ? 30_000 : 5_000);
  if (end !== undefined) {
    const isClean = end.code !== null && call.ends.includes(end.code);
    checks.expect("C7", isClean, `ended with ${JSON.stringify(end)}: ${victim.log.slice(-400)}`);
    checks.expect("C7", !victim.log.includes("unhandledRejection"), "an unhandled rejection");
    checks.remark(`ended with ${end.code ?? end.signal}`);
    return;
  }
  checks.expect("C7", !call.mustEnd, "it went on although the disk lied");
  const height = await net.newest();
  checks.expect("C4", (await net.reach(height, { maxMs: RECOVERY_MAX_MS, of: [VICTIM] })) !== undefined, "fell behind");
  checks.expect("C5", victim.rssBytes() < 512 * 2 ** 20, `${victim.rssBytes()} bytes resident`);
  checks.remark(`went on; ${Math.round(victim.rssBytes() / 2 ** 20)} MiB resident`);
}

export const DISK_FULL: Fault = {
  id: "F24",
  title: "disk full",
  how: "the home of one daemon of four is a tmpfs of 6 MiB, filled by 4 KiB transactions; started once more while it is full; later grown to 256 MiB",
  expected:
    "exit 74 each time, without a reserve for the safety record: nothing is signed before it is written; once there is room it starts and catches up",
  run: async (context, checks) => {
    const mount = join(context.folder, "small-disk");
    mkdirSync(mount, { recursive: true });
    mountTmpfs(mount, "size=6m");
    try {
      const network = {
        validators: 4,
        homeOf: (index: number) => (index === VICTIM ? join(mount, "home") : undefined),
      };
      await underLoad({ context, checks, network, unloaded: [VICTIM], everyMs: 20, bytes: 4096 }, async (net) => {
        const victim = net.daemon(VICTIM);
        const end = await victim.ended(120_000);
        checks.injections += 1;
        checks.expect("C7", end?.code === IO_EXIT, `ended with ${JSON.stringify(end)}: ${victim.log.slice(-300)}`);
        checks.expect("C4", await net.advance(5, { maxMs: RECOVERY_MAX_MS, of: OTHERS }), "the others stopped");
        // As a supervisor does, who does not know about disks.
        const again = (await victim.start()) ? await victim.ended(120_000) : victim.lastEnd;
        checks.injections += 1;
        checks.expect("C7", again?.code === IO_EXIT, `then with ${JSON.stringify(again)}: ${victim.log.slice(-300)}`);
        mountTmpfs(mount, "remount,size=256m");
        checks.expect("C7", await victim.start(), `does not start with room again: ${victim.log.slice(-300)}`);
        const height = await net.newest();
        checks.expect("C4", (await net.reach(height, { maxMs: RECOVERY_MAX_MS })) !== undefined, "does not catch up");
      });
    } finally {
      spawnSync("umount", ["-l", mount]);
    }
  },
};

function mountTmpfs(folder: string, options: string): void {
  const done = spawnSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", folder], { encoding: "utf8" });
  if (done.status !== 0) throw new SkippedFault(`no tmpfs can be mounted here: ${done.stderr.trim()}`);
}

export const FOLDER_GONE: Fault = {
  id: "F32",
  title: "database folder removed under a running daemon",
  how: "rm -r of data/chain of one daemon of four while it runs (EDQUOT: F24 is the same to a daemon), then kill and start",
  expected: "it ends in order or goes on with what it has open; the start refuses (65) and makes nothing up",
  run: async (context, checks) => {
    await underLoad({ context, checks, network: { validators: 4 }, unloaded: [VICTIM] }, async (net, { ruined }) => {
      const victim = net.daemon(VICTIM);
      checks.expect("C4", await net.advance(8, { maxMs: RECOVERY_MAX_MS }), "no commits before");
      rmSync(homePaths(victim.place.home).chainData, { recursive: true });
      checks.injections += 1;
      ruined.add(victim.place.home);
      checks.expect("C4", await net.advance(10, { maxMs: RECOVERY_MAX_MS, of: OTHERS }), "the others stopped");
      const { lastEnd } = victim;
      const isClean = lastEnd === undefined || [IO_EXIT, CORRUPT_EXIT, 75].includes(lastEnd.code ?? -1);
      checks.expect("C7", isClean, `ended with ${JSON.stringify(lastEnd)}`);
      await victim.kill("SIGKILL");
      const isReady = await victim.start();
      checks.expect(
        "C7",
        !isReady && victim.lastEnd?.code === CORRUPT_EXIT,
        `started: ${JSON.stringify(victim.lastEnd)}`,
      );
    });
  },
};

export const REPAIR_LIVE: Fault = {
  id: "F33",
  title: "repair of a live database",
  how: "there is no repair command; what comes nearest, `verify --full` and `prune`, on the home of a running daemon",
  expected: "refused (75); the daemon goes on",
  run: async (context, checks) => {
    await underLoad({ context, checks, network: { validators: 4 } }, async (net) => {
      const { home } = net.daemon(0).place;
      for (const args of [
        ["verify", "--full"],
        ["prune", "--keep", "1000 commits"],
      ]) {
        const end = await runPlain({
          file: process.execPath,
          args: [SELVEDGE_MAIN, ...args, "--home", home],
          env: childEnvironment(),
        });
        checks.injections += 1;
        checks.expect("C7", end.code === 75, `${args[0]} ended with ${end.code}: ${end.stderr.slice(-300)}`);
      }
      checks.expect("C7", net.daemon(0).isUp, "the daemon ended");
      checks.expect("C4", await net.advance(5, { maxMs: RECOVERY_MAX_MS }), "no commits afterwards");
    });
  },
};

export const TWO_PROCESSES: Fault = {
  id: "F30",
  title: "two processes on one home",
  how: "`selvedge start` on the home of a daemon that runs, with ports of its own",
  expected: "the second ends with 75 and touches nothing; the first goes on",
  run: async (context, checks) => {
    await underLoad({ context, checks, network: { validators: 4 } }, async (net) => {
      const first = net.daemon(0);
      const second = spawnSync(
        process.execPath,
        [SELVEDGE_MAIN, "start", "--home", first.place.home, "--api-port", "0", "--listen", "/ip4/127.0.0.1/tcp/0"],
        { encoding: "utf8", timeout: 60_000 },
      );
      checks.injections += 1;
      checks.expect("C7", second.status === 75, `the second ended with ${second.status}: ${second.stderr.slice(-300)}`);
      checks.expect("C7", first.isUp, "the first one ended");
      checks.expect("C4", await net.advance(5, { maxMs: RECOVERY_MAX_MS }), "no commit afterwards");
    });
  },
};
