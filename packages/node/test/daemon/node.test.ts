// Nodes in one process agree, train and restart: everything but sockets and files is real.

import { setTimeout as sleep } from "node:timers/promises";
import {
  type UpdateDigest,
  chainIdOf,
  mustExist,
  verifyCheckpoint,
  versionNumber,
  committeeOf,
} from "@selvedge/integrity";
import { type ModelInfo, verifyVersionProof } from "@selvedge/ledger";
import { afterEach, describe, expect, test } from "vitest";
import { createNodeCrypto, sha256 } from "../../src/crypto.ts";
import type { RunningNode } from "../../src/daemon/node.ts";
import { type TinyUpdate, tinyUpdate } from "../tiny-update.ts";
import { LocalNetwork } from "./local-network.ts";

function at(nodes: readonly RunningNode[], index: number): RunningNode {
  return mustExist(nodes[index], "the node was started");
}

function modelOf(node: RunningNode): ModelInfo {
  return mustExist(node.services.models()[0], "the network has one model");
}

let local: LocalNetwork;
afterEach(async () => {
  await local.stopAll();
  expect(local.failures).toEqual([]);
});

async function until(what: string, condition: () => boolean | Promise<boolean>, timeoutMs = 20_000): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`timed out waiting until ${what}`);
    await sleep(10);
  }
}

function signDelta(device: number, sequence: number, value: number, node: RunningNode): TinyUpdate {
  return tinyUpdate({
    chainId: chainIdOf(local.genesis, sha256),
    model: modelOf(node),
    chunkBytes: local.genesis.params.payloadChunkBytes,
    secret: mustExist(local.network.devices[device], "a device of the plan").secrets.signing,
    value,
    sequence,
  });
}

async function submit(node: RunningNode, delta: TinyUpdate): Promise<UpdateDigest> {
  const view = await node.services.submitUpdate(delta.update, delta.hashes);
  expect(view.ok, JSON.stringify(view)).toBe(true);
  const stream = await node.services.openPayload(delta.update.digest);
  if (!stream.ok) throw new Error(stream.error.detail);
  for (let at = 0; at < delta.payload.length; at += 50_000) {
    const written = await stream.value.write(delta.payload.subarray(at, at + 50_000));
    expect(written.ok).toBe(true);
  }
  const finished = await stream.value.finish();
  expect(finished).toMatchObject({ ok: true, value: { state: "received" } });
  return delta.update.digest;
}

