// What a run drew, stream by stream, in the order of each stream: enough to replay the run without the generator. As text
// it is one JSON object; the draws of a stream are 32-bit words, little-endian, in base64.

import { SimInputError } from "../scenario/sim-error.ts";

export interface DecisionLog {
  /** Stream name to what it drew. */
  readonly streams: ReadonlyMap<string, Uint32Array>;
}

const FORMAT = 1;

export function writeDecisionLog({ streams }: DecisionLog): string {
  const entries = [...streams].sort(([left], [right]) => (left < right ? -1 : 1));
  const encoded: Record<string, string> = {};
  for (const [name, words] of entries) encoded[name] = Buffer.from(bytesOf(words)).toString("base64");
  return `${JSON.stringify({ format: FORMAT, streams: encoded })}\n`;
}

/** Throws SimInputError with SIM_DECISIONS_INVALID on anything else. */
export function readDecisionLog(text: string): DecisionLog {
  const streams = streamsOf(text);
  return {
    streams: new Map(
      Object.entries(streams).map(([name, encoded]) => {
        const bytes = typeof encoded === "string" ? Buffer.from(encoded, "base64") : undefined;
        if (bytes === undefined || bytes.length % 4 !== 0) throw invalid(`stream "${name}" is no list of words`);
        return [name, wordsOf(bytes)];
      }),
    ),
  };
}

function streamsOf(text: string): object {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw invalid("it is no JSON");
  }
  if (typeof parsed !== "object" || parsed === null || !("format" in parsed) || !("streams" in parsed))
    throw invalid("it has no format and streams");
  if (parsed.format !== FORMAT) throw invalid(`its format is ${String(parsed.format)}, not ${FORMAT}`);
  if (typeof parsed.streams !== "object" || parsed.streams === null) throw invalid("its streams are no object");
  return parsed.streams;
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
