// The safetensors container: read strictly, written back byte for byte, and written in the one canonical form whose
// payload root is a model's weights root (docs/protocol.md, "Deltas"). Views point into the bytes that were read;
// what the elements mean is dtype.ts, half.ts and the delta codecs.

import { assert } from "../assert.ts";
import { type Rejection, type RejectionCode, rejection } from "../fault.ts";
import { CONTAINER_HEADER_MAX_BYTES, TENSOR_RANK_MAX } from "../limits.ts";
import { type Result, err, ok } from "../result.ts";
import { textFromUtf8, utf8FromText } from "../utf8.ts";
import { type DType, elementCount, elementSizeBytes, isDType } from "./dtype.ts";
import { type HeaderEntry, scanHeader } from "./header-scan.ts";
import { compareNames, isTensorName } from "./names.ts";

export interface TensorView {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** Little-endian elements, row-major. A view where a container was read, not a copy. */
  readonly bytes: Uint8Array;
}

export interface Container {
  /** In the order of their bytes. */
  readonly tensors: readonly TensorView[];
  /** null where the header has none. */
  readonly metadata: ReadonlyMap<string, string> | null;
  /** The header as it was read, padding included: what makes a rewrite byte-exact. */
  readonly headerBytes: Uint8Array;
}

const LENGTH_SIZE_BYTES = 8;
const ALIGNMENT_BYTES = 8;
const SPACE = 0x20;

/** Strict reader: whatever it accepts, `writeContainer` gives back byte for byte. */
export function readSafetensors(bytes: Uint8Array): Result<Container, Rejection> {
  const headerSize = headerSizeOf(bytes);
  if (!headerSize.ok) return headerSize;
  const dataBegin = LENGTH_SIZE_BYTES + headerSize.value;
  const headerBytes = bytes.subarray(LENGTH_SIZE_BYTES, dataBegin);
  const text = textFromUtf8(headerBytes);
  if (text === undefined) return refuse("CONTAINER_HEADER_SYNTAX", "the header is not UTF-8");
  const header = scanHeader(text);
  if (typeof header === "string") return refuse("CONTAINER_HEADER_SYNTAX", header);
  const tensors = viewsOf(header.entries, bytes.subarray(dataBegin));
  return tensors.ok ? ok({ tensors: tensors.value, metadata: header.metadata, headerBytes }) : tensors;
}

/** The file that was read, byte for byte. */
export function writeContainer(container: Container): Uint8Array {
  return fileOf(
    container.headerBytes,
    container.tensors.map((tensor) => tensor.bytes),
  );
}

/** Sorted by name (UTF-16 code units), compact header padded with spaces to 8 bytes, no metadata. */
export function canonicalSafetensors(tensors: readonly TensorView[]): Uint8Array {
  const sorted = tensors.toSorted((left, right) => compareNames(left.name, right.name));
  const header = canonicalHeader(sorted);
  assert(header.length <= CONTAINER_HEADER_MAX_BYTES, "a header of ours is within its bound");
  return fileOf(
    header,
    sorted.map((tensor) => tensor.bytes),
  );
}

/** CONTAINER_NOT_CANONICAL unless these bytes are what `canonicalSafetensors` makes of their own content. */
export function readCanonicalSafetensors(bytes: Uint8Array): Result<Container, Rejection> {
  const container = readSafetensors(bytes);
  if (!container.ok) return container;
  // The data is the tensors' in name order exactly if the header says so: comparing headers is enough.
  const sorted = container.value.tensors.toSorted((left, right) => compareNames(left.name, right.name));
  const canonical = canonicalHeader(sorted);
  const isCanonical =
    canonical.length === container.value.headerBytes.length &&
    canonical.every((byte, index) => byte === container.value.headerBytes[index]);
  return isCanonical ? container : refuse("CONTAINER_NOT_CANONICAL", "the header is not in canonical form");
}

