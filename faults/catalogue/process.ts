// G1: processes that are killed, paused, starved and started again, on whole daemons under load.

import { setTimeout as delay } from "node:timers/promises";
import { mustExist } from "@selvedge/integrity";
import type { TestDaemon } from "../lib/daemon.ts";
import type { Fault } from "../lib/fault.ts";
import { killAndReturn } from "../lib/kill-and-return.ts";
import { percentile } from "../lib/percentile.ts";
import { UNHURRIED } from "../lib/plans.ts";
import { RECOVERY_MAX_MS, underLoad } from "../lib/under-load.ts";

/** F of seven: so many may be down at a time. */
const DOWN_MAX = 2;

export const RANDOM_KILLS: Fault = {
  id: "F02",
  title: "kill -9 of random daemons under load",
  how: "SIGKILL to a random one of seven daemons, restart, again and again, in two lanes, so that f are down most of the time; at most three rounds a second",
  expected: "acknowledged transactions stay; nobody equivocates; the others go on",
  run: async (context, checks) => {
    const kills = context.count(2000, 4);
    await underLoad({ context, checks, network: { validators: 7, consensus: UNHURRIED } }, async (net) => {
      const recoveriesMs: number[] = [];
      const away = new Set<TestDaemon>();
      const lane = async (): Promise<void> => {
        while (checks.injections < kills) {
          const victim = context.random.pick(net.daemons.filter((daemon) => !away.has(daemon)));
          away.add(victim);
          const whileAway = async (): Promise<void> => {
            await delay(context.random.exponential(300));
            checks.expect("C4", await net.grow(1, RECOVERY_MAX_MS), "no commit with f daemons down");
          };
          const tookMs = await killAndReturn({ net, victim, whileAway, checks });
          away.delete(victim);
          if (tookMs !== undefined) recoveriesMs.push(tookMs);
          if (recoveriesMs.length % 50 === 0) context.note(`${checks.injections} kills`);
        }
      };
      await Promise.all(Array.from({ length: DOWN_MAX }, lane));
      checks.remark(`caught up after restart: ${percentile(recoveriesMs)}`);
    });
  },
};

function endsOf(daemons: readonly TestDaemon[]): string {
  return daemons.map(({ place, lastEnd }) => `${place.name} ${JSON.stringify(lastEnd)}`).join(", ");
}

export const PAUSE: Fault = {
  id: "F08",
  title: "pause of a daemon",
  how: "SIGSTOP for 10 s and 60 s, then SIGCONT (10 min of the catalogue: with the same code, not waited for)",
  expected: "the others go on; the paused one rejoins and signs nothing stale",
  run: async (context, checks) => {
    await underLoad({ context, checks, network: { validators: 4 } }, async (network) => {
      for (const seconds of context.isSample ? [3] : [10, 60]) {
        const victim = network.daemon(context.random.below(4));
        const others = network.daemons.filter((daemon) => daemon !== victim).map(({ place }) => place.index);
        await victim.kill("SIGSTOP");
        checks.injections += 1;
        const isGoingOn = await network.advance(5, { maxMs: 1000 * seconds + RECOVERY_MAX_MS, of: others });
        checks.expect("C4", isGoingOn, "the others did not go on");
        await delay(1000 * seconds);
        await victim.kill("SIGCONT");
        const height = await network.newest();
        checks.expect("C4", (await network.reach(height, { maxMs: RECOVERY_MAX_MS })) !== undefined, "no rejoining");
      }
    });
  },
};

export const TERM: Fault = {
  id: "F09",
  isQuick: true,
  title: "SIGTERM under load, once and twice",
  how: "SIGTERM at random moments; the second time another one 0–50 ms later",
  expected: "exit 0 within 30 s; a second signal ends at once and safely",
  run: async (context, checks) => {
    const rounds = context.count(10, 2);
    await underLoad({ context, checks, network: { validators: 4 } }, async (network) => {
      for (let count = 0; count < rounds; count += 1) {
        const victim = network.daemon(context.random.below(4));
        await delay(context.random.below(500));
        const startMs = performance.now();
        const ending = victim.kill("SIGTERM");
        const isTwice = count % 2 === 1;
        if (isTwice) {
          await delay(context.random.below(50));
          void victim.kill("SIGTERM");
        }
        const end = await ending;
        const tookMs = performance.now() - startMs;
        checks.injections += 1;
        const isClean = end?.code === 0 || (isTwice && end?.code === 143);
        checks.expect("C7", isClean && tookMs <= 30_000, `ended with ${JSON.stringify(end)} after ${tookMs} ms`);
        checks.expect("C7", await victim.start(), "did not start again");
        checks.expect("C4", await network.advance(2, { maxMs: RECOVERY_MAX_MS }), "no commit after the restart");
      }
    });
  },
};

