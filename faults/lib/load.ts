// Transactions put on a network while it suffers. What a daemon has acknowledged as committed is remembered: it must be
// in the chain for ever (C2). What fails is forgotten: it was promised to nobody.

import { setTimeout as delay } from "node:timers/promises";
import type { TestDaemon } from "./daemon.ts";
import { trustedJson } from "./json.ts";

const WAIT_SECONDS = 20;

export interface LoadOptions {
  readonly everyMs: number;
  readonly bytes: number;
  /** Makes these transactions unlike those of any other load. */
  readonly name: string;
}

export class Load {
  readonly #daemons: readonly TestDaemon[];
  readonly #options: LoadOptions;
  readonly #stopped = new AbortController();
  readonly #underWay = new Set<Promise<void>>();
  readonly acked = new Set<string>();
  /** performance.now() of each acknowledgement. */
  readonly ackedMs: number[] = [];
  readonly latenciesMs: number[] = [];
  failed = 0;
  #sent = 0;
  #loop: Promise<void> | undefined;

  constructor(daemons: readonly TestDaemon[], options: LoadOptions) {
    this.#daemons = daemons;
    this.#options = options;
  }

  start(): this {
    this.#loop = this.#run();
    return this;
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#loop;
    await Promise.all(this.#underWay);
  }

  /** Longest time without an acknowledgement since `fromMs`. */
  longestGapMs(fromMs: number, toMs: number): number {
    const times = [fromMs, ...this.ackedMs.filter((time) => time >= fromMs && time <= toMs), toMs];
    return Math.max(...times.slice(1).map((time, position) => time - (times[position] ?? time)));
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      const up = this.#daemons.filter(({ isUp }) => isUp);
      const daemon = up[this.#sent % Math.max(1, up.length)];
      if (daemon !== undefined) this.#send(daemon);
      await delay(this.#options.everyMs, undefined, { signal }).catch(() => undefined);
    }
  }

  #send(daemon: TestDaemon): void {
    const { name, bytes } = this.#options;
    this.#sent += 1;
    const body = Buffer.alloc(bytes, `${name}/${this.#sent}/`);
    const sending = this.#submit(daemon, body).finally(() => this.#underWay.delete(sending));
    this.#underWay.add(sending);
  }

  async #submit(daemon: TestDaemon, body: Uint8Array<ArrayBuffer>): Promise<void> {
    const sentMs = performance.now();
    try {
      const response = await fetch(`${daemon.apiUrl}/v1/transactions`, {
        method: "POST",
        headers: { "content-type": "application/octet-stream", prefer: `wait=${WAIT_SECONDS}` },
        body,
        signal: AbortSignal.timeout(1000 * (WAIT_SECONDS + 5)),
      });
      const answer = trustedJson<{ readonly digest?: string; readonly state?: string }>(await response.text());
      if (answer.state !== "committed" || answer.digest === undefined) {
        this.failed += 1;
        return;
      }
      this.acked.add(answer.digest);
      this.ackedMs.push(performance.now());
      this.latenciesMs.push(performance.now() - sentMs);
    } catch {
      // The daemon is gone or cannot commit: that is what faults are for.
      this.failed += 1;
    }
  }
}
