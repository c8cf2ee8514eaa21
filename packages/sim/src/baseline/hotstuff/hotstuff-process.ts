// The host of one baseline validator: executes the engine's effects in order over the world's disk, network and timers, and
// says what happened. `persist` is a barrier: nothing after it happens before the disk has it. Decides nothing itself.

import { type Digest, assertNever } from "@selvedge/integrity";
import type { Micros } from "../../kernel/time.ts";
import type { Envelope } from "../../protocol/message.ts";
import type { Process, ProcessPorts, ProcessStatus, Submission } from "../../protocol/protocol.ts";
import { decodeMessage, encodeMessage } from "./codec.ts";
import type { DiskRecords } from "./disk-records.ts";
import type { HotStuffEffect, HotStuffInput, HotStuffSetup, HotStuffTimer } from "./engine-port.ts";
import { HotStuffEngine } from "./engine.ts";
import type { MessageDesk, RawBytes } from "./hotstuff-message.ts";
import { HOTSTUFF_ANSWER_MAX_BYTES, HOTSTUFF_BLOCKS_PER_ANSWER_MAX } from "./limits.ts";
import type { HotStuffBlock, HotStuffMessage } from "./records.ts";
import { blockSize } from "./wire-size.ts";

export interface HotStuffProcessSetup {
  readonly engine: HotStuffSetup;
  readonly ports: ProcessPorts;
  readonly desk: MessageDesk;
  readonly records: DiskRecords;
  /** Every receiver decodes for itself, instead of sharing the body. */
  readonly decodesAlways: boolean;
  readonly signCostUs: Micros;
}

type PersistEffect = Extract<HotStuffEffect, { type: "persist" }>;

const TIMERS: readonly string[] = ["view", "propose", "batch", "fetch"] satisfies readonly HotStuffTimer[];

export class HotStuffProcess implements Process {
  readonly #setup: HotStuffProcessSetup;
  readonly #ports: ProcessPorts;
  readonly #engine: HotStuffEngine;
  readonly #inbox: HotStuffInput[] = [];
  /** Effects are under way, or wait for the disk. */
  #isBusy = false;

  constructor(setup: HotStuffProcessSetup) {
    this.#setup = setup;
    this.#ports = setup.ports;
    this.#engine = new HotStuffEngine(setup.engine);
  }

  get engine(): HotStuffEngine {
    return this.#engine;
  }

  readonly start = (): void => {
    const { records, engine } = this.#setup;
    this.#feed({ type: "start", recovered: records.recover(this.#ports.disk, engine.genesis) });
  };

