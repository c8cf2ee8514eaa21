// The node's logger: JSON lines on stderr. Strings that come from peers go into fields, which JSON escapes, and never into
// the message.

import { type Logger, pino } from "pino";
import { LineWriter } from "./line-writer.ts";

export type NodeLogger = Logger;

const STDERR = 2;

export function createLogger(level: string, bindings: Readonly<Record<string, string | number>> = {}): NodeLogger {
  // Synchronous, so that the line before a crash is not lost.
  return pino({ level, base: bindings, timestamp: pino.stdTimeFunctions.isoTime }, new LineWriter(STDERR));
}