export const FILES: Fault = {
  id: "F14",
  title: "no file descriptors left",
  how: "prlimit --nofile of a running daemon to what it has open, then connections to its API and p2p port; then back",
  expected: "sheds connections before its database; no crash; the network goes on",
  run: async (context, checks) => {
    await underLoad({ context, checks, network: { validators: 4 } }, async (network) => {
      const victim = network.daemon(0);
      await limitFiles(mustExist(victim.pid, "it runs"), victim.openFiles() + 2);
      checks.injections += 1;
      await floodConnections(victim, 200);
      checks.expect("C4", await network.advance(10, { maxMs: RECOVERY_MAX_MS, of: [1, 2, 3] }), "the network stopped");
      checks.expect("C7", victim.isUp, `the starved daemon ended: ${JSON.stringify(victim.lastEnd)}`);
      if (!victim.isUp) return;
      await limitFiles(mustExist(victim.pid, "it runs"), 4096);
      const height = await network.newest();
      checks.expect("C4", (await network.reach(height, { maxMs: RECOVERY_MAX_MS })) !== undefined, "no recovery");
      checks.expect("C5", victim.openFiles() < 200, `${victim.openFiles()} files are open after the flood`);
    });
  },
};

async function limitFiles(pid: number, count: number): Promise<void> {
  const { spawnSync } = await import("node:child_process");
  const done = spawnSync("prlimit", [`--pid=${pid}`, `--nofile=${count}:4096`]);
  if (done.status !== 0) throw new Error(`prlimit: ${String(done.stderr)}`);
}

async function floodConnections(victim: TestDaemon, count: number): Promise<void> {
  const { connect } = await import("node:net");
  const sockets = Array.from({ length: count }, (_, index) => {
    const port = index % 2 === 0 ? victim.place.apiPort : victim.place.p2pPort;
    return connect(port, "127.0.0.1").on("error", () => undefined);
  });
  await delay(5000);
  for (const socket of sockets) socket.destroy();
}

export const CRASH_LOOP: Fault = {
  id: "F15",
  title: "crash loop",
  how: "kill -9 50 to 800 ms after each start, fifty times, as a supervisor without back-off would",
  expected: "safety record intact; honest peers do not ban it; then it rejoins",
  run: async (context, checks) => {
    await underLoad({ context, checks, network: { validators: 4 } }, async (network) => {
      const victim = network.daemon(2);
      for (let crash = 0; crash < context.count(50, 3); crash += 1) {
        await victim.kill("SIGKILL");
        checks.injections += 1;
        const starting = victim.start();
        await Promise.race([starting, delay(1500 + context.random.below(1500))]);
        await delay(50 + context.random.below(750));
      }
      await victim.kill("SIGKILL");
      checks.expect("C7", await victim.start(), `does not start any more: ${endsOf([victim])}`);
      const height = await network.newest();
      checks.expect("C4", (await network.reach(height, { maxMs: RECOVERY_MAX_MS })) !== undefined, "no rejoining");
      for (const other of network.daemons) {
        if (other === victim) continue;
        const status = await other.status();
        const peer = status?.peers.find(({ remote }) => remote.index === victim.place.index);
        checks.expect("C8", (peer?.penalty ?? 0) < 100, `${other.place.name} banned the crashing daemon`);
      }
    });
  },
};

export const RESTART_ALL: Fault = {
  id: "F50",
  isQuick: true,
  title: "all daemons restart at once",
  how: "kill -9 of all, start in random order and with pauses",
  expected: "resumes without an operator's step",
  run: async (context, checks) => {
    await underLoad({ context, checks, network: { validators: 4 } }, async (network) => {
      for (let round = 0; round < context.count(3, 1); round += 1) {
        await network.advance(3, { maxMs: RECOVERY_MAX_MS });
        await Promise.all(network.daemons.map((daemon) => daemon.kill("SIGKILL")));
        checks.injections += network.daemons.length;
        for (const daemon of context.random.shuffled(network.daemons)) {
          checks.expect("C7", await daemon.start(), `does not start: ${endsOf([daemon])}`);
          await delay(context.random.below(500));
        }
        checks.expect("C4", await network.advance(3, { maxMs: RECOVERY_MAX_MS }), "no commit after the restart of all");
      }
    });
  },
};

export const MUTE: Fault = {
  id: "F60",
  isQuick: true,
  title: "f, then f + 1 mute",
  how: "stops one, then two of four daemons, then starts them again",
  expected: "live at f, safe halt at f + 1, resumes",
  run: async (context, checks) => {
    await underLoad({ context, checks, network: { validators: 4 } }, async (network) => {
      await network.daemon(3).stop();
      checks.injections += 1;
      checks.expect("C4", await network.advance(10, { maxMs: RECOVERY_MAX_MS }), "stopped with f mute");
      await network.daemon(2).stop();
      checks.injections += 1;
      await delay(2000);
      const height = await network.newest();
      await delay(context.isSample ? 2000 : 10_000);
      const later = await network.newest();
      checks.expect("C1", later <= height + 1, `commits went on without a quorum: ${height} to ${later}`);
      await Promise.all([network.daemon(2).start(), network.daemon(3).start()]);
      checks.expect("C4", await network.advance(5, { maxMs: RECOVERY_MAX_MS }), "did not resume");
    });
  },
};
