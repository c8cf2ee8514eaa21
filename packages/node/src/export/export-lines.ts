// What an export says, line by line: commits, their blocks, the states after them, a model's versions. Each line carries
// the number by which an interrupted export goes on and two exports are compared.

import {
  type Digest,
  type SignedBlock,
  decodeBlock,
  digestFromBytes,
  hexFromBytes,
  slotName,
  commitIndex,
} from "@selvedge/integrity";
import { transactionDigest } from "@selvedge/ledger";
import { checkpointJson, versionJson } from "../api/record-json.ts";
import { sha256 } from "../crypto.ts";
import { readCommit } from "../daemon/restore.ts";
import { NodeError } from "../errors.ts";
import { orderedNumber, stateKey } from "../storage/keys.ts";
import type { VerifiedHome } from "../verify/verified-home.ts";

export const EXPORT_KINDS = ["commits", "blocks", "state", "model"] as const;
export type ExportKind = (typeof EXPORT_KINDS)[number];

export interface ExportRange {
  readonly from: number;
  readonly to: number;
}

/** `at` is a commit's index, or a version; lines of one `at` stand together. */
export type ExportLine = { readonly kind: ExportKind; readonly at: number } & Readonly<Record<string, unknown>>;

export function exportLines(
  home: VerifiedHome,
  { kind, model }: { readonly kind: ExportKind; readonly model: string | undefined },
  range: ExportRange,
): AsyncIterable<ExportLine> {
  switch (kind) {
    case "commits":
      return commitLines(home, range);
    case "blocks":
      return blockLines(home, range);
    case "state":
      return stateLines(home, range);
    case "model":
      return modelLines(home, model ?? "", range);
  }
}

async function* commitLines(home: VerifiedHome, range: ExportRange): AsyncGenerator<ExportLine, void, undefined> {
  for await (const { commit, digest, bytes } of commitsOf(home, range)) {
    yield {
      kind: "commits",
      at: commit.index,
      digest,
      previous: commit.previous,
      epoch: commit.epoch,
      slot: slotName(commit.slot),
      leader: commit.leader,
      timestampMs: commit.timestampMs,
      blocks: commit.blocks,
      bytes: hexFromBytes(bytes),
    };
  }
}

async function* blockLines(home: VerifiedHome, range: ExportRange): AsyncGenerator<ExportLine, void, undefined> {
  for await (const { commit } of commitsOf(home, range)) {
    const stored = await home.chain.blocks(commit.blocks);
    for (const [position, bytes] of stored.entries()) {
      if (bytes === undefined)
        throw new NodeError("DATA_CORRUPT", `block ${position} of commit ${commit.index} is not in the store`);
      const block = decodeBlock(bytes, sha256);
      if (!block.ok) throw new NodeError("DATA_CORRUPT", `a block of commit ${commit.index}: ${block.error.detail}`);
      yield { kind: "blocks", at: commit.index, position, of: stored.length, ...blockJson(block.value) };
    }
  }
}

function blockJson({ ref, header, body, bytes }: SignedBlock): Readonly<Record<string, unknown>> {
  return {
    digest: ref.digest,
    round: ref.round,
    author: ref.author,
    timestampMs: header.timestampMs,
    parents: header.parents.map(({ digest }) => digest),
    transactions: body.transactions.map((transaction) => transactionDigest(sha256, transaction)),
    updates: body.updates.map(({ digest }) => digest),
    acks: body.acks.length,
    bytes: hexFromBytes(bytes),
  };
}

async function* stateLines(home: VerifiedHome, range: ExportRange): AsyncGenerator<ExportLine, void, undefined> {
  const bounds = {
    gte: stateKey("root", orderedNumber(range.from)),
    lt: range.to >= Number.MAX_SAFE_INTEGER ? "root0" : stateKey("root", orderedNumber(range.to + 1)),
  };
  for await (const { key, value } of home.store.iterate("state", bounds)) {
    const at = Number.parseInt(key.slice("root/".length), 16);
    const certificate = await home.state.checkpoint(commitIndex(at));
    yield {
      kind: "state",
      at,
      stateRoot: digestFromBytes<Digest>(value),
      checkpoint: certificate === undefined ? null : checkpointJson(certificate),
    };
  }
}

async function* modelLines(
  home: VerifiedHome,
  model: string,
  range: ExportRange,
): AsyncGenerator<ExportLine, void, undefined> {
  for await (const sealed of home.state.versions(model)) {
    const at = sealed.record.version;
    if (at >= range.from && at <= range.to) yield { kind: "model", at, ...versionJson(sealed) };
  }
}

async function* commitsOf(home: VerifiedHome, range: ExportRange): AsyncGenerator<ReturnType<typeof readCommit>> {
  for (let index = range.from; index <= range.to; index += 1) {
    const stored = await home.chain.commit(index);
    if (stored === undefined) return;
    yield readCommit(stored);
  }
}

/** Whole `at`s that this home can give: blocks of the commit that a pruned home begins with may be gone. */
export async function rangeOf(home: VerifiedHome, kind: ExportKind, wanted: ExportRange): Promise<ExportRange> {
  if (wanted.from > wanted.to) throw new NodeError("USAGE", `--from ${wanted.from} is above --to ${wanted.to}`);
  if (kind === "model") return wanted;
  let first = 1;
  for await (const { key } of home.store.iterate("commits", { limit: 1 })) first = Number.parseInt(key, 16);
  const lowest = kind === "blocks" && first > 1 ? first + 1 : first;
  if (wanted.from > 0 && wanted.from < lowest)
    throw new NodeError("USAGE", `commits below ${lowest} are pruned here; give --from ${lowest}`);
  return { from: Math.max(wanted.from, lowest), to: wanted.to };
}
