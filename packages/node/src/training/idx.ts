// Reads digits in IDX form, the form MNIST comes in, plain or gzipped, for `npm start -- --data DIR`.
// The parsers judge bytes and return a Result; only the loader touches the disk, with a cap on what it reads and inflates.
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { err, ok, type Result } from "@selvedge/integrity";
import { CLASS_COUNT, IMAGE_PIXELS, IMAGE_SIDE, type DigitDataSet } from "./data-set.ts";

export type IdxErrorCode =
  | "IDX_FILE_MISSING"
  | "IDX_FILE_UNREADABLE"
  | "IDX_FILE_TOO_LARGE"
  | "IDX_GZIP_INVALID"
  | "IDX_MAGIC_WRONG"
  | "IDX_DIMENSIONS_WRONG"
  | "IDX_SIZE_MISMATCH"
  | "IDX_LABEL_OUT_OF_RANGE"
  | "IDX_COUNT_MISMATCH";

export interface IdxRejection {
  readonly code: IdxErrorCode;
  readonly detail: string;
}

/** A data folder that cannot be used; `code` is stable, `path` names the file. */
export class IdxError extends Error {
  override readonly name = "IdxError";
  readonly code: IdxErrorCode;
  readonly path: string;

  constructor(path: string, rejection: IdxRejection, cause?: unknown) {
    super(`${path}: ${rejection.detail}`, cause === undefined ? undefined : { cause });
    this.code = rejection.code;
    this.path = path;
  }
}

/** No IDX file is read from disk, or inflated, beyond this. The 60,000 pictures of MNIST take 47 MB. */
const IDX_BYTES_MAX: number = 64 * 1024 * 1024;

const IMAGES_MAGIC = 0x0000_0803;
const LABELS_MAGIC = 0x0000_0801;
const IMAGES_HEADER_BYTES = 16;
const LABELS_HEADER_BYTES = 8;

/** The pictures, one after the other; a view of `bytes`, not a copy. */
export function parseIdxImages(bytes: Uint8Array): Result<Uint8Array, IdxRejection> {
  const count = parseHeader(bytes, { magic: IMAGES_MAGIC, headerBytes: IMAGES_HEADER_BYTES });
  if (!count.ok) return count;
  const header = viewOf(bytes);
  const [rows, columns] = [header.getUint32(8), header.getUint32(12)];
  if (rows !== IMAGE_SIDE || columns !== IMAGE_SIDE) {
    return reject("IDX_DIMENSIONS_WRONG", `pictures are ${rows} × ${columns}, not ${IMAGE_SIDE} × ${IMAGE_SIDE}`);
  }
  return bodyOf(bytes, IMAGES_HEADER_BYTES, count.value * IMAGE_PIXELS);
}

/** The labels, each from 0 to 9; a view of `bytes`, not a copy. */
export function parseIdxLabels(bytes: Uint8Array): Result<Uint8Array, IdxRejection> {
  const count = parseHeader(bytes, { magic: LABELS_MAGIC, headerBytes: LABELS_HEADER_BYTES });
  if (!count.ok) return count;
  const body = bodyOf(bytes, LABELS_HEADER_BYTES, count.value);
  if (!body.ok) return body;
  const stray = body.value.findIndex((label) => label >= CLASS_COUNT);
  if (stray >= 0) return reject("IDX_LABEL_OUT_OF_RANGE", `label ${stray} is ${body.value[stray] ?? ""}`);
  return body;
}

export interface MnistFiles {
  readonly training: DigitDataSet;
  readonly test: DigitDataSet;
}

/** Both halves from the standard file names, each with or without `.gz`. Throws `IdxError`. */
export function loadMnist(directory: string): MnistFiles {
  return { training: loadHalf(directory, "train"), test: loadHalf(directory, "t10k") };
}

