// A TCP proxy for one direction of dialling (A dials B through it), which delays, throttles, holds, cuts or half-opens
// what passes. The bytes are encrypted, so faults are those of a wire: nothing is dropped or reordered inside of a TCP
// connection without ending it.

import { type AddressInfo, type Server, type Socket, connect, createServer } from "node:net";

/** What happens to bytes on their way, separately for each direction. */
export interface Weather {
  readonly delayMs: number;
  readonly jitterMs: number;
  /** Bytes a second; Infinity for no bound. */
  readonly bytesPerSecond: number;
  /** Nothing passes, and nobody is told (no FIN, no RST). */
  readonly isHeld: boolean;
}

export const CALM: Weather = { delayMs: 0, jitterMs: 0, bytesPerSecond: Number.POSITIVE_INFINITY, isHeld: false };

/** Bytes that wait in the proxy; beyond, the sender feels it. */
const QUEUE_MAX_BYTES = 4 * 1024 * 1024;

export class ChaosLink {
  readonly #targetPort: number;
  readonly #weatherOf: (direction: "forth" | "back") => Weather;
  readonly #jitter: () => number;
  readonly #server: Server;
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  /** New connections are refused while true. */
  isCut = false;
  dialCount = 0;

  private constructor(
    targetPort: number,
    options: { readonly weatherOf: (direction: "forth" | "back") => Weather; readonly jitter: () => number },
  ) {
    this.#targetPort = targetPort;
    this.#weatherOf = options.weatherOf;
    this.#jitter = options.jitter;
    this.#server = createServer((socket) => this.#accept(socket));
  }

  static async open(
    targetPort: number,
    options: { readonly weatherOf: (direction: "forth" | "back") => Weather; readonly jitter: () => number },
  ): Promise<ChaosLink> {
    const link = new ChaosLink(targetPort, options);
    await new Promise<void>((resolve, reject) => {
      link.#server.once("error", reject);
      link.#server.listen(0, "127.0.0.1", resolve);
    });
    return link;
  }

  get port(): number {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- of a TCP server that listens
    return (this.#server.address() as AddressInfo).port;
  }

  get connectionCount(): number {
    return this.#pairs.size;
  }

  /** Ends every connection that is open: a stream that died. */
  reset(): void {
    for (const pair of this.#pairs) for (const socket of pair) socket.resetAndDestroy();
  }

  close(): void {
    this.#server.close();
    this.reset();
  }

  #accept(near: Socket): void {
    this.dialCount += 1;
    if (this.isCut) {
      near.resetAndDestroy();
      return;
    }
    const far = connect({ host: "127.0.0.1", port: this.#targetPort, noDelay: true });
    near.setNoDelay(true);
    const pair = [near, far] as const;
    this.#pairs.add(pair);
    const end = (): void => {
      this.#pairs.delete(pair);
      near.destroy();
      far.destroy();
    };
    for (const socket of pair) {
      socket.on("error", end);
      socket.on("close", end);
    }
    this.#pass(near, far, "forth");
    this.#pass(far, near, "back");
  }

  /** Bytes leave in their order, each chunk at its time. */
  #pass(from: Socket, to: Socket, direction: "forth" | "back"): void {
    let queuedBytes = 0;
    let lastDueMs = 0;
    const queue: { readonly chunk: Uint8Array; readonly dueMs: number }[] = [];
    let timer: NodeJS.Timeout | undefined;
    const pump = (): void => {
      timer = undefined;
      const weather = this.#weatherOf(direction);
      while (!weather.isHeld && queue[0] !== undefined && queue[0].dueMs <= performance.now()) {
        const { chunk } = queue.shift() ?? { chunk: new Uint8Array(0) };
        queuedBytes -= chunk.length;
        if (to.writable) to.write(chunk);
      }
      if (queuedBytes < QUEUE_MAX_BYTES) from.resume();
      if (queue.length > 0 && !from.destroyed) timer = setTimeout(pump, pauseMs(weather, queue[0]?.dueMs ?? 0));
    };
    from.on("data", (chunk: Uint8Array) => {
      const weather = this.#weatherOf(direction);
      const transferMs = (1000 * chunk.length) / weather.bytesPerSecond;
      const dueMs = performance.now() + weather.delayMs + weather.jitterMs * this.#jitter();
      lastDueMs = Math.max(dueMs, lastDueMs) + transferMs;
      queue.push({ chunk, dueMs: lastDueMs });
      queuedBytes += chunk.length;
      if (queuedBytes >= QUEUE_MAX_BYTES) from.pause();
      if (timer === undefined) pump();
    });
  }
}

const HOLD_POLL_MS = 50;

function pauseMs(weather: Weather, dueMs: number): number {
  return weather.isHeld ? HOLD_POLL_MS : Math.max(1, dueMs - performance.now());
}
