// How a protocol plugs into the world. A protocol makes a chain (keys, committee, shared facts) and, for each node, a
// process: code under test plus the host around it. A process is told of messages, timers and content; it answers through
// its ports, synchronously. It reads no clock but the one it is given and draws nothing.

import type { Committee, SignedUpdate, VerifiedBlock } from "@selvedge/integrity";
import type { BlockDraftFields } from "../adversary/block-draft.ts";
import type { Choices } from "../kernel/decisions.ts";
import type { Micros } from "../kernel/time.ts";
import type { SimDisk } from "../process/sim-disk.ts";
import type { Envelope, OutgoingMessage } from "./message.ts";
import type { Observation } from "./observation.ts";

/** Content that a workload hands to one node. */
export interface Submission {
  readonly transactions: readonly Uint8Array[];
  /** Updates of devices; a protocol without updates ignores them. */
  readonly updates: readonly DeviceUpdate[];
}

/** A device's signed update and its payload, as a gateway receives them. The protocol's chain makes them. */
export interface DeviceUpdate {
  readonly device: number;
  readonly sequence: number;
  readonly signed: SignedUpdate;
  readonly payload: Uint8Array;
}

/** What a process may do. All of it takes effect at the present virtual instant, in the order of the calls. */
export interface ProcessPorts {
  readonly nowUs: () => Micros;
  /** The node's own wall clock: offset, drift and steps are in it. Protocols may only copy or compare it. */
  readonly wallClockMs: () => number;
  readonly send: (message: OutgoingMessage) => void;
  /** Named; setting one again replaces it. Durations run on the node's own clock (drift applies). */
  readonly setTimer: (id: string, delayUs: Micros) => void;
  readonly cancelTimer: (id: string) => void;
  /** Runs at that instant, unless the process dies before. */
  readonly at: (atUs: Micros, run: () => void) => void;
  /** CPU time taken now: what is sent and received after it waits for it (cost model; 0 costs nothing). */
  readonly spendCpu: (micros: Micros) => void;
  readonly observe: (observation: Observation) => void;
  readonly disk: SimDisk;
  readonly choices: Choices;
}

export interface Process {
  /** From what the disk holds: a first start and a restart are the same call. */
  readonly start: () => void;
  readonly receive: (message: Envelope) => void;
  readonly onTimer: (id: string) => void;
  /** False if the node refuses it: too much is waiting. */
  readonly submit: (content: Submission) => boolean;
  readonly status: () => ProcessStatus;
}

export interface ProcessStatus {
  /** Round, view or height: whatever the protocol counts. */
  readonly round: number;
  readonly lastCommitIndex: number;
  /** Of what must be bounded: name to count (parked blocks, blocks in memory, …). */
  readonly gauges: Readonly<Record<string, number>>;
  /** Why the process signs nothing or has stopped, if so. */
  readonly impediment: string | null;
  /** It asks the others before it signs: whether it has forgotten anything is not known yet. */
  readonly isAsking?: boolean;
}

/** Everything that the nodes of one run share and that follows from the scenario alone. */
export interface ProtocolChain {
  readonly protocol: string;
  readonly size: number;
  readonly stakes: readonly number[];
  /** Most stake that may be faulty, and the quorum. */
  readonly faultyStakeMax: number;
  readonly quorumStake: number;
  readonly committee: Committee;
  /** Rounds behind the newest commit after which blocks may be collected; 0 where nothing is. */
  readonly gcDepth: number;
  readonly createProcess: (index: number, ports: ProcessPorts) => Process;
  /** CPU time that handling this message costs its receiver under the cost model; 0 without one. */
  readonly receiveCostUs: (message: Envelope) => Micros;
  /** The leader that everybody can know beforehand for this round or view, as this process sees it. */
  readonly knownLeader: (round: number, process?: Process) => number;
  /** Round, view or height that a message belongs to; 0 if none. */
  readonly roundOf: (message: OutgoingMessage) => number;
  /** Blocks that a message carries, decoded; empty for protocols and kinds without any. */
  readonly blocksOf: (message: OutgoingMessage) => readonly VerifiedBlock[];
  /** The message as it arrives when bits were damaged on the way; undefined: it does not arrive. */
  readonly damaged: (message: OutgoingMessage, choices: Choices) => OutgoingMessage | undefined;
  /** Why no process can be handed this body, which an adversary made; undefined if it can. */
  readonly bodyFault: (body: unknown) => string | undefined;
  /** What the adversary needs to speak in this protocol; null where it may only delay, hold and drop. */
  readonly forgery: Forgery | null;
  /** An update whose base is what this gateway knows; null for protocols without updates. */
  readonly makeUpdate:
    | ((draft: { device: number; sequence: number; variant: number }, gateway: Process | null) => DeviceUpdate)
    | null;
  /** Running digest of everything that a node's engine has answered so far, if it keeps one. */
  readonly traceDigestOf: (process: Process) => string;
}

export interface Forgery {
  readonly forge: (node: number, draft: BlockDraftFields, timestampMs: number) => VerifiedBlock | null;
  readonly blocksMessage: (to: number, blocks: readonly VerifiedBlock[]) => OutgoingMessage;
  readonly withBlocks: (message: OutgoingMessage, blocks: readonly VerifiedBlock[]) => OutgoingMessage;
  readonly bytesMessage: (to: number, bytes: Uint8Array) => OutgoingMessage;
}