  readonly receive = ({ body, from }: Envelope): void => {
    const known = this.#setup.desk.bodyOf(body);
    const message = known === undefined ? null : this.#read(known);
    if (message === null) {
      this.#ports.observe({
        type: "reported",
        fault: "undecodable",
        about: from,
        detail: "no message of this protocol",
      });
      return;
    }
    this.#feed({ type: "message", from, message });
  };

  readonly onTimer = (id: string): void => {
    if (isTimer(id)) this.#feed({ type: "timer", id });
  };

  readonly submit = ({ transactions }: Submission): boolean => {
    if (this.#engine.isFull) return false;
    if (transactions.length > 0) this.#feed({ type: "transactions", transactions });
    return true;
  };

  readonly status = (): ProcessStatus => ({
    round: this.#engine.view,
    lastCommitIndex: this.#engine.committedHeight,
    gauges: this.#engine.gauges,
    impediment: null,
  });

  #read(body: HotStuffMessage | RawBytes): HotStuffMessage | null {
    const { sha256 } = this.#setup.engine;
    if (body.type === "bytes") return decodeMessage(sha256, body.bytes);
    return this.#setup.decodesAlways ? decodeMessage(sha256, encodeMessage(body)) : body;
  }

  #feed(input: HotStuffInput): void {
    this.#inbox.push(input);
    if (!this.#isBusy) this.#work();
  }

  #work(): void {
    for (let input = this.#inbox.shift(); input !== undefined; input = this.#inbox.shift()) {
      this.#isBusy = true;
      if (!this.#perform(this.#engine.handle(input), 0)) return;
      this.#isBusy = false;
    }
  }

  /** False if the rest waits for the disk. */
  #perform(effects: readonly HotStuffEffect[], from: number): boolean {
    for (let position = from; position < effects.length; position += 1) {
      const effect = effects[position];
      if (effect === undefined) continue;
      const doneUs = effect.type === "persist" ? this.#persist(effect) : 0;
      if (effect.type !== "persist") this.#do(effect);
      if (doneUs <= this.#ports.nowUs()) continue;
      this.#ports.at(doneUs, () => {
        if (!this.#perform(effects, position + 1)) return;
        this.#isBusy = false;
        this.#work();
      });
      return false;
    }
    return true;
  }

  #persist({ blocks, committed, safety, sync }: PersistEffect): Micros {
    const { records } = this.#setup;
    const batch = [
      ...blocks.map((block) => records.ofBlock(block)),
      ...committed.map((block) => records.ofCommit(block)),
      ...(safety === null ? [] : [records.ofSafety(safety)]),
    ];
    return this.#ports.disk.write({ records: batch, sync });
  }

  #do(effect: Exclude<HotStuffEffect, PersistEffect>): void {
    const ports = this.#ports;
    switch (effect.type) {
      case "send":
        return this.#send(effect.to, effect.message);
      case "serve":
        return this.#serve(effect.to, effect.digest, effect.aboveHeight);
      case "setTimer":
        return ports.setTimer(effect.id, effect.delayUs);
      case "cancelTimer":
        return ports.cancelTimer(effect.id);
      case "signed":
        ports.spendCpu(this.#setup.signCostUs);
        return ports.observe({ type: "signed", round: effect.view, digest: effect.digest, block: null });
      case "view":
        return ports.observe({ type: "round", round: effect.view });
      case "commit":
        return this.#observeCommit(effect.block, effect.transactions);
      case "report":
        return ports.observe({ type: "reported", fault: effect.fault, about: effect.about, detail: effect.detail });
      default:
        return assertNever(effect);
    }
  }

  #send(to: number | null, message: HotStuffMessage): void {
    const { engine, desk } = this.#setup;
    const outgoing = desk.outgoing(message);
    if (to !== null) return this.#ports.send({ ...outgoing, to });
    for (let peer = 0; peer < engine.committee.validators.length; peer += 1) {
      if (peer !== engine.self) this.#ports.send({ ...outgoing, to: peer });
    }
    return undefined;
  }

  /** The block and its ancestors above that height, as far as the disk has them whole and the answer has room. */
  #serve(to: number, digest: Digest, aboveHeight: number): void {
    const { records } = this.#setup;
    const blocks: HotStuffBlock[] = [];
    let sizeBytes = 0;
    let next = digest;
    while (blocks.length < HOTSTUFF_BLOCKS_PER_ANSWER_MAX && sizeBytes < HOTSTUFF_ANSWER_MAX_BYTES) {
      const block = records.wholeBlock(this.#ports.disk, next);
      if (block === undefined || (blocks.length > 0 && block.height <= aboveHeight)) break;
      blocks.push(block);
      sizeBytes += blockSize(block);
      next = block.justify.digest;
    }
    if (blocks.length > 0) this.#send(to, { type: "blocks", blocks });
  }

  #observeCommit(block: HotStuffBlock, transactions: readonly Uint8Array[]): void {
    this.#ports.observe({
      type: "committed",
      index: block.height,
      digest: block.digest,
      parentDigest: block.justify.digest,
      blocks: [],
      transactions,
      leader: { round: block.view, author: block.author },
      slot: "chain",
    });
  }
}

function isTimer(id: string): id is HotStuffTimer {
  return TIMERS.includes(id);
}
