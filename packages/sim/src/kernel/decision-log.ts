// What a run drew, stream by stream, in the order of each stream: enough to replay the run without the generator. As text
// it is one JSON object; the draws of a stream are 32-bit words, little-endian, in base64. It names the run that it is of.

import { SimInputError } from "../scenario/sim-error.ts";

export interface DrawnChoices {
  /** Stream name to what it drew. */
  readonly streams: ReadonlyMap<string, Uint32Array>;
}

/** The run that drew: choices of one run fit many others without a word, and decide nothing there. */
export interface LogOrigin {
  readonly digest: string;
  /** For people. */
  readonly summary: string;
}

export interface DecisionLog extends DrawnChoices {
  readonly run: LogOrigin;
}

const FORMAT = 2;

export function writeDecisionLog({ run, streams }: DecisionLog): string {
  const entries = [...streams].sort(([left], [right]) => (left < right ? -1 : 1));
  const encoded: Record<string, string> = {};
  for (const [name, words] of entries) encoded[name] = Buffer.from(bytesOf(words)).toString("base64");
  return `${JSON.stringify({ format: FORMAT, run, streams: encoded })}\n`;
}

/** Throws SimInputError with SIM_DECISIONS_INVALID on anything else. */
export function readDecisionLog(text: string): DecisionLog {
  const parsed = parsedLog(text);
  return {
    run: originIn(parsed),
    streams: new Map(
      Object.entries(streamsIn(parsed)).map(([name, encoded]) => {
        const bytes = typeof encoded === "string" ? Buffer.from(encoded, "base64") : undefined;
        if (bytes === undefined || bytes.length % 4 !== 0) throw invalid(`stream "${name}" is no list of words`);
        return [name, wordsOf(bytes)];
      }),
    ),
  };
}

function parsedLog(text: string): object {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw invalid("it is no JSON");
  }
  if (typeof parsed !== "object" || parsed === null || !("format" in parsed)) throw invalid("it has no format");
  if (parsed.format === 1)
    throw invalid("it is of an older version and does not say which run it is of; record it again");
  if (parsed.format !== FORMAT) throw invalid(`its format is ${String(parsed.format)}, not ${FORMAT}`);
  return parsed;
}

function originIn(log: object): LogOrigin {
  const run: unknown = "run" in log ? log.run : undefined;
  if (typeof run !== "object" || run === null || !("digest" in run) || !("summary" in run))
    throw invalid("it does not say which run it is of");
  const { digest, summary } = run;
  if (typeof digest !== "string" || typeof summary !== "string") throw invalid("it does not say which run it is of");
  return { digest, summary };
}

function streamsIn(log: object): object {
  const streams: unknown = "streams" in log ? log.streams : undefined;
  if (typeof streams !== "object" || streams === null) throw invalid("its streams are no object");
  return streams;
}

function bytesOf(words: Uint32Array): Uint8Array {
  const bytes = new Uint8Array(words.length * 4);
  const view = new DataView(bytes.buffer);
  words.forEach((word, index) => view.setUint32(index * 4, word, true));
  return bytes;
}

function wordsOf(bytes: Uint8Array): Uint32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Uint32Array.from({ length: bytes.length / 4 }, (_, index) => view.getUint32(index * 4, true));
}

function invalid(what: string): SimInputError {
  return new SimInputError("SIM_DECISIONS_INVALID", `this is no decision log: ${what}`);
}