describe("a network of four nodes", () => {
  test("commits transactions once and tells every node so", async () => {
    local = new LocalNetwork(4);
    const nodes = await Promise.all([0, 1, 2, 3].map((index) => local.start(index)));
    const bytes = new TextEncoder().encode("hello");
    const submitted = await at(nodes, 0).services.submitTransaction(bytes);
    const again = await at(nodes, 0).services.submitTransaction(bytes);
    if (!submitted.ok || !again.ok) throw new Error("refused");
    expect(again.value.digest).toBe(submitted.value.digest);
    const view = await at(nodes, 0).services.waitForTransaction(submitted.value.digest, AbortSignal.timeout(15_000));
    expect(view.state).toBe("committed");
    for (const node of nodes)
      await until(
        "every node knows it",
        async () => (await node.services.transactionView(submitted.value.digest)).state === "committed",
      );
  });

  test("U2: payloads handed to one gateway reach the others, and become receipts, versions and certified proofs, equal everywhere", async () => {
    local = new LocalNetwork(4);
    const nodes = await Promise.all([0, 1, 2, 3].map((index) => local.start(index)));
    const first = await submit(at(nodes, 0), signDelta(0, 1, 1, at(nodes, 0)));
    const second = await submit(at(nodes, 1), signDelta(1, 1, 3, at(nodes, 1)));
    for (const node of nodes) await until("version 1 closes", () => modelOf(node).current.record.version === 1);
    const roots = nodes.map((node) => modelOf(node).current.record.weightsRoot);
    expect(new Set(roots).size).toBe(1);
    for (const digest of [first, second]) {
      expect(await at(nodes, 2).services.updateView(digest)).toMatchObject({ state: "applied", version: 1 });
      await until("the receipt is stored", async () => (await at(nodes, 3).services.receipt(digest)) !== undefined);
    }
    const model = modelOf(at(nodes, 0));
    await until(
      "version 1 is certified",
      async () => (await at(nodes, 0).services.proveVersion(model.id, model.current.record.version)).ok,
    );
    const proven = await at(nodes, 0).services.proveVersion(model.id, model.current.record.version);
    if (!proven.ok) throw new Error("not proven");
    const { proof, certificate } = proven.value;
    expect(
      verifyCheckpoint(certificate, {
        committee: committeeOf(local.genesis),
        crypto: createNodeCrypto(),
        chainId: chainIdOf(local.genesis, sha256),
      }).ok,
    ).toBe(true);
    expect(verifyVersionProof(sha256, proof, certificate.statement.stateRoot)).toMatchObject({ ok: true });
  });

  test("a node that was killed comes back from its store and catches up", async () => {
    local = new LocalNetwork(4);
    const nodes = await Promise.all([0, 1, 2, 3].map((index) => local.start(index)));
    await until("some commits", () => at(nodes, 3).services.status().engine.lastCommitIndex > 25);
    await at(nodes, 3).stop();
    local.nodes[3] = undefined;
    const before = at(nodes, 0).services.status().executedIndex;
    await until("the others go on", () => at(nodes, 0).services.status().executedIndex > before + 25);
    const back = await local.start(3);
    const target = at(nodes, 0).services.status().executedIndex;
    await until("it executes what it missed", () => back.services.status().executedIndex >= target);
    const tx = await back.services.submitTransaction(new TextEncoder().encode("from the returned"));
    if (!tx.ok) throw new Error("refused");
    expect((await back.services.waitForTransaction(tx.value.digest, AbortSignal.timeout(15_000))).state).toBe(
      "committed",
    );
  });

  test("proves every version under one certificate, the oldest too", async () => {
    local = new LocalNetwork(4);
    const nodes = await Promise.all([0, 1, 2, 3].map((index) => local.start(index)));
    await submit(at(nodes, 0), signDelta(0, 1, 1, at(nodes, 0)));
    await submit(at(nodes, 1), signDelta(1, 1, 2, at(nodes, 1)));
    const node = at(nodes, 2);
    await until("version 1 closes", () => modelOf(node).current.record.version === 1);
    for (const version of [0, 1]) {
      const number = versionNumber(version);
      await until(
        `version ${version} is certified`,
        async () => (await node.services.proveVersion(modelOf(node).id, number)).ok,
      );
      const proven = await node.services.proveVersion(modelOf(node).id, number);
      if (!proven.ok) throw new Error("not proven");
      const root = proven.value.certificate.statement.stateRoot;
      expect(verifyVersionProof(sha256, proven.value.proof, root)).toMatchObject({ ok: true });
      const damaged = { ...proven.value.proof, recordBytes: proven.value.proof.recordBytes.map((byte) => byte ^ 1) };
      expect(verifyVersionProof(sha256, damaged, root).ok).toBe(false);
    }
    expect(await node.services.proveVersion(modelOf(node).id, versionNumber(9))).toMatchObject({ ok: false });
  });

  test("refuses a delta beyond the norm bound and one that is not what its header says", async () => {
    local = new LocalNetwork(4);
    const nodes = await Promise.all([0, 1, 2, 3].map((index) => local.start(index)));
    const node = at(nodes, 0);
    const huge = signDelta(0, 1, 1e6, node);
    expect((await node.services.submitUpdate(huge.update, huge.hashes)).ok).toBe(true);
    const stream = await node.services.openPayload(huge.update.digest);
    if (!stream.ok) throw new Error("no stream");
    await stream.value.write(huge.payload);
    expect(await stream.value.finish()).toMatchObject({ ok: false, error: { code: "DELTA_NORM" } });
    expect(await node.services.updateView(huge.update.digest)).toMatchObject({ state: "refused", code: "DELTA_NORM" });

    const other = signDelta(1, 1, 2, node);
    expect((await node.services.submitUpdate(other.update, other.hashes)).ok).toBe(true);
    const forged = await node.services.openPayload(other.update.digest);
    if (!forged.ok) throw new Error("no stream");
    const bytes = other.payload.map((byte) => byte ^ 1);
    expect(await forged.value.write(bytes)).toMatchObject({ ok: false, error: { code: "PAYLOAD_CHUNK_MISMATCH" } });
    const again = await node.services.openPayload(other.update.digest);
    if (!again.ok) throw new Error("no stream");
    expect((await again.value.write(other.payload)).ok).toBe(true);
    expect((await again.value.write(Uint8Array.of(1))).ok).toBe(false);
    expect(await node.services.openPayload(huge.update.digest)).toMatchObject({
      ok: false,
      error: { code: "UPDATE_NOT_SUBMITTED" },
    });
  });

  test("a payload handed to one gateway is stored and served by all", async () => {
    local = new LocalNetwork(4);
    const nodes = await Promise.all([0, 1, 2, 3].map((index) => local.start(index)));
    const delta = signDelta(0, 1, 1, at(nodes, 0));
    const digest = await submit(at(nodes, 0), delta);
    await until("a receipt is seen everywhere", async () => {
      const seen = await Promise.all(nodes.map((node) => node.services.receipt(digest)));
      return seen.every((receipt) => receipt !== undefined);
    });
    expect(await at(nodes, 3).services.payloadSize(delta.update.header.payloadRoot)).toBe(delta.payload.length);
    const parts: Uint8Array[] = [];
    for await (const part of at(nodes, 3).services.readPayload(delta.update.header.payloadRoot, 10, 70_000))
      parts.push(part);
    expect(Buffer.concat(parts)).toEqual(Buffer.from(delta.payload.subarray(10, 70_000)));
  });

  test("a node whose network cannot start is stopped before the failure is told", async () => {
    local = new LocalNetwork(4);
    const create = local.hub.createTransport.bind(local.hub);
    let stopCount = 0;
    local.hub.createTransport = (options) => {
      const transport = create(options);
      const stop = transport.stop.bind(transport);
      return Object.defineProperties(transport, {
        start: { value: () => Promise.reject(new Error("the port is taken")) },
        stop: {
          value: () => {
            stopCount += 1;
            return stop();
          },
        },
      });
    };
    await expect(local.start(0)).rejects.toThrow("the port is taken");
    expect(stopCount).toBe(1);
  });
});
