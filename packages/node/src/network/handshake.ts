// Exchanges hellos on a new connection: the side that dialled speaks first, the other answers with its own hello and a
// verdict. Until both are content nothing else is read from the connection. link-table.ts takes over from there.

import type { Connection, Stream } from "@libp2p/interface";
import { type Rejection, type Result, err, ok, rejection } from "@selvedge/integrity";
import { FrameReader, framed, writeBytes } from "./frame-stream.ts";
import { type HelloContext, type ProvenIdentity, encodeHello, verifyHello } from "./hello.ts";
import { HELLO_FRAME_MAX_BYTES } from "./limits.ts";
import { HELLO_PROTOCOL } from "./protocols.ts";
import { reasonOf } from "./supervise.ts";

export interface HandshakeOptions {
  readonly context: HelloContext;
  readonly localPeerId: string;
  readonly timeoutMs: number;
}

/** Why a hello was refused, as the refusing side says it; the position is the wire code. */
const VERDICTS: readonly string[] = [
  "ACCEPTED",
  "HELLO_CHAIN_MISMATCH",
  "HELLO_VERSION_UNKNOWN",
  "HELLO_PROOF_INVALID",
  "NO_ROOM",
  "PEER_BANNED",
];
const ACCEPTED = 0;
const OTHER_REASON = 255;

/** The side that dialled. */
export async function greet(
  connection: Connection,
  { context, localPeerId, timeoutMs }: HandshakeOptions,
): Promise<Result<ProvenIdentity, Rejection>> {
  const remotePeerId = connection.remotePeer.toString();
  try {
    const stream = await connection.newStream(HELLO_PROTOCOL, { signal: AbortSignal.timeout(timeoutMs) });
    return await withDeadline(stream, timeoutMs, async (reader) => {
      const hello = encodeHello(context, { speaker: localPeerId, listener: remotePeerId });
      await writeBytes(stream, framed(hello), timeoutMs);
      const answer = await readFrame(reader);
      if (!answer.ok) return answer;
      const verified = verifyHello(answer.value, context, { speaker: remotePeerId, listener: localPeerId });
      if (!verified.ok) return verified;
      const verdict = await readFrame(reader);
      if (!verdict.ok) return verdict;
      return verdict.value[0] === ACCEPTED ? verified : refusedThere(verdict.value[0]);
    });
  } catch (error) {
    return err(rejection("HELLO_FAILED", reasonOf(error)));
  }
}

/** The side that was dialled. `admit` has the last word on a proven identity: room, bans. */
export async function answerGreeting(
  stream: Stream,
  connection: Connection,
  options: HandshakeOptions & { readonly admit: (identity: ProvenIdentity) => Result<ProvenIdentity, Rejection> },
): Promise<Result<ProvenIdentity, Rejection>> {
  const { context, localPeerId, timeoutMs } = options;
  const remotePeerId = connection.remotePeer.toString();
  try {
    return await withDeadline(stream, timeoutMs, async (reader) => {
      const greeting = await readFrame(reader);
      if (!greeting.ok) return greeting;
      const verified = verifyHello(greeting.value, context, { speaker: remotePeerId, listener: localPeerId });
      const result = verified.ok ? options.admit(verified.value) : verified;
      const hello = encodeHello(context, { speaker: localPeerId, listener: remotePeerId });
      await writeBytes(stream, framed(hello), timeoutMs);
      await writeBytes(stream, framed(Uint8Array.of(verdictOf(result))), timeoutMs);
      return result;
    });
  } catch (error) {
    return err(rejection("HELLO_FAILED", reasonOf(error)));
  }
}

async function withDeadline<Value>(
  stream: Stream,
  timeoutMs: number,
  exchange: (reader: FrameReader) => Promise<Value>,
): Promise<Value> {
  const timer = setTimeout(() => stream.abort(new Error(`no hello within ${timeoutMs} ms`)), timeoutMs);
  try {
    const value = await exchange(new FrameReader(stream, HELLO_FRAME_MAX_BYTES));
    await stream.close({ signal: AbortSignal.timeout(timeoutMs) });
    return value;
  } finally {
    clearTimeout(timer);
  }
}

async function readFrame(reader: FrameReader): Promise<Result<Uint8Array, Rejection>> {
  const frame = await reader.next();
  if (!frame.ok) return frame;
  return frame.value === null ? err(rejection("HELLO_FAILED", "the peer left before its hello")) : ok(frame.value);
}

function verdictOf(result: Result<ProvenIdentity, Rejection>): number {
  if (result.ok) return ACCEPTED;
  const code = VERDICTS.indexOf(result.error.code);
  return code === -1 ? OTHER_REASON : code;
}

function refusedThere(code: number | undefined): { readonly ok: false; readonly error: Rejection } {
  const reason = VERDICTS[code ?? OTHER_REASON] ?? "of no known code";
  return err(rejection("HELLO_REFUSED", `the peer refused us: ${reason}`));
}
