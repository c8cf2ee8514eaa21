// The node's services as its callers hold them, through every change of epoch: each call goes to the parts of the moment.

import type { NodeServices } from "../daemon/services.ts";

export function forwardedServices(now: () => NodeServices): NodeServices {
  return {
    get genesis() {
      return now().genesis;
    },
    get chainId() {
      return now().chainId;
    },
    get events() {
      return now().events;
    },
    status: () => now().status(),
    submitUpdate: (update, chunkHashes) => now().submitUpdate(update, chunkHashes),
    openPayload: (update) => now().openPayload(update),
    updateView: (update) => now().updateView(update),
    receipt: (update) => now().receipt(update),
    submitTransaction: (bytes) => now().submitTransaction(bytes),
    transactionView: (digest) => now().transactionView(digest),
    waitForTransaction: (digest, signal) => now().waitForTransaction(digest, signal),
    models: () => now().models(),
    model: (id) => now().model(id),
    versions: (id) => now().versions(id),
    proveVersion: (id, version) => now().proveVersion(id, version),
    sequenceInfo: (device, model) => now().sequenceInfo(device, model),
    payloadSize: (root) => now().payloadSize(root),
    readPayload: (root, from, to) => now().readPayload(root, from, to),
    latestCheckpoint: () => now().latestCheckpoint(),
    checkpoint: (index) => now().checkpoint(index),
    epochInfo: () => now().epochInfo(),
    epochStart: (epoch) => now().epochStart(epoch),
    epochStep: (epoch) => now().epochStep(epoch),
  };
}
