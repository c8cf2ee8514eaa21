// The process that the fault harness kills at its system calls: one validator of a network of one, with the daemon's own
// store, safety file, engine, ledger and host loop, over a transport in memory. It says on stdout what it promised
// ("acked") and what left it ("sent"), each line written before the next step, so that whoever killed it knows what must
// still be true. Not reached through index.ts: it loads as little as it can, because it is started thousands of times.

import { readFileSync, readSync, writeSync } from "node:fs";
import { type Genesis, committeeOf, genesisFromJson, mustExist } from "@selvedge/integrity";
import { pino } from "pino";
import { homePaths } from "../config/home.ts";
import { sha256 } from "../crypto.ts";
import { openStore } from "../daemon/home.ts";
import { type RunningNode, startNode } from "../daemon/node.ts";
import type { NodeSetup } from "../daemon/parts.ts";
import { WorkerPool } from "../host/worker-pool.ts";
import { DEFAULT_NETWORK_LIMITS } from "../network/limits.ts";
import { MemoryHub } from "../network/memory-transport.ts";
import type { Transport } from "../network/transport.ts";
import { SafetyFile } from "../storage/safety-file.ts";
import { identityOf } from "./dealt-identity.ts";
import type { SingleValidatorOrder } from "./single-validator-order.ts";

const WAIT_MS = 30_000;

async function main(orderFile: string): Promise<void> {
  waitForTracer();
  // Written by the harness that starts this process.
  const order = JSON.parse(readFileSync(orderFile, "utf8")) as SingleValidatorOrder;
  const parsed = genesisFromJson(order.genesisText);
  if (!parsed.ok) throw new Error(parsed.error.detail);
  const paths = homePaths(order.home);
  const store = await openStore(paths, parsed.value);
  const safety = await SafetyFile.open(paths.safety, { create: false });
  const node = await startNode({ ...setupOf(order, parsed.value), store, safety });
  say("ready");
  for (const digest of order.acked) {
    const view = await node.services.transactionView(digest);
    if (view.state !== "committed") say(`lost ${digest}`);
  }
  say("checked");
  for (let count = 0; count < order.transactions; count += 1) await submit(node, `${order.run}/${count}`);
  await node.stop();
  await safety.close();
  await store.close();
  say("stopped");
}

function setupOf(order: SingleValidatorOrder, genesis: Genesis): Omit<NodeSetup, "store" | "safety"> {
  const { index } = mustExist(committeeOf(genesis).validators[0], "a committee of one");
  return {
    genesis,
    identity: identityOf(order.secrets, index),
    work: new WorkerPool(),
    consensus: { roundDelayMinMs: 0, leaderTimeoutMs: 100, idleRoundDelayMs: 20, ownUncommittedBytesMax: 1 << 20 },
    snapshotEveryCommits: order.snapshotEveryCommits,
    makeTransport: async () =>
      speaking(
        new MemoryHub().createTransport({
          self: { kind: "validator", index },
          mode: "direct",
          limits: DEFAULT_NETWORK_LIMITS,
          sha256,
        }),
      ),
    logger: pino({ level: "silent" }),
    version: "faults",
    nowMs: () => Date.now(),
    onFatal: (error) => {
      say(`fatal ${String(error)}`);
      process.exit(70);
    },
  };
}

/** A block that is published has left us: the host hands it on only after it is durable. */
function speaking(transport: Transport): Transport {
  return new Proxy(transport, {
    get(target, name) {
      if (name === "publishBlock") return (block: Uint8Array) => say(`sent ${Buffer.from(block).toString("base64")}`);
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

async function submit(node: RunningNode, text: string): Promise<void> {
  const submitted = await node.services.submitTransaction(Buffer.from(text, "utf8"));
  if (!submitted.ok) throw new Error(submitted.error.detail);
  const { digest } = submitted.value;
  const view = await node.services.waitForTransaction(digest, AbortSignal.timeout(WAIT_MS));
  if (view.state !== "committed") throw new Error(`${digest} is ${view.state} after ${WAIT_MS} ms`);
  say(`acked ${digest}`);
}

/** Everything is loaded, nothing is opened: from here on every write counts. One byte on stdin says go. */
function waitForTracer(): void {
  say("loaded");
  readSync(0, new Uint8Array(1));
}

function say(line: string): void {
  writeSync(1, `${line}\n`);
}

await main(mustExist(process.argv[2], "the order's file"));
process.exit(0);
