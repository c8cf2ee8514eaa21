// HOME/run/api.json: where a running node's HTTP interface is, so that `status --home` and a device on the same machine
// find it. Written when ready, removed at the stop; after a crash it stays and its address does not answer.

import { createHash } from "node:crypto";
import { rm } from "node:fs/promises";
import { type Static, Type } from "typebox";
import { Value } from "typebox/value";
import { makeRunFolder, runPath } from "../config/run-folder.ts";
import { NodeError } from "../errors.ts";
import { readTextIfThere, writeFileAtomically } from "../storage/files.ts";

const RUN_FILE = Type.Object({
  url: Type.String({ minLength: 1, maxLength: 512 }),
  /** Empty: no token is asked for. */
  tokenFile: Type.String({ maxLength: 4096 }),
  pid: Type.Integer({ minimum: 1 }),
});

const STORED = Type.Object({
  ...RUN_FILE.properties,
  /** Over the other fields: a flipped bit must not send a token to another address. */
  sha256: Type.String(),
});

export type RunFile = Static<typeof RUN_FILE>;

export async function writeRunFile(home: string, run: RunFile): Promise<void> {
  await makeRunFolder(home);
  await writeFileAtomically(pathOf(home), `${JSON.stringify({ ...run, sha256: digestOf(run) })}\n`, 0o600);
}

/** What cannot be removed stays, as after a crash: the exit code of a node whose disk failed is its own. */
export async function removeRunFile(home: string): Promise<void> {
  await rm(pathOf(home), { force: true }).catch(() => undefined);
}

/** Undefined if no node of this home runs, or none was ever ready. */
export async function readRunFile(home: string): Promise<RunFile | undefined> {
  const text = await readTextIfThere(pathOf(home), 64 * 1024);
  if (text === undefined) return undefined;
  let run: unknown;
  try {
    run = JSON.parse(text);
  } catch (cause) {
    throw new NodeError("FILE_MALFORMED", `${pathOf(home)} is not JSON`, { cause });
  }
  if (!Value.Check(STORED, run)) throw new NodeError("FILE_MALFORMED", `${pathOf(home)} is not of this version`);
  if (run.sha256 !== digestOf(run)) throw new NodeError("FILE_MALFORMED", `${pathOf(home)} is damaged`);
  return { url: run.url, tokenFile: run.tokenFile, pid: run.pid };
}

function digestOf({ url, tokenFile, pid }: RunFile): string {
  return createHash("sha256")
    .update(JSON.stringify([url, tokenFile, pid]))
    .digest("hex");
}

function pathOf(home: string): string {
  return runPath(home, "api.json");
}
