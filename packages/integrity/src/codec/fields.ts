// Reads the fields of a decoded array in order, each checked for type, range and length. The first fault is kept and a
// harmless value handed on, so that a codec reads straight through and asks once, in `finish`, whether all was well.

import { type Digest, DIGEST_SIZE_BYTES, digestFromBytes, zeroDigest } from "../digest.ts";
import { type Rejection, rejection } from "../fault.ts";
import { type Result, err, ok } from "../result.ts";
import { utf8FromText } from "../utf8.ts";

/** The first fault of a record and of everything nested in it. */
interface Verdict {
  fault: Rejection | undefined;
}

export interface RecordShape {
  /** For the fault's detail: "block header". */
  readonly name: string;
  readonly fieldCount: number;
}

export interface ListShape extends RecordShape {
  readonly entriesMax: number;
}

export interface IntegerRange {
  readonly min: number;
  readonly max: number;
}

const DIGEST_SIZE_RANGE: IntegerRange = { min: DIGEST_SIZE_BYTES, max: DIGEST_SIZE_BYTES };

export class FieldReader {
  readonly #record: string;
  readonly #verdict: Verdict;
  readonly #fields: readonly unknown[];
  /** Position of the field that is read next. */
  #next = 0;

  private constructor(record: string, verdict: Verdict, fields: readonly unknown[]) {
    this.#record = record;
    this.#verdict = verdict;
    this.#fields = fields;
  }

  static open(value: unknown, shape: RecordShape): FieldReader {
    return FieldReader.#nested(value, shape, { fault: undefined });
  }

