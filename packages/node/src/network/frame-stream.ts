// Length-prefixed frames over a libp2p stream, with back-pressure both ways. The reader keeps the stream paused while
// nobody asks for a frame, so a slow host holds at most one frame and one muxer window. (The stream's own async iterator
// buffers without bound, and its `onDrain` resolves at once from the second call on: neither is used here.)

import type { Stream } from "@libp2p/interface";
import { type Rejection, type Result, err, ok, rejection } from "@selvedge/integrity";
import { ByteQueue } from "./byte-queue.ts";
import { WRITE_SLICE_BYTES } from "./limits.ts";

const LENGTH_BYTES = 4;

/** The remote took nothing for too long, or the stream ended while we wrote. */
class StreamStalledError extends Error {
  override readonly name = "StreamStalledError";
}

export class FrameReader {
  readonly #stream: Stream;
  readonly #frameBytesMax: number;
  /** Received and not yet returned: below one frame plus one muxer window. */
  readonly #received = new ByteQueue();
  #isEnded = false;
  /** While `resume` hands out what had gathered: a pause from within would be undone by its end, and yamux would grant
   * window after window to a reader that does not read. */
  #isResuming = false;
  #wake: (() => void) | null = null;
  receivedBytes = 0;

  constructor(stream: Stream, frameBytesMax: number) {
    this.#stream = stream;
    this.#frameBytesMax = frameBytesMax;
    stream.addEventListener("message", (event) => {
      const bytes = event.data.subarray();
      this.receivedBytes += bytes.length;
      this.#received.push(bytes);
      if (!this.#isResuming) this.#pause();
      this.#wake?.();
    });
    const onEnd = (): void => {
      this.#isEnded = true;
      this.#wake?.();
    };
    stream.addEventListener("end", onEnd);
    stream.addEventListener("close", onEnd);
    if (stream.status !== "open" || stream.readableEnded) onEnd();
  }

  /** The next frame; null at the end of the stream; a rejection for a frame beyond the bound. */
  async next(): Promise<Result<Uint8Array | null, Rejection>> {
    for (;;) {
      const length = this.#received.peekUint32();
      if (length !== undefined && length > this.#frameBytesMax) {
        return err(rejection("FRAME_OVERSIZE", `a frame of ${length} bytes, the bound is ${this.#frameBytesMax}`));
      }
      if (length !== undefined && this.#received.sizeBytes >= LENGTH_BYTES + length) {
        this.#received.take(LENGTH_BYTES);
        return ok(this.#received.take(length));
      }
      if (this.#isDrained()) return ok(null);
      await this.#more();
    }
  }

  #more(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = null;
        resolve();
      };
      this.#resume();
      if (this.#isDrained()) this.#wake?.();
    });
  }

  /** The other end may close while we are paused: what it sent before is still to be read. */
  #isDrained(): boolean {
    const { readStatus, readBufferLength } = this.#stream;
    return readStatus === "closed" || (this.#isEnded && (readBufferLength === 0 || readStatus !== "paused"));
  }

  #resume(): void {
    if (this.#stream.readStatus !== "paused") return;
    this.#isResuming = true;
    this.#stream.resume();
    this.#isResuming = false;
    const hasGotSome = this.#wake === null;
    if (hasGotSome) this.#pause();
  }

  #pause(): void {
    if (this.#stream.readStatus === "readable") this.#stream.pause();
  }
}

/** The frame with its length in front. */
export function framed(body: Uint8Array): Uint8Array {
  const frame = new Uint8Array(LENGTH_BYTES + body.length);
  new DataView(frame.buffer).setUint32(0, body.length);
  frame.set(body, LENGTH_BYTES);
  return frame;
}

/** Writes in slices and waits whenever the stream is full; fails with StreamStalledError after `stallTimeoutMs` of that. */
export async function writeBytes(stream: Stream, bytes: Uint8Array, stallTimeoutMs: number): Promise<void> {
  for (let offset = 0; offset < bytes.length; offset += WRITE_SLICE_BYTES) {
    stream.send(bytes.subarray(offset, offset + WRITE_SLICE_BYTES));
    while (stream.writableNeedsDrain) await drained(stream, stallTimeoutMs);
  }
}

function drained(stream: Stream, timeoutMs: number): Promise<void> {
  if (stream.status !== "open") return Promise.reject(new StreamStalledError("the stream is closed"));
  return new Promise((resolve, reject) => {
    const settle = (error: Error | null): void => {
      clearTimeout(timer);
      stream.removeEventListener("drain", onDrain);
      stream.removeEventListener("close", onClose);
      if (error === null) resolve();
      else reject(error);
    };
    const onDrain = (): void => settle(null);
    const onClose = (): void => settle(new StreamStalledError("the stream is closed"));
    const timer = setTimeout(() => settle(new StreamStalledError(`no byte taken for ${timeoutMs} ms`)), timeoutMs);
    stream.addEventListener("drain", onDrain);
    stream.addEventListener("close", onClose);
  });
}
