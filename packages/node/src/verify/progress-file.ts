// HOME/run/verify.json: how far an interrupted verification came, with the ledger's state at that commit beside it. A file
// of another chain, or one that does not match its state, is ignored and the verification begins anew.

import { readFile, rm } from "node:fs/promises";
import {
  type AuditCursor,
  type CommitDigest,
  type VersionDigest,
  digestFromHex,
  hexFromBytes,
  modelId,
} from "@selvedge/integrity";
import { type Ledger, restoreLedger } from "@selvedge/ledger";
import { Type } from "typebox";
import { Value } from "typebox/value";
import { makeRunFolder, runPath } from "../config/run-folder.ts";
import { sha256 } from "../crypto.ts";
import { NodeError, isSystemError } from "../errors.ts";
import { readCheckedFile, writeCheckedFile } from "../storage/checked-file.ts";
import { writeFileAtomically } from "../storage/files.ts";
import type { ChainPosition } from "./chain-walk.ts";
import type { VerifiedHome, VerifyCounts } from "./verified-home.ts";

const FORMAT = "selvedge-verify/1";
const PROGRESS_MAX_BYTES: number = 4 * 1024 * 1024;
const DIGEST = Type.String({ pattern: "^[0-9a-f]{64}$" });
const COUNT = Type.Integer({ minimum: 0 });

const PROGRESS = Type.Object({
  format: Type.Literal(FORMAT),
  chainId: DIGEST,
  position: Type.Object({ index: COUNT, digest: DIGEST, timestampMs: COUNT }),
  ledgerSha256: DIGEST,
  counts: Type.Object({
    commits: COUNT,
    blocks: COUNT,
    transactions: COUNT,
    transactionsIndexed: COUNT,
    checkpoints: COUNT,
    certifiedCommit: COUNT,
    versions: COUNT,
    payloadBytes: COUNT,
    records: COUNT,
  }),
  lineages: Type.Array(
    Type.Object({
      modelId: Type.String(),
      version: COUNT,
      digest: DIGEST,
      commitIndex: COUNT,
      weightsRoot: DIGEST,
      weightsBytes: COUNT,
    }),
  ),
});

export interface VerifyProgress {
  readonly position: ChainPosition;
  readonly ledger: Ledger;
  readonly counts: VerifyCounts;
  readonly lineages: ReadonlyMap<string, AuditCursor>;
}

export async function saveProgress(home: VerifiedHome, progress: VerifyProgress): Promise<void> {
  const { json, ledgerFile } = pathsOf(home);
  await makeRunFolder(home.paths.root);
  const snapshot = progress.ledger.exportSnapshot();
  await writeFileAtomically(ledgerFile, snapshot, 0o640);
  const { position, counts, lineages } = progress;
  const file = {
    format: FORMAT,
    chainId: home.chainId,
    position,
    ledgerSha256: hexFromBytes(sha256(snapshot)),
    counts,
    lineages: [...lineages.values()],
  };
  await writeCheckedFile(json, `${JSON.stringify(file)}\n`, 0o640);
}

export async function loadProgress(home: VerifiedHome): Promise<VerifyProgress | undefined> {
  const { json, ledgerFile } = pathsOf(home);
  const text = await readProgress(json);
  if (text === undefined) return undefined;
  const file = parsed(text);
  if (!Value.Check(PROGRESS, file) || file.chainId !== home.chainId) return undefined;
  const snapshot = await readIfThere(ledgerFile);
  if (snapshot === undefined || hexFromBytes(sha256(snapshot)) !== file.ledgerSha256) return undefined;
  const ledger = restoreLedger(home.ledgerOptions, snapshot);
  if (!ledger.ok) return undefined;
  const { position, counts, lineages } = file;
  return {
    position: { ...position, digest: digestFromHex<CommitDigest>(position.digest) },
    ledger: ledger.value,
    counts,
    lineages: new Map(
      lineages.map((cursor) => [
        cursor.modelId,
        {
          ...cursor,
          modelId: modelId(cursor.modelId),
          digest: digestFromHex<VersionDigest>(cursor.digest),
          weightsRoot: digestFromHex(cursor.weightsRoot),
        },
      ]),
    ),
  };
}

export async function removeProgress(home: VerifiedHome): Promise<void> {
  const { json, ledgerFile } = pathsOf(home);
  await rm(json, { force: true });
  await rm(ledgerFile, { force: true });
}

function pathsOf({ paths: { root } }: VerifiedHome): { readonly json: string; readonly ledgerFile: string } {
  return { json: runPath(root, "verify.json"), ledgerFile: runPath(root, "verify-ledger.bin") };
}

/** A damaged progress file costs a run from the start and nothing else. */
async function readProgress(path: string): Promise<string | undefined> {
  try {
    return await readCheckedFile(path, PROGRESS_MAX_BYTES);
  } catch (error) {
    if (error instanceof NodeError && error.code === "DATA_CORRUPT") return undefined;
    throw error;
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // A damaged progress file costs a run from the start and nothing else.
    return undefined;
  }
}

async function readIfThere(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(path);
  } catch (cause) {
    if (isSystemError(cause, "ENOENT")) return undefined;
    throw new NodeError("IO_FAILED", `cannot read ${path}`, { cause });
  }
}
