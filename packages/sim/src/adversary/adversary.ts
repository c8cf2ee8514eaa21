// The adversary: one interface for the villains of this package and for those that a user writes in a file of his own
// (docs/simulator.md shows one in under forty lines). Everything is optional; what is not answered goes its honest way. The
// world enforces power and budget, and counts what was done.

import type { Committee, VerifiedBlock } from "@selvedge/integrity";
import type { Choices } from "../kernel/decisions.ts";
import type { DeviceUpdate } from "../protocol/protocol.ts";
import type { BlockDraftFields } from "./block-draft.ts";

/**
 * What the adversary may see and do, each level more than the one before:
 * - oblivious: sees nothing; its plan is fixed beforehand (timers and what corrupted nodes emit and receive).
 * - timing: sees every message's sender, receiver, kind and size, and may delay or hold it.
 * - content: also reads every message (decoded blocks).
 * - adaptive: also corrupts nodes while the run goes on, within its budget.
 */
export type Power = "oblivious" | "timing" | "content" | "adaptive";

/** What the world lets it have; reported with the run. Absent numbers mean: as many as there are (nodes: F). */
export interface AdversaryBudget {
  readonly nodes?: number;
  readonly stake?: number;
  /** Messages delayed, held or dropped. */
  readonly messages?: number;
  /** Sum of delay added, in milliseconds; for what is held, counted as it passes. When it is used up, holds end. */
  readonly delayMs?: number;
}

/** A message on its way, as far as the adversary's power lets it see. Times are milliseconds. */
export interface MessageView {
  readonly id: number;
  readonly from: number;
  readonly to: number;
  readonly kind: string;
  readonly sizeBytes: number;
  readonly sentAtMs: number;
  /** Decoded blocks; empty below power "content" unless sender or receiver is corrupted. */
  readonly blocks: readonly VerifiedBlock[];
}

export type MessageVerdict =
  | { readonly type: "deliver" }
  /** On top of what the network takes; at the latest it arrives when the network heals. */
  | { readonly type: "delay"; readonly ms: number }
  /** Kept until `release`, or until the network heals at the end of the chaos. */
  | { readonly type: "hold" }
  /** Only for messages from or to corrupted nodes; elsewhere it is refused, counted and the message held. */
  | { readonly type: "drop" };

/** What a corrupted node is about to send. */
export interface Emission {
  readonly to: number;
  readonly kind: string;
  /** A whole number. */
  readonly sizeBytes: number;
  readonly body: unknown;
  readonly blocks: readonly VerifiedBlock[];
}

export interface UpdateDraft {
  readonly device: number;
  readonly sequence: number;
  /** Updates of one device and sequence differ by it: 0 is the workload's own. */
  readonly variant: number;
}

export interface AdversaryWorld {
  readonly nowMs: () => number;
  readonly size: number;
  /** Most stake that may be faulty; with equal stakes also the number of nodes. */
  readonly faultyStakeMax: number;
  readonly quorumStake: number;
  readonly committee: Committee;
  /** The adversary's own stream: use it instead of Math.random, or the run does not replay. */
  readonly choices: Choices;
  readonly corrupted: () => ReadonlySet<number>;
  readonly isUp: (node: number) => boolean;
  /** Leader that is known beforehand for this round (a P slot, a view). Null if the protocol has none. */
  readonly knownLeader: (round: number) => number | null;
  /** Highest round seen in any message or block so far (power timing or above; else of corrupted nodes). */
  readonly highestRound: () => number;
  /** True if the node is corrupted now. Adaptive power only, within the budget; false when refused. */
  readonly corrupt: (node: number) => boolean;
  /**
   * Starts a second process with a corrupted node's key and an empty disk (Twins): both hear everything, one speaks to even
   * validators, the other to odd ones. Refused (false) for others and a second time.
   */
  readonly spawnTwin: (node: number) => boolean;
  /** Nothing below power timing. */
  readonly held: () => readonly MessageView[];
  /** Lets held messages go; returns how many. Refused (0) below power timing. */
  readonly release: (which: (message: MessageView) => boolean) => number;
  /** Runs later, in virtual time; never once the network has healed. */
  readonly after: (ms: number, run: () => void) => void;
  /** Sends as a corrupted node, past every `onEmit`. Refused (false) for others. */
  readonly sendAs: (node: number, emission: Omit<Emission, "blocks">) => boolean;
  /** Blocks as a `kind: "blocks"` message of a corrupted node. */
  readonly sendBlocksAs: (node: number, to: number, blocks: readonly VerifiedBlock[]) => boolean;
  /** The same message with other blocks in it (a push or an answer); unchanged if its kind carries none. */
  readonly withBlocks: (emission: Emission, blocks: readonly VerifiedBlock[]) => Emission;
  /**
   * Hands blocks to a corrupted node's own process, at once, as if a peer had pushed them: so that it can build on what
   * was forged in its name. Refused (false) for others and while the node is down.
   */
  readonly feed: (node: number, blocks: readonly VerifiedBlock[]) => boolean;
  /** An update signed by a device of the workload: devices may collude. Null if the protocol has none. */
  readonly makeUpdate: (draft: UpdateDraft) => DeviceUpdate | null;
  /** Signs a block with a corrupted node's key, well-formed or not: others judge it by the rules. Null for others. */
  readonly forge: (node: number, draft: BlockDraftFields) => VerifiedBlock | null;
  /** Raw bytes to a node, as a corrupted one. */
  readonly sendBytesAs: (node: number, to: number, bytes: Uint8Array) => boolean;
  /** Counts an act under a name: shown in the report, read by the non-vacuity check. */
  readonly acted: (what: string) => void;
}

export interface Adversary {
  readonly name: string;
  readonly power: Power;
  readonly budget?: AdversaryBudget;
  /** Corrupted from the start of the run, within the budget. All of them must be in the committee. */
  readonly nodes?: readonly number[];
  readonly start?: (world: AdversaryWorld) => void;
  /** Every message before the network gets it (timing power and above). */
  readonly onMessage?: (message: MessageView, world: AdversaryWorld) => MessageVerdict | undefined;
  /** A corrupted node sends: answer what it sends instead; undefined: as it is; []: nothing. */
  readonly onEmit?: (node: number, emission: Emission, world: AdversaryWorld) => readonly Emission[] | undefined;
  /** A corrupted node received something (before its own process does); false keeps it from the process. */
  readonly onReceive?: (node: number, message: MessageView, world: AdversaryWorld) => boolean | undefined;
}
