// Payloads of one node: what it holds, what it looks for, and whom it asks next. Holding means durable: the record is on
// the disk before anybody is told.

import type { Digest } from "@selvedge/integrity";
import type { ProcessPorts } from "../protocol/protocol.ts";
import { PAYLOAD, payloadRecord, readPayload } from "./selvedge-store.ts";

const RETRY_US = 400_000;
/** Requests for one payload before its header is refused. */
const ATTEMPTS_MAX = 200;
export const PAYLOAD_TIMER = "payload/";

interface Wanted {
  readonly root: Digest;
  readonly candidates: readonly number[];
  attempts: number;
  readonly waiting: ((payload: Uint8Array | undefined) => void)[];
}

export interface ShelfSetup {
  readonly ports: ProcessPorts;
  readonly own: number;
  readonly size: number;
  readonly request: (to: number, root: Digest) => void;
}

export class PayloadShelf {
  readonly #setup: ShelfSetup;
  readonly #held = new Map<string, Uint8Array>();
  readonly #wanted = new Map<string, Wanted>();

  constructor(setup: ShelfSetup) {
    this.#setup = setup;
    const { disk } = setup.ports;
    for (const key of disk.keys(PAYLOAD)) {
      const root = key.slice(PAYLOAD.length);
      const payload = readPayload(disk, root);
      if (payload === undefined) continue;
      this.#held.set(root, payload);
      setup.ports.observe({ type: "payloadHeld", root, isHeld: true });
    }
  }

  get heldCount(): number {
    return this.#held.size;
  }

  get wantedCount(): number {
    return this.#wanted.size;
  }

  get(root: string): Uint8Array | undefined {
    return this.#held.get(root);
  }

  /** The caller has checked the payload against its root. */
  put(root: Digest, payload: Uint8Array): void {
    if (this.#held.has(root)) return;
    this.#setup.ports.disk.write({ records: [payloadRecord(root, payload)], sync: true });
    this.#held.set(root, payload);
    this.#setup.ports.observe({ type: "payloadHeld", root, isHeld: true });
    const wanted = this.#wanted.get(root);
    if (wanted === undefined) return;
    this.#wanted.delete(root);
    this.#setup.ports.cancelTimer(`${PAYLOAD_TIMER}${root}`);
    for (const answer of wanted.waiting) answer(payload);
  }

  /** Answers at once if it is here; else asks `first` and then everybody else in turn, and gives up in the end. */
  find(root: Digest, first: number, answer: (payload: Uint8Array | undefined) => void): void {
    const held = this.#held.get(root);
    if (held !== undefined) {
      answer(held);
      return;
    }
    const known = this.#wanted.get(root);
    if (known !== undefined) {
      known.waiting.push(answer);
      return;
    }
    const { own, size } = this.#setup;
    const others = Array.from({ length: size }, (_, step) => (first + step) % size).filter((node) => node !== own);
    this.#wanted.set(root, { root, candidates: others, attempts: 0, waiting: [answer] });
    // The gateway pushes payloads by itself: whoever is asked at once is mostly asked in vain.
    this.#setup.ports.setTimer(`${PAYLOAD_TIMER}${root}`, RETRY_US / 8);
  }

  onTimer(root: string): void {
    const wanted = this.#wanted.get(root);
    if (wanted === undefined) return;
    const { root: digest, candidates, attempts } = wanted;
    if (attempts >= ATTEMPTS_MAX || candidates.length === 0) {
      this.#wanted.delete(root);
      for (const answer of wanted.waiting) answer(undefined);
      return;
    }
    this.#setup.request(candidates[attempts % candidates.length] ?? 0, digest);
    wanted.attempts = attempts + 1;
    this.#setup.ports.setTimer(`${PAYLOAD_TIMER}${root}`, RETRY_US);
  }
}
