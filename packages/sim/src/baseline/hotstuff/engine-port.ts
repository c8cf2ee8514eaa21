// What goes into the baseline's engine and what comes out. `handle` answers with effects, which the host executes in order;
// `persist` is a barrier.

import type { Committee, Digest, Sha256 } from "@selvedge/integrity";
import type { Micros } from "../../kernel/time.ts";
import type { TransactionNames } from "./mempool.ts";
import type { HotStuffParams } from "./params.ts";
import type { HotStuffBlock, HotStuffMessage, SafetyRecord } from "./records.ts";
import type { Signatures, Verifier } from "./signatures.ts";

export type HotStuffTimer = "view" | "propose" | "batch" | "fetch";

/** What the disk held. */
export interface Recovered {
  readonly safety: SafetyRecord | null;
  /** Of the latest commits, oldest first, as many as the memory of committed transactions takes; the last is the head. */
  readonly committed: readonly HotStuffBlock[];
  /** Above the head, each after its parent. */
  readonly uncommitted: readonly HotStuffBlock[];
}

export type HotStuffInput =
  | { readonly type: "start"; readonly recovered: Recovered }
  | { readonly type: "message"; readonly from: number; readonly message: HotStuffMessage }
  | { readonly type: "timer"; readonly id: HotStuffTimer }
  | { readonly type: "transactions"; readonly transactions: readonly Uint8Array[] };

export type HotStuffEffect =
  | {
      readonly type: "persist";
      readonly sync: boolean;
      readonly blocks: readonly HotStuffBlock[];
      readonly committed: readonly HotStuffBlock[];
      readonly safety: SafetyRecord | null;
    }
  /** `to` null: every other validator. */
  | { readonly type: "send"; readonly to: number | null; readonly message: HotStuffMessage }
  /** Answer a request for blocks from the disk. */
  | { readonly type: "serve"; readonly to: number; readonly digest: Digest; readonly aboveHeight: number }
  | { readonly type: "setTimer"; readonly id: HotStuffTimer; readonly delayUs: Micros }
  | { readonly type: "cancelTimer"; readonly id: HotStuffTimer }
  | { readonly type: "signed"; readonly view: number; readonly digest: Digest }
  | { readonly type: "view"; readonly view: number }
  /** `transactions`: those of the block that were not committed before. */
  | { readonly type: "commit"; readonly block: HotStuffBlock; readonly transactions: readonly Uint8Array[] }
  | { readonly type: "report"; readonly fault: string; readonly about: number | null; readonly detail: string };

export interface HotStuffSetup {
  readonly self: number;
  readonly committee: Committee;
  readonly params: HotStuffParams;
  readonly genesis: HotStuffBlock;
  readonly sha256: Sha256;
  readonly signatures: Signatures;
  readonly verifier: Verifier;
  readonly names: TransactionNames;
  /** One transaction of a block stands for so many. */
  readonly transactionsPerToken: number;
  readonly weightOf: (transaction: Uint8Array) => number;
}
