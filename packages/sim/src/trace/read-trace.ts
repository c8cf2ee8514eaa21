// Reads traces that anybody may have written: lines are bounded, each is checked against its schema, and the first that is
// wrong is named. Streams; what is kept is one line. Used by the viewer, the exports and the command line.

import { createReadStream } from "node:fs";
import { Compile, type Validator } from "typebox/compile";
import { Value } from "typebox/value";
import { TRACE_LINE_MAX_BYTES } from "./limits.ts";
import { TraceError } from "./trace-error.ts";
import {
  TRACE_FORMAT,
  TRACE_LINES,
  type TraceHeader,
  type TraceLine,
  type TraceLineType,
  isTraceLineType,
} from "./trace-event.ts";

type Checker = Pick<Validator, "Check" | "Errors">;

const HEADER_CHECKER: Checker = {
  Check: (value): value is unknown => Value.Check(TRACE_LINES.trace, value),
  Errors: (value) => Value.Errors(TRACE_LINES.trace, value),
};

/** Lines one by one, as they come. Throws `TraceError`. */
export class TraceReader {
  readonly #validators = new Map<TraceLineType, Validator>();
  #header: TraceHeader | undefined;
  #hasResult = false;
  #isCut = false;
  #line = 0;

  get header(): TraceHeader {
    if (this.#header === undefined) throw new TraceError(0, "it is empty");
    return this.#header;
  }

  /** Undefined for an empty line. */
  read(text: string): TraceLine | undefined {
    this.#line += 1;
    if (text.trim() === "") return undefined;
    const line = this.#checked(this.#parsed(text));
    if (this.#header === undefined) this.#open(line);
    else this.#follow(line, this.#header);
    return line;
  }

  /** What stands after the last newline. A run that was killed leaves half a line there: undefined, and `isCut` is true. */
  readRest(text: string): TraceLine | undefined {
    this.#isCut = this.#header !== undefined && text.trim() !== "" && !isWhole(text);
    return this.#isCut ? undefined : this.read(text);
  }

  get isCut(): boolean {
    return this.#isCut;
  }

  /** For what the caller finds wrong with the line read last. */
  fail(detail: string): never {
    throw new TraceError(this.#line, detail);
  }

  #parsed(text: string): unknown {
    if (text.length > TRACE_LINE_MAX_BYTES) this.fail(`is longer than ${TRACE_LINE_MAX_BYTES} bytes`);
    try {
      return JSON.parse(text);
    } catch (cause) {
      if (cause instanceof SyntaxError) return this.fail("is not JSON");
      throw cause;
    }
  }

  #checked(value: unknown): TraceLine {
    const type: unknown = typeof value === "object" && value !== null ? Reflect.get(value, "type") : undefined;
    if (!isTraceLineType(type)) return this.fail("has no known type");
    if (type === "trace" && Reflect.get(Object(value), "format") !== TRACE_FORMAT) {
      return this.fail(`is of another format than ${TRACE_FORMAT}`);
    }
    const checker = this.#checkerOf(type);
    if (isValid(checker, value)) return value;
    const error = checker.Errors(value)[0];
    return this.fail(`(${type}) ${error?.instancePath || "/"} ${error?.message ?? "is wrong"}`);
  }

  /** Compiled when the first line of its type comes; the header comes once and is not worth it. */
  #checkerOf(type: TraceLineType): Checker {
    if (type === "trace") return HEADER_CHECKER;
    const known = this.#validators.get(type);
    if (known !== undefined) return known;
    const validator: Validator = Compile(TRACE_LINES[type]);
    this.#validators.set(type, validator);
    return validator;
  }

  #open(line: TraceLine): void {
    if (line.type !== "trace") return this.fail("a trace begins with its header");
    this.#header = line;
  }

  #follow(line: TraceLine, { scenario }: TraceHeader): void {
    if (line.type === "trace") this.fail("a second header");
    if (this.#hasResult) this.fail("something stands after the result");
    this.#hasResult = line.type === "result";
    const highest = highestNodeOf(line);
    if (highest >= scenario.committee.size) this.fail(`(${line.type}) there is no node ${highest}`);
  }
}

/** Every line is an object: what is missing of it at the end makes it no JSON. A line that is too long is not cut. */
function isWhole(text: string): boolean {
  if (text.length > TRACE_LINE_MAX_BYTES) return true;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function isValid(checker: Checker, value: unknown): value is TraceLine {
  return checker.Check(value);
}

/** Of those that readers use as an index; −1 if there is none. */
function highestNodeOf(line: TraceLine): number {
  let highest = -1;
  if ("node" in line && line.node !== null) highest = Math.max(highest, line.node);
  if ("author" in line) highest = Math.max(highest, line.author);
  if ("from" in line) highest = Math.max(highest, line.from, line.to);
  if (line.type === "block") for (const [author] of line.parents) highest = Math.max(highest, author);
  if (line.type === "committed") highest = Math.max(highest, line.leader[0]);
  if (line.type === "receipt") for (const acker of line.ackers) highest = Math.max(highest, acker);
  return highest;
}

/** A whole trace that is in memory already. */
export function* readTrace(text: string): Generator<TraceLine> {
  const reader = new TraceReader();
  for (let from = 0; from < text.length;) {
    const newline = text.indexOf("\n", from);
    const to = newline === -1 ? text.length : newline;
    const line = newline === -1 ? reader.readRest(text.slice(from)) : reader.read(text.slice(from, to));
    if (line !== undefined) yield line;
    from = to + 1;
  }
  void reader.header;
}

/** A trace on disk, of any length. `onCut` is told if its last line is incomplete and was left out. */
export async function* readTraceFile(path: string, onCut?: () => void): AsyncGenerator<TraceLine> {
  const reader = new TraceReader();
  let rest = "";
  const stream = createReadStream(path, { encoding: "utf8", highWaterMark: 256 * 1024 });
  for await (const chunk of stream) {
    const lines = `${rest}${String(chunk)}`.split("\n");
    rest = lines.pop() ?? "";
    for (const text of lines) {
      const line = reader.read(text);
      if (line !== undefined) yield line;
    }
    if (rest.length > TRACE_LINE_MAX_BYTES) reader.read(rest);
  }
  const last = reader.readRest(rest);
  if (last !== undefined) yield last;
  if (reader.isCut) onCut?.();
  void reader.header;
}