/** Of what somebody sent it may be longer than any header that we write: offsets grow when names are put in order. */
function canonicalHeader(sorted: readonly TensorView[]): Uint8Array {
  const fields: string[] = [];
  let offset = 0;
  let previous: string | undefined;
  for (const tensor of sorted) {
    assertWritable(tensor);
    assert(tensor.name !== previous, "tensors of one container have distinct names");
    previous = tensor.name;
    const info = { dtype: tensor.dtype, shape: tensor.shape, data_offsets: [offset, offset + tensor.bytes.length] };
    fields.push(`${JSON.stringify(tensor.name)}:${JSON.stringify(info)}`);
    offset += tensor.bytes.length;
  }
  return padded(utf8FromText(`{${fields.join(",")}}`));
}

function assertWritable({ name, dtype, shape, bytes }: TensorView): void {
  assert(isTensorName(name), "a tensor's name is well-formed text within its bound");
  assert(shape.length <= TENSOR_RANK_MAX, "a tensor's rank is within its bound");
  assert(elementCount(shape) === bytes.length / elementSizeBytes(dtype), "a tensor's bytes fit its shape and dtype");
}

function padded(header: Uint8Array): Uint8Array {
  const sizeBytes = Math.ceil(header.length / ALIGNMENT_BYTES) * ALIGNMENT_BYTES;
  const result = new Uint8Array(sizeBytes).fill(SPACE);
  result.set(header, 0);
  return result;
}

function fileOf(header: Uint8Array, parts: readonly Uint8Array[]): Uint8Array {
  const dataSize = parts.reduce((sum, part) => sum + part.length, 0);
  const file = new Uint8Array(LENGTH_SIZE_BYTES + header.length + dataSize);
  new DataView(file.buffer).setBigUint64(0, BigInt(header.length), true);
  file.set(header, LENGTH_SIZE_BYTES);
  let offset = LENGTH_SIZE_BYTES + header.length;
  for (const part of parts) {
    file.set(part, offset);
    offset += part.length;
  }
  return file;
}

function headerSizeOf(bytes: Uint8Array): Result<number, Rejection> {
  if (bytes.length < LENGTH_SIZE_BYTES) return refuse("CONTAINER_TRUNCATED", "the bytes end before the header's size");
  const size = new DataView(bytes.buffer, bytes.byteOffset, bytes.length).getBigUint64(0, true);
  if (size > BigInt(CONTAINER_HEADER_MAX_BYTES)) {
    return refuse("CONTAINER_HEADER_TOO_LARGE", `the header says it has ${size} bytes`);
  }
  const sizeBytes = Number(size);
  if (LENGTH_SIZE_BYTES + sizeBytes > bytes.length) {
    return refuse("CONTAINER_TRUNCATED", "the bytes end before the header does");
  }
  return ok(sizeBytes);
}

function viewsOf(entries: readonly HeaderEntry[], data: Uint8Array): Result<readonly TensorView[], Rejection> {
  const ordered = entries.toSorted((left, right) => left.begin - right.begin || left.end - right.end);
  const tensors: TensorView[] = [];
  let offset = 0;
  for (const entry of ordered) {
    if (entry.begin !== offset || entry.end < entry.begin) {
      return refuse("CONTAINER_OFFSETS", `there is a hole or an overlap before tensor "${entry.name}"`);
    }
    const tensor = viewOf(entry, data);
    if (!tensor.ok) return tensor;
    tensors.push(tensor.value);
    offset = entry.end;
  }
  return offset === data.length ? ok(tensors) : refuse("CONTAINER_SIZE", "bytes follow that belong to no tensor");
}

function viewOf(entry: HeaderEntry, data: Uint8Array): Result<TensorView, Rejection> {
  const { name, dtype, shape, begin, end } = entry;
  if (!isDType(dtype)) return refuse("CONTAINER_DTYPE_UNKNOWN", `tensor "${name}" has an unknown dtype`);
  const count = elementCount(shape);
  if (count === undefined || count * elementSizeBytes(dtype) !== end - begin) {
    return refuse("CONTAINER_SHAPE", `the shape of tensor "${name}" does not fit its bytes`);
  }
  if (end > data.length) return refuse("CONTAINER_TRUNCATED", `the bytes end within tensor "${name}"`);
  return ok({ name, dtype, shape, bytes: data.subarray(begin, end) });
}

function refuse(code: RejectionCode, detail: string): { readonly ok: false; readonly error: Rejection } {
  return err(rejection(code, detail));
}
