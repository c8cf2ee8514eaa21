// `npm run bench -- catch-up`: a network of four under load; one validator is stopped, comes back after so many commits and
// takes them in while the others go on. Printed for each gap: commits per second made and taken in, and the memory of the
// process, which must not grow with the gap: the most it ever had, and the most without pages of files in each quarter of its
// catching up. Real daemons, real sockets, one machine.

import { randomBytes } from "node:crypto";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { type Devnet, type DevnetNode, positionOf, rejoin, startDevnet } from "@selvedge/node";
import { type TransactionSource, batchBody, createAgent, postBatch } from "../lib/batch-request.ts";
import { IDLE_MODEL, networkPlan } from "../lib/pipeline.ts";
import { anonymousBytesOf, machineInfo, peakRssBytesOf } from "../lib/process-stats.ts";

const NODES = 4;
const LOAD_PERIOD_MS = 50;
const MIB = 1024 * 1024;
const SAMPLE_MS = 200;
const QUARTERS = 4;
/** Time enough for a machine that is busy besides. */
const TIMEOUT_MS_PER_COMMIT = 200;

interface CatchUpRow {
  readonly gapCommits: number;
  readonly madePerSecond: number;
  readonly takenPerSecond: number;
  readonly seconds: number;
  readonly peakMib: number;
  /** Most memory without pages of files, by quarter of the time that catching up took. */
  readonly quartersMib: readonly number[];
}

interface CatchUpOptions {
  readonly gaps: readonly number[];
  /** Transactions per second over all nodes. */
  readonly rate: number;
  readonly txBytes: number;
  /** Wipes the node each time, so that it begins at the genesis. */
  readonly wipe: boolean;
}

export async function catchUpMain(argv: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      gaps: { type: "string", default: "1000,4000" },
      rate: { type: "string", default: "400" },
      "tx-bytes": { type: "string", default: "512" },
      wipe: { type: "boolean", default: false },
    },
  });
  const gaps = values.gaps.split(",").map(Number);
  const options = { gaps, rate: Number(values.rate), txBytes: Number(values["tx-bytes"]), wipe: values.wipe };
  const folder = mkdtempSync(join(tmpdir(), "selvedge-catch-up-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  const { cpu, cores, node, loadAverage1 } = machineInfo();
  process.stdout.write(`${cores} × ${cpu}, node ${node}, load before ${loadAverage1}\n`);
  process.stdout.write("   gap   made/s  taken/s  ratio  seconds  peak MiB  without files, by quarter\n");
  for (const gap of options.gaps) print(await measureGap(join(folder, String(gap)), gap, options));
}

async function measureGap(home: string, gap: number, options: CatchUpOptions): Promise<CatchUpRow> {
  const devnet = await startDevnet({
    home,
    plan: networkPlan(NODES, { devices: 0, models: [IDLE_MODEL] }),
    logLevel: "info",
    consensus: { round_delay_min_ms: 20, leader_timeout_ms: 250 },
  });
  const load = startLoad(devnet.nodes.slice(0, NODES - 1), options);
  try {
    return await measureNode(devnet, gap, options);
  } finally {
    load.stop();
    await devnet.stop();
  }
}

async function measureNode(devnet: Devnet, gap: number, options: CatchUpOptions): Promise<CatchUpRow> {
  const absent = devnet.nodes[NODES - 1];
  const watched = devnet.nodes[0];
  if (absent === undefined || watched === undefined) throw new Error("the network has its nodes");
  await reach(watched, 20);
  if (options.wipe) await absent.wipe();
  else await absent.stop();
  const from = options.wipe ? 0 : ((await positionOf(watched))?.executedIndex ?? 0);
  const beganMs = performance.now();
  const madeFrom = (await positionOf(watched))?.executedIndex ?? 0;
  await reach(watched, from + gap);
  const madePerSecond = (from + gap - madeFrom) / ((performance.now() - beganMs) / 1000);
  const samples = sampleMemory(absent);
  const timeoutMs = Math.max(300_000, gap * TIMEOUT_MS_PER_COMMIT);
  const back = await rejoin(devnet, absent, { withinCommits: 32, timeoutMs }).finally(samples.stop);
  const peakMib = peakRssBytesOf(absent.pid() ?? 0) / MIB;
  const takenPerSecond = (back.executedIndex - from) / back.seconds;
  const quartersMib = quarterPeaks(samples.bytes).map((bytes) => bytes / MIB);
  return { gapCommits: gap, madePerSecond, takenPerSecond, seconds: back.seconds, peakMib, quartersMib };
}

function sampleMemory(node: DevnetNode): { readonly bytes: readonly number[]; readonly stop: () => void } {
  const bytes: number[] = [];
  const timer = setInterval(() => {
    const pid = node.pid();
    // Between two processes there is none.
    if (pid !== undefined && existsSync(`/proc/${pid}/status`)) bytes.push(anonymousBytesOf(pid));
  }, SAMPLE_MS);
  return { bytes, stop: () => clearInterval(timer) };
}

function quarterPeaks(samples: readonly number[]): readonly number[] {
  const length = Math.ceil(samples.length / QUARTERS);
  return Array.from({ length: QUARTERS }, (_, quarter) =>
    Math.max(0, ...samples.slice(quarter * length, (quarter + 1) * length)),
  );
}

async function reach(node: DevnetNode, index: number): Promise<void> {
  while (((await positionOf(node))?.executedIndex ?? 0) < index) await delay(100);
}

/** Batches to the nodes in turn, whatever they answer: what is measured is the chain. */
function startLoad(
  nodes: readonly DevnetNode[],
  { rate, txBytes }: Pick<CatchUpOptions, "rate" | "txBytes">,
): { readonly stop: () => void } {
  const agent = createAgent(16);
  const source: TransactionSource = {
    txBytes,
    runId: randomBytes(8).readBigUInt64BE(),
    noise: randomBytes(64 * 1024 + txBytes),
  };
  const perTurn = Math.max(1, Math.round((rate * LOAD_PERIOD_MS) / 1000));
  let sent = 0;
  let turn = 0;
  const timer = setInterval(() => {
    const node = nodes[(turn += 1) % nodes.length];
    if (node === undefined) return;
    const numbers = Array.from({ length: perTurn }, (_, offset) => sent + offset);
    sent += perTurn;
    postBatch(agent, node.apiUrl, batchBody(source, numbers)).catch(() => undefined);
  }, LOAD_PERIOD_MS);
  return {
    stop: () => {
      clearInterval(timer);
      agent.destroy();
    },
  };
}

function print({ gapCommits, madePerSecond, takenPerSecond, seconds, peakMib, quartersMib }: CatchUpRow): void {
  const ratio = takenPerSecond / madePerSecond;
  process.stdout.write(
    `${String(gapCommits).padStart(6)} ${madePerSecond.toFixed(1).padStart(8)} ${takenPerSecond.toFixed(1).padStart(8)} ` +
      `${ratio.toFixed(2).padStart(6)} ${seconds.toFixed(1).padStart(8)} ${peakMib.toFixed(0).padStart(9)}` +
      `  ${quartersMib.map((mib) => mib.toFixed(0)).join(" ")}\n`,
  );
}
