// A record's layout as data, for records that people write as JSON and machines as MessagePack: one table says names,
// order and kinds, so that the two forms cannot drift apart. Ranges are checked later, by the reader of the wire form.

import { assert, assertNever } from "../assert.ts";
import { bytesFromHex, digestFromHex, digestToBytes, hexFromBytes, isDigestHex } from "../digest.ts";
import { type Rejection, rejection } from "../fault.ts";
import { type Result, err, ok } from "../result.ts";
import { type WireValue, wireInteger } from "./msgpack.ts";

export type Layout =
  /** A number that everybody writes alike; in JSON it stands under its name, in memory it has no field. */
  | { readonly type: "constant"; readonly value: number }
  | { readonly type: "integer" }
  | { readonly type: "text" }
  /** Uint8Array in memory, hex in JSON. */
  | { readonly type: "bytes" }
  /** Hex in memory and in JSON, bytes on the wire. */
  | { readonly type: "digest" }
  /** Position in `values` on the wire. */
  | { readonly type: "choice"; readonly values: readonly string[] }
  | { readonly type: "list"; readonly of: Layout }
  | { readonly type: "record"; readonly fields: readonly (readonly [name: string, layout: Layout])[] };

export type JsonValue =
  | null
  | number
  | string
  | boolean
  | readonly JsonValue[]
  | { readonly [name: string]: JsonValue };

/** An own record to its wire form. The record has the layout by its type. */
export function wireFromRecord(value: unknown, layout: Layout): WireValue {
  const json = jsonFromRecord(value, layout);
  const wire = wireFromJson(json, layout, "record");
  assert(wire.ok, "an own record has its layout");
  return wire.value;
}

/** An own record to the form that people read. */
export function jsonFromRecord(value: unknown, layout: Layout): JsonValue {
  switch (layout.type) {
    case "constant":
      return layout.value;
    case "bytes":
      assert(value instanceof Uint8Array, "a field of bytes holds bytes");
      return hexFromBytes(value);
    case "list":
      assert(Array.isArray(value), "a list field holds an array");
      return value.map((entry) => jsonFromRecord(entry, layout.of));
    case "record":
      assert(isObject(value), "a record field holds an object");
      return Object.fromEntries(layout.fields.map(([name, field]) => [name, jsonFromRecord(value[name], field)]));
    case "integer":
      assert(typeof value === "number", "an integer field holds a number");
      return value;
    case "text":
    case "digest":
    case "choice":
      assert(typeof value === "string", "a text field holds text");
      return value;
    default:
      return assertNever(layout);
  }
}

/** Somebody's JSON to the wire form: every key known, none missing, every value of its kind; `path` names the culprit. */
export function wireFromJson(json: unknown, layout: Layout, path: string): Result<WireValue, Rejection> {
  switch (layout.type) {
    case "choice":
      return wireFromChoice(json, layout.values, path);
    case "list":
      return wireFromList(json, layout.of, path);
    case "record":
      return wireFromObject(json, layout.fields, path);
    default:
      return wireFromScalar(json, layout, path);
  }
}

type ScalarLayout = Exclude<Layout, { readonly type: "choice" | "list" | "record" }>;

function wireFromScalar(json: unknown, layout: ScalarLayout, path: string): Result<WireValue, Rejection> {
  switch (layout.type) {
    case "constant":
      return json === layout.value ? ok(layout.value) : wrong(path, `must be ${layout.value}`);
    case "integer":
      return Number.isSafeInteger(json) ? ok(wireInteger(Number(json))) : wrong(path, "must be a safe integer");
    case "text":
      return typeof json === "string" && json.isWellFormed() ? ok(json) : wrong(path, "must be text");
    case "bytes":
      return isHex(json) ? ok(bytesFromHex(json)) : wrong(path, "must be bytes in lower-case hex");
    case "digest":
      if (!isDigestHex(json)) return wrong(path, "must be 64 lower-case hex characters");
      return ok(digestToBytes(digestFromHex(json)));
    default:
      return assertNever(layout);
  }
}

function wireFromChoice(json: unknown, values: readonly string[], path: string): Result<WireValue, Rejection> {
  const code = typeof json === "string" ? values.indexOf(json) : -1;
  return code >= 0 ? ok(code) : wrong(path, `must be one of ${values.join(", ")}`);
}

function wireFromList(json: unknown, layout: Layout, path: string): Result<WireValue, Rejection> {
  if (!Array.isArray(json)) return wrong(path, "must be a list");
  const entries: WireValue[] = [];
  for (const [position, entry] of json.entries()) {
    const wire = wireFromJson(entry, layout, `${path}[${position}]`);
    if (!wire.ok) return wire;
    entries.push(wire.value);
  }
  return ok(entries);
}

function wireFromObject(
  json: unknown,
  fields: readonly (readonly [string, Layout])[],
  path: string,
): Result<WireValue, Rejection> {
  if (!isObject(json)) return wrong(path, "must be an object");
  const known = new Set(fields.map(([name]) => name));
  const unknown = Object.keys(json).find((name) => !known.has(name));
  if (unknown !== undefined) return err(rejection("GENESIS_UNKNOWN_KEY", `${path}.${unknown} is not a known key`));
  const values: WireValue[] = [];
  for (const [name, layout] of fields) {
    if (!Object.hasOwn(json, name)) return wrong(`${path}.${name}`, "is missing");
    const wire = wireFromJson(json[name], layout, `${path}.${name}`);
    if (!wire.ok) return wire;
    values.push(wire.value);
  }
  return ok(values);
}

function wrong(path: string, what: string): Result<never, Rejection> {
  return err(rejection("GENESIS_FIELD", `${path} ${what}`));
}

function isHex(json: unknown): json is string {
  return typeof json === "string" && json.length % 2 === 0 && /^[0-9a-f]*$/.test(json);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