  static #nested(value: unknown, shape: RecordShape, verdict: Verdict): FieldReader {
    const reader = new FieldReader(shape.name, verdict, isArray(value) ? value : []);
    if (!isArray(value)) reader.fail("FIELD_TYPE", "is not an array");
    else if (value.length !== shape.fieldCount) {
      reader.fail("FIELD_COUNT", `has ${value.length} fields instead of ${shape.fieldCount}`);
    }
    return reader;
  }

  /** The record if every check so far held. `build` runs only then. */
  finish<Value>(build: () => Value): Result<Value, Rejection> {
    return this.#verdict.fault === undefined ? ok(build()) : err(this.#verdict.fault);
  }

  get isSound(): boolean {
    return this.#verdict.fault === undefined;
  }

  /** Keeps the first fault only: later ones may be its consequences. */
  fail(code: string, what: string): void {
    this.#verdict.fault ??= rejection(code, `${this.#record} ${what}`);
  }

  /** Non-negative safe integer up to `max`. */
  count(field: string, max: number = Number.MAX_SAFE_INTEGER): number {
    return this.integer(field, { min: 0, max });
  }

  integer(field: string, range: IntegerRange): number {
    return this.#asInteger(field, this.#take(), range);
  }

  integerOrNull(field: string, range: IntegerRange): number | null {
    const value = this.#take();
    return value === null ? null : this.#asInteger(field, value, range);
  }

  /** A copy, so that what is kept does not keep the received buffer alive. */
  bytes(field: string, sizeBytes: number): Uint8Array {
    return this.#asBytes(field, this.#take(), { min: sizeBytes, max: sizeBytes });
  }

  bytesUpTo(field: string, sizeBytesMax: number): Uint8Array {
    return this.#asBytes(field, this.#take(), { min: 0, max: sizeBytesMax });
  }

  bytesOrNull(field: string, sizeBytesMax: number): Uint8Array | null {
    const value = this.#take();
    return value === null ? null : this.#asBytes(field, value, { min: 0, max: sizeBytesMax });
  }

  digest<Kind extends Digest = Digest>(field: string): Kind {
    return this.#asDigest(field, this.#take());
  }

  digestOrNull<Kind extends Digest = Digest>(field: string): Kind | null {
    const value = this.#take();
    return value === null ? null : this.#asDigest(field, value);
  }

  text(field: string, sizeBytesMax: number): string {
    return this.#asText(field, this.#take(), sizeBytesMax);
  }

  textOrNull(field: string, sizeBytesMax: number): string | null {
    const value = this.#take();
    return value === null ? null : this.#asText(field, value, sizeBytesMax);
  }

  /** The member of `values` whose position is the wire code. */
  choice<Choice>(field: string, values: readonly [Choice, ...Choice[]] | readonly Choice[], fallback: Choice): Choice {
    const code = this.integer(field, { min: 0, max: values.length - 1 });
    return values[code] ?? fallback;
  }

  record<Value>(shape: RecordShape, read: (fields: FieldReader) => Value): Value {
    return read(FieldReader.#nested(this.#take(), shape, this.#verdict));
  }

  recordOrNull<Value>(shape: RecordShape, read: (fields: FieldReader) => Value): Value | null {
    const value = this.#take();
    return value === null ? null : read(FieldReader.#nested(value, shape, this.#verdict));
  }

  /** List of records. Reading stops at the first fault, whatever length the list claims. */
  records<Value>(shape: ListShape, read: (fields: FieldReader) => Value): readonly Value[] {
    return this.#list(shape.name, shape.entriesMax, (entry) => read(FieldReader.#nested(entry, shape, this.#verdict)));
  }

  bytesList(
    field: string,
    bounds: { readonly entriesMax: number; readonly size: IntegerRange },
  ): readonly Uint8Array[] {
    return this.#list(field, bounds.entriesMax, (entry) => this.#asBytes(field, entry, bounds.size));
  }

  digestList<Kind extends Digest = Digest>(field: string, entriesMax: number): readonly Kind[] {
    return this.#list(field, entriesMax, (entry) => this.#asDigest<Kind>(field, entry));
  }

  integerList(field: string, bounds: { readonly entriesMax: number; readonly range: IntegerRange }): readonly number[] {
    return this.#list(field, bounds.entriesMax, (entry) => this.#asInteger(field, entry, bounds.range));
  }

  #list<Value>(field: string, entriesMax: number, read: (entry: unknown) => Value): readonly Value[] {
    const value = this.#take();
    if (!isArray(value)) {
      this.fail("FIELD_TYPE", `${field}: not a list`);
      return [];
    }
    if (value.length > entriesMax) {
      this.fail("FIELD_OUT_OF_RANGE", `${field}: ${value.length} entries, allowed are ${entriesMax}`);
      return [];
    }
    const entries: Value[] = [];
    for (const entry of value) {
      entries.push(read(entry));
      if (!this.isSound) return [];
    }
    return entries;
  }

  #take(): unknown {
    const value = this.#fields[this.#next];
    this.#next += 1;
    return value;
  }

  #asInteger(field: string, value: unknown, { min, max }: IntegerRange): number {
    if (typeof value !== "number" && typeof value !== "bigint") {
      this.fail("FIELD_TYPE", `${field}: not an integer`);
      return min;
    }
    if (value < min || value > max) {
      this.fail("FIELD_OUT_OF_RANGE", `${field}: ${value} is not within ${min} and ${max}`);
      return min;
    }
    return Number(value);
  }

  /** A copy: what is decoded shares no memory with what was received. */
  #asBytes(field: string, value: unknown, range: IntegerRange): Uint8Array {
    return new Uint8Array(this.#asView(field, value, range));
  }

  /** The received bytes themselves, for what does not keep them. */
  #asView(field: string, value: unknown, { min, max }: IntegerRange): Uint8Array {
    if (!(value instanceof Uint8Array)) {
      this.fail("FIELD_TYPE", `${field}: not bytes`);
      return new Uint8Array(min);
    }
    if (value.length < min || value.length > max) {
      this.fail("FIELD_LENGTH", `${field}: ${value.length} bytes instead of ${min === max ? min : `${min} to ${max}`}`);
      return new Uint8Array(min);
    }
    return value;
  }

  #asDigest<Kind extends Digest>(field: string, value: unknown): Kind {
    const bytes = this.#asView(field, value, DIGEST_SIZE_RANGE);
    return this.isSound ? digestFromBytes<Kind>(bytes) : zeroDigest<Kind>();
  }

  #asText(field: string, value: unknown, sizeBytesMax: number): string {
    // Bytes of a lone surrogate survive msgpackr unchanged, both ways.
    if (typeof value !== "string" || !value.isWellFormed()) {
      this.fail("FIELD_TYPE", `${field}: not text`);
      return "";
    }
    if (utf8FromText(value).length > sizeBytesMax) {
      this.fail("FIELD_LENGTH", `${field}: more than ${sizeBytesMax} bytes of text`);
      return "";
    }
    return value;
  }
}

function isArray(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}
