// Faults and bars that need a run of their own kind.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { freePorts } from "@selvedge/node";
import { homePaths, runBitFlips } from "@selvedge/node/testing";
import { TestDaemon } from "../lib/daemon.ts";
import { copyFolder } from "../lib/damage.ts";
import type { Fault } from "../lib/fault.ts";
import { trustedJson } from "../lib/json.ts";
import { percentile } from "../lib/percentile.ts";
import { RECOVERY_MAX_MS, underLoad } from "../lib/under-load.ts";
import { runVitest } from "../lib/vitest.ts";

export const UNHANDLED: Fault = {
  id: "F13",
  title: "unhandled rejection",
  how: "a module loaded before the daemon rejects a promise (then: throws in a timer) that nobody handles, on a signal once the daemon is ready",
  expected: "exit 70 and one log line that names what was thrown; restarts",
  run: async (context, checks) => {
    await underLoad({ context, checks, network: { validators: 4 } }, async (net) => {
      for (const planted of [
        "Promise.reject(new Error('planted rejection'))",
        "(()=>{throw new Error('planted throw')})()",
      ]) {
        const victim = net.daemon(1);
        await victim.stop();
        const source = `process.on('SIGUSR2',()=>setTimeout(()=>{${planted}},0))`;
        victim.launch = { nodeFlags: ["--import", `data:text/javascript,${encodeURIComponent(source)}`] };
        await victim.start();
        await victim.kill("SIGUSR2");
        checks.injections += 1;
        const end = await victim.ended(30_000);
        checks.expect("C7", end?.code === 70, `ended with ${JSON.stringify(end ?? "not at all")}`);
        checks.expect("C7", /"level":60.*planted/u.test(victim.log), "the log has no fatal line that names it");
        victim.launch = {};
        checks.expect("C7", await victim.start(), "does not start again");
      }
      checks.expect("C4", await net.advance(5, { maxMs: RECOVERY_MAX_MS }), "no commits afterwards");
    });
  },
};

export const BIT_FLIPS: Fault = {
  id: "F18",
  title: "single bit flips in every kind of file (B3)",
  how: "the home of a stopped daemon of a loaded network; each trial flips one bit in one file of a copy and opens it as a start does",
  expected: "0 silent: each flip is harmless, or named and refused, or cut out to be healed",
  run: async (context, checks) => {
    let home = "";
    await underLoad({ context, checks, network: { validators: 4 }, bytes: 1024 }, async (net) => {
      await net.advance(context.isSample ? 20 : 200, { maxMs: 3 * RECOVERY_MAX_MS });
      ({ home } = net.daemon(0).place);
    });
    const report = await runBitFlips({
      home,
      trials: context.count(10_000, 40),
      seed: context.random.below(2 ** 31),
      onTrial: () => {
        checks.injections += 1;
        if (checks.injections % 500 === 0) context.note(`${checks.injections} flips`);
      },
    });
    const silent = report.silent.map(({ file, byte, bit, detail }) => `${file} byte ${byte} bit ${bit}: ${detail}`);
    checks.expect("C6", silent.length === 0, `${silent.length} silent: ${silent.slice(0, 5).join("; ")}`);
    for (const [kind, outcomes] of report.kinds) checks.remark(`${kind}: ${JSON.stringify(outcomes)}`);
  },
};

export const TWO_HOSTS: Fault = {
  id: "F65",
  title: "one validator key on two hosts",
  how: "the home of a running member is copied while it is stopped and started a second time with other ports",
  expected: "the second one notices before it signs, or one of them stops; the chain is safe",
  run: async (context, checks) => {
    await underLoad({ context, checks, network: { validators: 4 } }, async (net, { ruined }) => {
      const original = net.daemon(1);
      await net.advance(5, { maxMs: RECOVERY_MAX_MS });
      await original.stop();
      const home = join(context.folder, "copy");
      copyFolder(original.place.home, home);
      await original.start();
      await net.advance(5, { maxMs: RECOVERY_MAX_MS });
      const [p2pPort = 0, apiPort = 0] = await freePorts(2);
      const { config } = homePaths(home);
      const text = readFileSync(config, "utf8")
        .replaceAll(`/tcp/${original.place.p2pPort}`, `/tcp/${p2pPort}`)
        .replaceAll(`port = ${original.place.apiPort}`, `port = ${apiPort}`);
      writeFileSync(config, text);
      const copy = new TestDaemon({ name: "copy", index: 1, home, p2pPort, apiPort });
      try {
        const isReady = await copy.start();
        checks.injections += 1;
        const end = isReady ? await copy.ended(60_000) : copy.lastEnd;
        const isStopped = end !== undefined || !original.isUp;
        const status = await copy.status();
        const isQuiet = status?.engine.signing.standing !== "signing";
        checks.remark(`copy: ${JSON.stringify(end ?? status?.health ?? null)}, original up: ${String(original.isUp)}`);
        checks.expect("C3", isStopped || isQuiet, "both go on signing with one key");
      } finally {
        await copy.stop();
      }
      if (!original.isUp) await original.start();
      checks.expect("C4", await net.advance(5, { maxMs: RECOVERY_MAX_MS, of: [0, 2, 3] }), "no commits afterwards");
      // Its store holds what it believes; the audit of C3 reads everybody's.
      if (!original.isUp) ruined.add(original.place.home);
    });
  },
};

