// The JSON of a safetensors header, read by a scanner that knows this one schema: fixed depth, no recursion over what a
// peer sends, duplicate keys and unknown fields refused (JSON.parse keeps the last of two). What the fields must add up
// to is checked in safetensors.ts.

import { CONTAINER_TENSORS_MAX, TENSOR_RANK_MAX } from "../limits.ts";
import { METADATA_KEY, isTensorName } from "./names.ts";
import { TextScanner } from "./text-scanner.ts";

export interface HeaderEntry {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

export interface ScannedHeader {
  /** In the order of the text. */
  readonly entries: readonly HeaderEntry[];
  /** In the order of the text; null where the header has none. */
  readonly metadata: ReadonlyMap<string, string> | null;
}

/** The header, or what is wrong with the text. */
export function scanHeader(text: string): ScannedHeader | string {
  const scanner = new TextScanner(text);
  const entries: HeaderEntry[] = [];
  const seen = new Set<string>();
  let metadata: ReadonlyMap<string, string> | null = null;
  // The format wants the brace first; padding may only follow.
  if (!scanner.take("{")) return "the header does not begin with an object";
  for (const key of scanner.keys()) {
    if (seen.has(key)) return "a key occurs twice";
    if (entries.length === CONTAINER_TENSORS_MAX) return "more tensors than a container may hold";
    seen.add(key);
    if (key === METADATA_KEY) {
      metadata = scanMetadata(scanner);
      continue;
    }
    if (!isTensorName(key)) return "a tensor's name is empty or too long";
    const entry = scanEntry(scanner, key);
    if (entry === undefined) break;
    entries.push(entry);
  }
  if (scanner.failure !== undefined) return scanner.failure;
  if (!scanner.isPaddingLeft()) return "something other than spaces follows the header's object";
  return { entries, metadata };
}

function scanMetadata(scanner: TextScanner): ReadonlyMap<string, string> {
  const metadata = new Map<string, string>();
  if (!scanner.take("{")) return metadata;
  for (const key of scanner.keys()) {
    if (metadata.has(key)) scanner.fail("a key of the metadata occurs twice");
    metadata.set(key, scanner.string());
  }
  return metadata;
}

interface Fields {
  dtype?: string;
  shape?: readonly number[];
  offsets?: readonly number[];
}

function scanEntry(scanner: TextScanner, name: string): HeaderEntry | undefined {
  const fields: Fields = {};
  if (!scanner.take("{")) return undefined;
  for (const key of scanner.keys()) scanField(scanner, key, fields);
  const { dtype, shape, offsets } = fields;
  const [begin, end] = offsets ?? [];
  if (dtype === undefined || shape === undefined || begin === undefined || end === undefined || offsets?.length !== 2) {
    scanner.fail("a tensor lacks its dtype, shape or two offsets");
    return undefined;
  }
  return { name, dtype, shape, begin, end };
}

function scanField(scanner: TextScanner, key: string, fields: Fields): void {
  if (key === "dtype" && fields.dtype === undefined) fields.dtype = scanner.string();
  else if (key === "shape" && fields.shape === undefined) fields.shape = scanner.counts(TENSOR_RANK_MAX);
  else if (key === "data_offsets" && fields.offsets === undefined) fields.offsets = scanner.counts(2);
  else scanner.fail("a tensor has an unknown field, or one field twice");
}
