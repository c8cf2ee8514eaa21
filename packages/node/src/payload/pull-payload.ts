// Pulls one payload from validators that may lie, stall or not have it: portions of verified chunks, the next source
// whenever one fails or takes long, a growing pause after a whole round without success.

import { setTimeout as sleep } from "node:timers/promises";
import {
  type Digest,
  PayloadAssembler,
  type Sha256,
  type ValidatorIndex,
  type VerifiedManifest,
  digestFromBytes,
  verifyManifest,
} from "@selvedge/integrity";
import { NetworkError } from "../network/network-error.ts";
import type { RequestSlots } from "../network/request-slots.ts";
import type { PayloadPortion, Transport } from "../network/transport.ts";

/** Chunks asked for in one request. */
const PULL_CHUNKS_PER_REQUEST = 8;
const PULL_TIMEOUT_MS = 10_000;
/** A source whose portion took longer is left for the next one: one chunk in each late answer is progress too. */
const PULL_SLOW_MS = 1_000;
const PULL_PAUSE_MIN_MS = 100;
const PULL_PAUSE_MAX_MS = 2_000;

export interface PullContext {
  readonly sha256: Sha256;
  readonly transport: Transport;
  /** In the order to be tried; empty means any connected peer. */
  readonly sources: readonly ValidatorIndex[];
  readonly chunkBytes: number;
  readonly stopped: AbortSignal;
  /** Where many are pulled at one time: each way through the sources waits for its turn, and keeps nothing beyond it. */
  readonly turns?: RequestSlots;
  readonly slowMs?: number;
}

export interface PullTarget {
  readonly payloadRoot: Digest;
  readonly payloadBytes: number;
}

/** Resolves with the whole payload; rejects only when the node stops. */
export async function pullPayload(context: PullContext, target: PullTarget): Promise<Uint8Array> {
  const { turns, stopped } = context;
  let begun: PayloadAssembler | undefined;
  let pauseMs = PULL_PAUSE_MIN_MS;
  for (;;) {
    const goThrough = (): Promise<PayloadAssembler | undefined> => pullFromAll(context, target, begun);
    const assembler = await (turns === undefined ? goThrough() : turns.run(goThrough, stopped));
    if (assembler?.isComplete === true) return assembler.assemble();
    if (turns === undefined) begun = assembler;
    // Rejects only when stopped; the next turn throws the signal's own reason, by which callers know a stop.
    await sleep(pauseMs, undefined, { signal: stopped }).catch(() => undefined);
    pauseMs = Math.min(2 * pauseMs, PULL_PAUSE_MAX_MS);
  }
}

/** Through the sources, again and again while they give something: those that were left may have been slow alone. */
async function pullFromAll(
  context: PullContext,
  target: PullTarget,
  begun?: PayloadAssembler,
): Promise<PayloadAssembler | undefined> {
  let assembler = begun;
  for (let before = -1; before < (assembler?.receivedCount ?? 0);) {
    before = assembler?.receivedCount ?? 0;
    for (const source of context.sources.length > 0 ? context.sources : [null]) {
      context.stopped.throwIfAborted();
      assembler = await pullFrom({ ...context, source, target, assembler });
      if (assembler?.isComplete === true) return assembler;
    }
  }
  return assembler;
}

interface PullFrom extends PullContext {
  readonly source: ValidatorIndex | null;
  readonly target: PullTarget;
  readonly assembler: PayloadAssembler | undefined;
}

/** As far as this source goes in good time; what was verified stays, whatever the source does next. */
async function pullFrom(pull: PullFrom): Promise<PayloadAssembler | undefined> {
  let { assembler } = pull;
  for (;;) {
    const beganMs = performance.now();
    const fromChunk = assembler?.missing(1)[0] ?? 0;
    const portion = await askPortion(pull, fromChunk);
    if (portion === undefined) return assembler;
    assembler ??= startAssembler(pull, portion);
    if (assembler === undefined) return undefined;
    if (!takePortion(pull, assembler, portion)) return assembler;
    if (assembler.isComplete || performance.now() - beganMs > (pull.slowMs ?? PULL_SLOW_MS)) return assembler;
  }
}

async function askPortion(
  { transport, source, target, stopped }: PullFrom,
  fromChunk: number,
): Promise<PayloadPortion | undefined> {
  const signal = AbortSignal.any([stopped, AbortSignal.timeout(PULL_TIMEOUT_MS)]);
  try {
    const request = { root: target.payloadRoot, fromChunk, count: PULL_CHUNKS_PER_REQUEST };
    return await transport.fetchPayload(source, request, signal);
  } catch (error) {
    stopped.throwIfAborted();
    if (error instanceof NetworkError || signal.aborted) return undefined;
    throw error;
  }
}

function startAssembler(pull: PullFrom, portion: PayloadPortion): PayloadAssembler | undefined {
  const hashes = portion.chunkHashes.filter((hash) => hash.length === 32).map((hash) => digestFromBytes<Digest>(hash));
  const manifest = verifyManifest(pull.sha256, {
    root: pull.target.payloadRoot,
    sizeBytes: pull.target.payloadBytes,
    chunkBytes: pull.chunkBytes,
    chunkHashes: hashes,
  });
  if (manifest.ok) return new PayloadAssembler(pull.sha256, manifest.value satisfies VerifiedManifest);
  // Other sizes than the header's are the device's lie: an honest source cannot know what the header says.
  if (manifest.error.code === "PAYLOAD_ROOT_MISMATCH") penalise(pull, "wrong manifest");
  return undefined;
}

/** False once the source gives nothing new. */
function takePortion(pull: PullFrom, assembler: PayloadAssembler, portion: PayloadPortion): boolean {
  let isProgress = false;
  for (const chunk of portion.chunks) {
    const verdict = assembler.accept(chunk);
    if (!verdict.ok) {
      // As with the manifest: a size may be the device's lie, bytes cannot.
      if (verdict.error.code !== "PAYLOAD_CHUNK_SIZE") penalise(pull, "wrong chunk");
      return false;
    }
    isProgress ||= verdict.value === "new";
  }
  return isProgress;
}

function penalise({ transport, source }: PullFrom, reason: string): void {
  if (source !== null) transport.penalise({ kind: "validator", index: source }, 1, reason);
}
