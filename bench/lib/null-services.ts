// A null node as the HTTP interface sees it: transactions in, acknowledgements out, everything else absent. The routes are
// the daemon's own, so what HTTP costs is the same on both sides of the comparison.

import { type ChainId, type Genesis, commitIndex, err, ok, rejection } from "@selvedge/integrity";
import { transactionDigest } from "@selvedge/ledger";
import { type NodeServices, type TransactionView, sha256 } from "@selvedge/node";
import type { NullPipeline } from "./null-pipeline.ts";

/** There is no order, so every acknowledgement names the first commit. */
const COMMITTED: TransactionView = { state: "committed", commitIndex: commitIndex(1) };

export function nullServices(
  pipeline: NullPipeline,
  chain: { readonly genesis: Genesis; readonly chainId: ChainId },
): NodeServices {
  const absent = rejection("ABSENT", "a null node takes transactions alone");
  const viewOf = (digest: Parameters<NullPipeline["isKnown"]>[0]): TransactionView => {
    if (pipeline.isPending(digest)) return { state: "pending" };
    return pipeline.isKnown(digest) ? COMMITTED : { state: "unknown" };
  };
  return {
    ...chain,
    submitTransaction: async (bytes) => {
      const digest = transactionDigest(sha256, bytes);
      if (!pipeline.isKnown(digest)) pipeline.submit(digest, bytes);
      return ok({ digest, view: viewOf(digest) });
    },
    transactionView: async (digest) => viewOf(digest),
    waitForTransaction: (digest, signal) => pipeline.wait(digest, signal).then(() => viewOf(digest)),
    status: () => {
      throw new Error("a null node has no status");
    },
    submitUpdate: async () => err(absent),
    openPayload: async () => err(absent),
    updateView: async () => ({ state: "unknown" }),
    receipt: async () => undefined,
    models: () => [],
    model: () => undefined,
    versions: () => [],
    proveVersion: async () => err(absent),
    sequenceInfo: () => undefined,
    payloadSize: async () => undefined,
    readPayload: () => {
      throw new Error("a null node has no payload");
    },
    epochInfo: () => {
      throw new Error("a null node has no committee");
    },
    epochStart: async () => undefined,
    epochStep: async () => undefined,
    latestCheckpoint: () => undefined,
    checkpoint: async () => undefined,
    events: { subscribe: () => () => undefined, lastId: () => 0 },
  };
}
