// Reads a conformance vector from disk and decides it. Loads the commit rule and nothing else of the node.

import { readFile, stat } from "node:fs/promises";
import { type ReplayResult, replayVector } from "@selvedge/consensus";
import { NodeError, isSystemError } from "../errors.ts";

/** A vector is read whole. */
const VECTOR_MAX_BYTES: number = 256 * 1024 * 1024;

export async function replayFile(path: string): Promise<ReplayResult> {
  const result = replayVector(await readJson(path));
  if (!result.ok) throw new NodeError("FILE_MALFORMED", `${path}: ${result.error.detail} [${result.error.code}]`);
  return result.value;
}

async function readJson(path: string): Promise<unknown> {
  const bytes = await readBounded(path);
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return JSON.parse(text);
  } catch (cause) {
    throw new NodeError("FILE_MALFORMED", `${path} is not JSON`, { cause });
  }
}

async function readBounded(path: string): Promise<Uint8Array> {
  try {
    const { size } = await stat(path);
    if (size > VECTOR_MAX_BYTES)
      throw new NodeError("FILE_MALFORMED", `${path} has ${size} bytes, more than the ${VECTOR_MAX_BYTES} allowed`);
    return await readFile(path);
  } catch (cause) {
    if (cause instanceof NodeError) throw cause;
    if (isSystemError(cause, "ENOENT")) throw new NodeError("USAGE", `there is no file ${path}`, { cause });
    throw new NodeError("IO_FAILED", `cannot read ${path}`, { cause });
  }
}
