// Reads a conformance vector from disk and decides it. Loads the commit rule and nothing else of the node.

import { type ReplayResult, replayVector } from "@selvedge/consensus";
import { NodeError } from "../errors.ts";
import { readBounded } from "../storage/bounded-read.ts";

/** A vector is read whole. */
const VECTOR_MAX_BYTES: number = 256 * 1024 * 1024;

export async function replayFile(path: string): Promise<ReplayResult> {
  const result = replayVector(await readJson(path));
  if (!result.ok) throw new NodeError("FILE_MALFORMED", `${path}: ${result.error.detail} [${result.error.code}]`);
  return result.value;
}

async function readJson(path: string): Promise<unknown> {
  const bytes = await readBounded(path, VECTOR_MAX_BYTES);
  if (bytes === undefined) throw new NodeError("USAGE", `there is no file ${path}`);
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return JSON.parse(text);
  } catch (cause) {
    throw new NodeError("FILE_MALFORMED", `${path} is not JSON`, { cause });
  }
}