/** One half, for a process that needs no other. Throws `IdxError`. */
export function loadHalf(directory: string, half: "train" | "t10k"): DigitDataSet {
  const imagesPath = join(directory, `${half}-images-idx3-ubyte`);
  const labelsPath = join(directory, `${half}-labels-idx1-ubyte`);
  const images = mustParse(imagesPath, parseIdxImages(readIdxFile(imagesPath)));
  const labels = mustParse(labelsPath, parseIdxLabels(readIdxFile(labelsPath)));
  const count = images.length / IMAGE_PIXELS;
  if (count !== labels.length) {
    const detail = `${count} pictures but ${labels.length} labels`;
    throw new IdxError(labelsPath, { code: "IDX_COUNT_MISMATCH", detail });
  }
  return { count, images, labels };
}

/** The file's bytes, inflated if only the `.gz` exists. `bytesMax` bounds both what is read and what is inflated. */
export function readIdxFile(path: string, bytesMax: number = IDX_BYTES_MAX): Uint8Array {
  const plain = tryReadFile(path, bytesMax);
  if (plain !== null) return plain;
  const zippedPath = `${path}.gz`;
  const zipped = tryReadFile(zippedPath, bytesMax);
  if (zipped === null) throw new IdxError(path, { code: "IDX_FILE_MISSING", detail: "neither it nor its .gz exists" });
  try {
    return gunzipSync(zipped, { maxOutputLength: bytesMax });
  } catch (cause) {
    if (codeOf(cause) !== "ERR_BUFFER_TOO_LARGE") {
      throw new IdxError(zippedPath, { code: "IDX_GZIP_INVALID", detail: "not a whole gzip stream" }, cause);
    }
    throw new IdxError(zippedPath, { code: "IDX_FILE_TOO_LARGE", detail: `inflates beyond ${bytesMax} bytes` }, cause);
  }
}

/** Null if there is no such file. */
function tryReadFile(path: string, bytesMax: number): Uint8Array | null {
  try {
    const sizeBytes = statSync(path).size;
    if (sizeBytes > bytesMax) {
      throw new IdxError(path, { code: "IDX_FILE_TOO_LARGE", detail: `${sizeBytes} bytes, at most ${bytesMax}` });
    }
    return readFileSync(path);
  } catch (cause) {
    if (cause instanceof IdxError) throw cause;
    if (codeOf(cause) === "ENOENT") return null;
    throw new IdxError(path, { code: "IDX_FILE_UNREADABLE", detail: "cannot be read" }, cause);
  }
}

function codeOf(cause: unknown): unknown {
  return cause instanceof Error && "code" in cause ? cause.code : undefined;
}

function mustParse(path: string, parsed: Result<Uint8Array, IdxRejection>): Uint8Array {
  if (!parsed.ok) throw new IdxError(path, parsed.error);
  return parsed.value;
}

function parseHeader(
  bytes: Uint8Array,
  expected: { readonly magic: number; readonly headerBytes: number },
): Result<number, IdxRejection> {
  if (bytes.length < expected.headerBytes) {
    return reject("IDX_SIZE_MISMATCH", `${bytes.length} bytes do not hold a header of ${expected.headerBytes}`);
  }
  const header = viewOf(bytes);
  const magic = header.getUint32(0);
  if (magic !== expected.magic)
    return reject("IDX_MAGIC_WRONG", `magic ${hex(magic)}, expected ${hex(expected.magic)}`);
  return ok(header.getUint32(4));
}

/** A shorter file was cut off; a longer one is not what its header says. Neither is used. */
function bodyOf(bytes: Uint8Array, headerBytes: number, bodyBytes: number): Result<Uint8Array, IdxRejection> {
  if (bytes.length !== headerBytes + bodyBytes) {
    return reject("IDX_SIZE_MISMATCH", `${bytes.length} bytes, the header promises ${headerBytes + bodyBytes}`);
  }
  return ok(bytes.subarray(headerBytes));
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function hex(value: number): string {
  return `0x${value.toString(16).padStart(8, "0")}`;
}

function reject(code: IdxErrorCode, detail: string): Result<never, IdxRejection> {
  return err({ code, detail });
}
