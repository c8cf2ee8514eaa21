// The node's logger: JSON lines on stderr. Strings that come from peers go into fields, which JSON escapes, and never into
// the message.

import { type Logger, destination, pino } from "pino";

export type NodeLogger = Logger;

export function createLogger(level: string, bindings: Readonly<Record<string, string | number>> = {}): NodeLogger {
  // Synchronous, so that the line before a crash is not lost.
  return pino(
    { level, base: bindings, timestamp: pino.stdTimeFunctions.isoTime },
    destination({ dest: 2, sync: true }),
  );
}
