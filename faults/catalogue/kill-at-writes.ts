// F01: the process is killed at each of its write-like system calls, enumerated by strace, and started again on what it
// left. One home goes through all of it, so every start is a recovery and the next victim at once.

import { writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { type Digest, decodeBlock, digestFromHex, isDigestHex, mustExist } from "@selvedge/integrity";
import { type TestNetwork, makeTestNetwork, sha256 } from "@selvedge/node";
import { createHome } from "@selvedge/node/testing";
import { auditHomes, verify } from "../lib/audit.ts";
import { BlockWatch } from "../lib/block-watch.ts";
import type { Checks, Fault, RunContext } from "../lib/fault.ts";
import { SINGLE_VALIDATOR, childEnvironment } from "../lib/places.ts";
import { faultPlan } from "../lib/plans.ts";
import { type CallPoint, type TracedCommand, enumerateWrites, killAt, needStrace, runAttached } from "../lib/strace.ts";

const TRANSACTIONS = 8;
/** More than in the run that was enumerated: so the call that is to be hit does come. */
const TRANSACTIONS_BEFORE_KILL = 5 * TRANSACTIONS;
const SNAPSHOT_EVERY_COMMITS = 6;
const VERIFY_EVERY = 100;
const LANES = 2 * availableParallelism();
const RECENT_ACKED = 100;

export const KILL_AT_WRITES: Fault = {
  id: "F01",
  title: "kill -9 at each write, commit and recovery",
  how: "strace inject SIGKILL at the Nth write-like call of a validator of a network of one (its own store, safety file, engine, ledger, host; transport in memory)",
  expected: "restart recovers; acknowledged transactions are there; no two blocks of one round leave it",
  isQuick: true,
  run: async (context, checks) => {
    needStrace();
    const count = context.count(1000, 12);
    // Each lane has a home of its own: while one waits for its disk, another computes.
    const lanes = context.isSample ? 1 : LANES;
    const campaigns = Array.from({ length: lanes }, (_, lane) => new KillCampaign(context, checks, lane));
    await Promise.all(campaigns.map((campaign) => campaign.run(Math.ceil(count / lanes))));
  },
};

class KillCampaign {
  readonly #context: RunContext;
  readonly #checks: Checks;
  readonly #network: TestNetwork;
  readonly #home: string;
  readonly #lane: number;
  readonly #acked: Digest[] = [];
  readonly #watch: BlockWatch;
  #runs = 0;
  #kills = 0;

  constructor(context: RunContext, checks: Checks, lane: number) {
    this.#lane = lane;
    this.#context = context;
    this.#checks = checks;
    this.#network = makeTestNetwork(faultPlan(context.random, { validators: 1 }));
    this.#home = join(context.folder, `home-${lane}`);
    this.#watch = new BlockWatch(checks);
  }

  async run(count: number): Promise<void> {
    await createHome({ root: this.#home, bundle: this.#network.bundle, config: "", hasSafetyFile: true });
    let points: CallPoint[] = [];
    const pointsOfPass: number[] = [];
    // The first run fills the cache of compiled code: those writes are not the node's.
    this.#note((await runAttached(this.#command(), ["-o", "/dev/null", "-e", "trace=none"])).stdout);
    while (this.#kills < count) {
      if (points.length === 0) {
        const all = await enumerateWrites(
          this.#command(),
          join(this.#context.folder, `calls-${this.#lane}`),
          runAttached,
        );
        pointsOfPass.push(all.length);
        points = this.#context.random.shuffled(all);
      }
      await this.#kill(mustExist(points.pop(), "the pass has points"));
    }
    await auditHomes({ homes: [this.#home], acked: new Set(this.#acked) }, this.#checks);
    const last = await runAttached(this.#command(), ["-o", "/dev/null", "-e", "trace=none"]);
    this.#note(last.stdout);
    this.#checks.expect("C2", last.stdout.includes("stopped"), "the last, unharmed run did not come to its end");
    this.#checks.remark(`${this.#acked.length} acknowledged transactions, ${this.#watch.count} blocks sent`);
    this.#checks.remark(`calls enumerated per pass: ${pointsOfPass.join(", ")}`);
  }

  async #kill(point: CallPoint): Promise<void> {
    const end = await runAttached(this.#command(TRANSACTIONS_BEFORE_KILL), killAt(point));
    this.#note(end.stdout);
    if (!end.wasKilled) {
      // Recovery makes a run differ a little from the one that was enumerated: the call did not come this time.
      this.#checks.expect("C7", end.code === 0, `${point.call} ${point.number}: ended with ${end.code}: ${end.stderr}`);
      return;
    }
    this.#checks.injections += 1;
    this.#kills += 1;
    if (this.#kills % VERIFY_EVERY !== 0) return;
    this.#context.note(`${this.#kills} kills, ${this.#acked.length} acknowledged`);
    await verify(this.#home, this.#checks);
  }

  #note(stdout: string): void {
    for (const line of stdout.split("\n")) {
      const [word = "", value = ""] = line.split(" ");
      if (word === "acked" && isDigestHex(value)) this.#acked.push(digestFromHex(value));
      if (word === "lost") this.#checks.expect("C2", false, `the acknowledged transaction ${value} is gone`);
      if (word === "checked") this.#checks.expect("C2", true, "");
      if (word === "fatal") this.#checks.expect("C7", false, line);
      if (word !== "sent") continue;
      const block = decodeBlock(Buffer.from(value, "base64"), sha256);
      // A line cut off by the kill is no block.
      if (block.ok) this.#watch.see(block.value.ref);
    }
  }

  #command(transactions = TRANSACTIONS): TracedCommand {
    this.#runs += 1;
    const orderFile = join(this.#context.folder, `order-${this.#lane}.json`);
    const order = {
      home: this.#home,
      genesisText: this.#network.bundle.text,
      secrets: mustExist(this.#network.validators[0], "a validator").secrets,
      snapshotEveryCommits: SNAPSHOT_EVERY_COMMITS,
      run: `${this.#lane}/${this.#runs}`,
      transactions,
      // Looked up at every start; the rest is checked by the audit of the chain at the end.
      acked: this.#acked.slice(-RECENT_ACKED),
    };
    writeFileSync(orderFile, JSON.stringify(order), { mode: 0o600 });
    return { file: process.execPath, args: [SINGLE_VALIDATOR, orderFile], env: childEnvironment() };
  }
}
