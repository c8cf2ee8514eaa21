// What reading a trace fails with. The file was handed over by somebody: it is never trusted, and the line that is wrong
// is named.

export class TraceError extends Error {
  readonly code = "SIM_TRACE_INVALID";
  /** Counted from 1; 0 if it is about the file as a whole. */
  readonly line: number;

  constructor(line: number, detail: string) {
    super(line === 0 ? `trace: ${detail}` : `trace, line ${line}: ${detail}`);
    this.name = "TraceError";
    this.line = line;
  }
}
