// Processes of one chain outside of a world: what a test hands to them, and what they send and tell of in answer.

import { FaultyDisk } from "../../src/process/sim-disk.ts";
import type { Envelope, OutgoingMessage } from "../../src/protocol/message.ts";
import type { Observation } from "../../src/protocol/observation.ts";
import type { Process, ProtocolChain } from "../../src/protocol/protocol.ts";
import { choicesOf } from "../network/statistics.ts";

export interface Life {
  readonly process: Process;
  /** Everything it sent that has not been taken from here. */
  readonly sent: OutgoingMessage[];
  readonly observed: Observation[];
}

export function started(chain: ProtocolChain, index: number, disk: FaultyDisk = new FaultyDisk(() => 0)): Life {
  const sent: OutgoingMessage[] = [];
  const observed: Observation[] = [];
  const ignore = (): void => undefined;
  const process = chain.createProcess(index, {
    nowUs: () => 0,
    wallClockMs: () => 0,
    send: (message) => void sent.push(message),
    setTimer: ignore,
    cancelTimer: ignore,
    at: ignore,
    spendCpu: ignore,
    observe: (observation) => void observed.push(observation),
    disk,
    choices: choicesOf(1),
  });
  process.start();
  return { process, sent, observed };
}

export function deliver({ process }: Life, from: number, messages: readonly OutgoingMessage[]): void {
  for (const message of messages) process.receive({ ...message, id: 0, from, sentAtUs: 0 } satisfies Envelope);
}
