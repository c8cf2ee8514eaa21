// What the benchmark and its process of simulated devices say to one another.

import type { HistogramSnapshot } from "./histogram.ts";

export interface UpdatesOrder {
  readonly targets: readonly string[];
  readonly genesisText: string;
  /** 32-byte signing seeds of the devices, hex. */
  readonly deviceSecrets: readonly string[];
  readonly modelId: string;
  /** Updates in a version. */
  readonly buffer: number;
  /** Updates per second over all gateways. */
  readonly rate: number;
  readonly seconds: number;
  readonly warmUpSeconds: number;
  /** How long to wait, after the last update is due, for versions to close. */
  readonly drainSeconds: number;
}

/** Each from when the update was due to when its gateway said so. */
export interface UpdateLatencies {
  /** Header and payload were taken: the answer to the upload. */
  readonly upload: HistogramSnapshot;
  readonly receipt: HistogramSnapshot;
  readonly certified: HistogramSnapshot;
  /** The version that holds it was closed. */
  readonly version: HistogramSnapshot;
}

export interface UpdatesResult {
  readonly offered: number;
  readonly payloadBytes: number;
  readonly uploaded: number;
  readonly receipts: number;
  readonly certified: number;
  readonly applied: number;
  readonly refused: number;
  readonly failed: number;
  /** Certified between the end of the warm-up and the end of the schedule. */
  readonly windowCertified: number;
  readonly windowSeconds: number;
  readonly versions: number;
  readonly latencies: UpdateLatencies;
  readonly firstFailure: string | null;
}

export type UpdatesMessage =
  | { readonly type: "ready" }
  | { readonly type: "window"; readonly edge: "begin" | "end" }
  | { readonly type: "done"; readonly result: UpdatesResult };
