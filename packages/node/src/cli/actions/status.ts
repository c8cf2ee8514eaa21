// `status [--watch]`: what a running node does, for people as a table, for supervisors as an exit code.

import { setTimeout as delay } from "node:timers/promises";
import { type Static, Type } from "typebox";
import { Value } from "typebox/value";
import { EXIT, NodeError } from "../../errors.ts";
import { type ApiAddressOptions, apiAddressOf, readApi } from "../api-read.ts";
import { type Output, formatBytes, jsonLine, printable, table } from "../output.ts";
import { stopRequested } from "../stop-signal.ts";

const WATCH_EVERY_MS = 1000;
const CLEAR_SCREEN = "\u001b[H\u001b[2J";

/** The part of the answer that is shown. */
const STATUS = Type.Object({
  version: Type.String(),
  chainId: Type.String(),
  network: Type.String(),
  role: Type.String(),
  validator: Type.Union([Type.Integer(), Type.Null()]),
  engine: Type.Object({ round: Type.Integer(), lastCommitIndex: Type.Integer(), nextSlot: Type.String() }),
  epoch: Type.Object({
    number: Type.Integer(),
    members: Type.Integer(),
    change: Type.Union([Type.String({ maxLength: 1024 }), Type.Null()]),
  }),
  executedIndex: Type.Integer(),
  checkpointIndex: Type.Union([Type.Integer(), Type.Null()]),
  sinceLastCommitMs: Type.Union([Type.Number(), Type.Null()]),
  peers: Type.Array(Type.Object({ isConnected: Type.Boolean() })),
  safety: Type.Union([Type.Object({ epoch: Type.Integer(), round: Type.Integer() }), Type.Null()]),
  disk: Type.Union([Type.Object({ freeBytes: Type.Number(), totalBytes: Type.Number() }), Type.Null()]),
  pruning: Type.Object({ keepCommits: Type.Union([Type.Integer(), Type.Null()]), base: Type.Integer() }),
  lastScrub: Type.Union([
    Type.Object({ finishedMs: Type.Number(), findings: Type.Array(Type.String({ maxLength: 4096 })) }),
    Type.Null(),
  ]),
  health: Type.String(),
  state: Type.Union([Type.Literal("healthy"), Type.Literal("syncing"), Type.Literal("stalled")]),
});

type Status = Static<typeof STATUS>;

const EXIT_OF_STATE: Readonly<Record<Status["state"], number>> = {
  healthy: EXIT.ok,
  syncing: EXIT.syncing,
  stalled: EXIT.stalled,
};

export interface StatusOptions extends ApiAddressOptions {
  readonly watch?: boolean;
  readonly json?: boolean;
}

export async function runStatus(options: StatusOptions, output: Output): Promise<number> {
  if (options.watch === true) return watch(options, output);
  const { raw, status } = await readStatus(options);
  await output.data(options.json === true ? jsonLine(raw) : statusTable(status));
  return EXIT_OF_STATE[status.state];
}

/** Ends with the exit code of what it saw last. A node that is down for a while is shown as such. */
async function watch(options: StatusOptions, output: Output): Promise<number> {
  const isStopped = stopRequested().then(() => true);
  for (;;) {
    const { text, exitCode } = await watchedLine(options);
    await output.data(output.isTerminal && options.json !== true ? `${CLEAR_SCREEN}${text}` : text);
    if (await Promise.race([isStopped, delay(WATCH_EVERY_MS, false)])) return exitCode;
  }
}

async function watchedLine(options: StatusOptions): Promise<{ readonly text: string; readonly exitCode: number }> {
  try {
    const { raw, status } = await readStatus(options);
    return { text: options.json === true ? jsonLine(raw) : statusTable(status), exitCode: EXIT_OF_STATE[status.state] };
  } catch (error) {
    if (!(error instanceof NodeError) || error.code !== "API_UNREACHABLE") throw error;
    const text =
      options.json === true
        ? jsonLine({ state: "unreachable", health: error.message })
        : `unreachable: ${error.message}\n`;
    return { text, exitCode: error.exitCode };
  }
}

async function readStatus(options: StatusOptions): Promise<{ readonly raw: unknown; readonly status: Status }> {
  const address = await apiAddressOf(options);
  const raw = await readApi(address, "/v1/status");
  if (!Value.Check(STATUS, raw))
    throw new NodeError("API_ERROR", `${address.url} does not answer as a node of this version`);
  return { raw, status: raw };
}

function housekeepingRows({ safety, disk, pruning, lastScrub }: Status): readonly (readonly string[])[] {
  const kept =
    pruning.keepCommits === null ? "everything is kept" : `the newest ${pruning.keepCommits} commits are kept`;
  const base = pruning.base === 0 ? "nothing is pruned yet" : `pruned up to commit ${pruning.base}`;
  return [
    ...(safety === null ? [] : [["signed", `up to round ${safety.round} of epoch ${safety.epoch}`]]),
    ...(disk === null ? [] : [["disk", `${formatBytes(disk.freeBytes)} of ${formatBytes(disk.totalBytes)} left`]]),
    ["pruning", `${kept}; ${base}`],
    ["scrub", lastScrub === null ? "none since the start" : scrubText(lastScrub)],
  ];
}

function scrubText({ finishedMs, findings }: NonNullable<Status["lastScrub"]>): string {
  const [first] = findings;
  const found = first === undefined ? "everything holds" : `${findings.length} findings, first: ${printable(first)}`;
  return `${new Date(finishedMs).toISOString()}: ${found}`;
}

function statusTable(status: Status): string {
  const connected = status.peers.filter(({ isConnected }) => isConnected).length;
  const who = status.validator === null ? status.role : `${status.role} ${status.validator}`;
  return table([
    ["node", `${printable(who)}, selvedge ${printable(status.version)}`],
    ["network", `${printable(status.network)}, chain ${printable(status.chainId)}`],
    ["epoch", `${status.epoch.number}, ${status.epoch.members} members`],
    ...(status.epoch.change === null ? [] : [["change", printable(status.epoch.change)]]),
    ["round", String(status.engine.round)],
    ["commit", `${status.engine.lastCommitIndex}, next slot ${printable(status.engine.nextSlot)}`],
    ["executed", String(status.executedIndex)],
    ["checkpoint", status.checkpointIndex === null ? "none yet" : String(status.checkpointIndex)],
    [
      "last commit",
      status.sinceLastCommitMs === null
        ? "none since the start"
        : `${(status.sinceLastCommitMs / 1000).toFixed(1)} s ago`,
    ],
    ["peers", `${connected} of ${status.peers.length} connected`],
    ...housekeepingRows(status),
    ["health", `${status.state}: ${printable(status.health)}`],
  ]);
}
