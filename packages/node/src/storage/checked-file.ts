// Small text files of our own whose last line is a checksum over the lines before it, so that a flipped bit is found and
// not believed.

import { createHash } from "node:crypto";
import { NodeError } from "../errors.ts";
import { readTextIfThere, writeFileAtomically } from "./files.ts";

const CHECK_LINE = /^sha256 (?<digest>[0-9a-f]{64})\n$/u;
const CHECK_LINE_BYTES = 72;

/** `text` ends with a newline. */
export async function writeCheckedFile(path: string, text: string, mode: number): Promise<void> {
  await writeFileAtomically(path, `${text}${checkLineOf(text)}`, mode);
}

/** The text without its checksum, undefined if there is no file, DATA_CORRUPT if it does not hold. */
export async function readCheckedFile(path: string, maxBytes: number): Promise<string | undefined> {
  const whole = await readTextIfThere(path, maxBytes);
  if (whole === undefined) return undefined;
  const text = whole.slice(0, -CHECK_LINE_BYTES);
  const line = whole.slice(-CHECK_LINE_BYTES);
  if (CHECK_LINE.test(line) && line === checkLineOf(text)) return text;
  throw new NodeError("DATA_CORRUPT", `${path} does not match its checksum`);
}

function checkLineOf(text: string): string {
  return `sha256 ${createHash("sha256").update(text).digest("hex")}\n`;
}
