// Reading a file whose path somebody gave, or that lies where others can put things: never more than is asked for, and
// never waiting. What is no file on a disk (a named pipe that nobody writes to, a device without an end) is refused. What
// the process was handed open (`/dev/stdin`, the `/dev/fd/63` of a shell's `<(…)`) is read as it comes, within the bound.

import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { NodeError, isSystemError } from "../errors.ts";

const HANDED_OPEN = /^\/(?:dev\/(?:stdin|fd\/\d+)|proc\/self\/fd\/\d+)$/u;
const PART_BYTES: number = 64 * 1024;

/** Undefined if there is none; FILE_MALFORMED for what is no regular file, or above `maxBytes`. */
export async function readBounded(path: string, maxBytes: number): Promise<Uint8Array | undefined> {
  const file = await openRegular(path);
  if (file === undefined) return undefined;
  try {
    const { size } = await file.stat();
    if (size > maxBytes) throw tooLarge(path, `${size} bytes, more than the ${maxBytes} allowed`);
    return await readUpTo(file, { path, expected: size, maxBytes });
  } catch (cause) {
    throw cause instanceof NodeError ? cause : new NodeError("IO_FAILED", `cannot read ${path}`, { cause });
  } finally {
    await file.close();
  }
}

/** Undefined if there is none. To be closed by the caller. */
export async function openRegular(path: string): Promise<FileHandle | undefined> {
  const isHandedOpen = HANDED_OPEN.test(path);
  let file: FileHandle | undefined;
  try {
    file = await open(path, isHandedOpen ? constants.O_RDONLY : constants.O_RDONLY | constants.O_NONBLOCK);
    if (isHandedOpen || (await file.stat()).isFile()) return file;
  } catch (cause) {
    await file?.close();
    if (isSystemError(cause, "ENOENT")) return undefined;
    throw new NodeError("IO_FAILED", `cannot read ${path}`, { cause });
  }
  await file.close();
  throw new NodeError("FILE_MALFORMED", `${path} is no regular file`);
}

async function readUpTo(
  file: FileHandle,
  { path, expected, maxBytes }: { readonly path: string; readonly expected: number; readonly maxBytes: number },
): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let total = 0;
  for (;;) {
    // One byte more than there should be tells the end, and what is larger than it said.
    const room = Math.min(maxBytes + 1 - total, Math.max(expected + 1 - total, PART_BYTES));
    const part = Buffer.allocUnsafe(room);
    const { bytesRead } = await file.read(part, 0, room, null);
    if (bytesRead === 0) break;
    parts.push(part.subarray(0, bytesRead));
    total += bytesRead;
    if (total > maxBytes) throw tooLarge(path, `more than the ${maxBytes} bytes allowed`);
  }
  const [first] = parts;
  return parts.length === 1 && first !== undefined ? first : Buffer.concat(parts, total);
}

function tooLarge(path: string, what: string): NodeError {
  return new NodeError("FILE_MALFORMED", `${path} has ${what}`);
}