export const REPLAY: Fault = {
  id: "F67",
  title: "replay of a transaction",
  how: "the same bytes to every daemon, again after a restart and again later",
  expected: "one commit of it, the same everywhere, whoever is asked",
  run: async (context, checks) => {
    await underLoad({ context, checks, network: { validators: 4 } }, async (net) => {
      const body = Buffer.from(`replayed/${context.random.below(2 ** 31)}`);
      const answers = new Set<string>();
      const submitAll = async (): Promise<void> => {
        for (const daemon of net.daemons) {
          const headers = { "content-type": "application/octet-stream", prefer: "wait=20" };
          const response = await fetch(`${daemon.apiUrl}/v1/transactions`, { method: "POST", headers, body });
          const answer = trustedJson<{ readonly state: string; readonly commitIndex?: number }>(await response.text());
          checks.injections += 1;
          checks.expect("C2", answer.state === "committed", `${daemon.place.name} answers ${answer.state}`);
          answers.add(String(answer.commitIndex));
        }
      };
      await submitAll();
      const victim = net.daemon(2);
      await victim.kill("SIGKILL");
      await victim.start();
      await net.advance(5, { maxMs: RECOVERY_MAX_MS });
      await submitAll();
      checks.expect("C2", answers.size === 1, `it is in commits ${[...answers].join(", ")}`);
    });
  },
};

export const HEALING: Fault = {
  id: "B6",
  title: "recovery after healing",
  how: "a random partition of seven that leaves nobody a quorum (or a restart of three at once), for 5 s, then healed; over and over",
  expected: "p99 of the time to the first new commit ≤ 20 s",
  run: async (context, checks) => {
    await underLoad({ context, checks, network: { validators: 7, isProxied: true } }, async (net) => {
      checks.expect("C4", await net.connected(6, RECOVERY_MAX_MS), "not all connected");
      const tookMs: number[] = [];
      for (let round = 0; round < context.count(100, 2); round += 1) {
        const order = context.random.shuffled([0, 1, 2, 3, 4, 5, 6]);
        net.mesh.partition([order.slice(0, 3), order.slice(3)]);
        checks.injections += 1;
        await delay(5000);
        const height = await net.newest();
        net.mesh.calm();
        const startMs = performance.now();
        const isHealed = (await net.reach(height + 1, { maxMs: RECOVERY_MAX_MS, of: order.slice(0, 1) })) !== undefined;
        checks.expect("C4", isHealed, "no commit after healing");
        tookMs.push(performance.now() - startMs);
        if (round % 10 === 9) context.note(`${round + 1} healings: ${percentile(tookMs)}`);
      }
      const sorted = tookMs.toSorted((left, right) => left - right);
      const p99 = sorted[Math.floor(0.99 * sorted.length)] ?? 0;
      checks.expect("C4", p99 <= 20_000, `p99 is ${(p99 / 1000).toFixed(1)} s`);
      checks.remark(`first new commit after healing: ${percentile(tookMs)}`);
    });
  },
};

export const PLANTED: Fault = {
  id: "B18",
  title: "planted defects",
  how: "the mutation suite of packages/sim: each planted defect of consensus and ledger must be caught by a checker of the simulator",
  expected: "100 % caught",
  run: async (context, checks) => {
    const { code, passed } = await runVitest("packages/sim/test/mutation");
    checks.injections += passed;
    checks.remark(`${passed} planted defects and their controls`);
    checks.expect("C10", code === 0, `the mutation suite ended with ${code}`);
    context.note("mutation suite done");
  },
};
