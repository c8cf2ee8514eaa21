// libp2p writes down what a peer said of itself, now and then after that peer has left: a node that lives for months must not
// keep all who ever came by.

import { generateKeyPair } from "@libp2p/crypto/keys";
import { peerIdFromPrivateKey } from "@libp2p/peer-id";
import { mustExist } from "@selvedge/integrity";
import { expect, test, vi } from "vitest";
import type * as LibP2pNode from "../../src/network/libp2p-node.ts";
import { LOOPBACK_NETWORK_LIMITS } from "../../src/network/limits.ts";
import { freePorts, observerSetup, startNode, validatorSetup } from "./libp2p-cluster.ts";

const made: LibP2pNode.NetworkNode[] = [];
vi.mock("../../src/network/libp2p-node.ts", async (original) => {
  const real = await original<typeof LibP2pNode>();
  const createNetworkNode: typeof real.createNetworkNode = async (options) => {
    const node = await real.createNetworkNode(options);
    made.push(node);
    return node;
  };
  return { ...real, createNetworkNode };
});

test("what is known of peers that are not here is dropped, and of those that are, kept", async () => {
  const [port = 0] = await freePorts(1);
  const limits = { ...LOOPBACK_NETWORK_LIMITS, forgetStrangersEveryMs: 50 };
  const server = await startNode({ ...validatorSetup(0, [port]), limits });
  const { peerStore } = mustExist(made[0], "the node was made");
  const guest = await startNode(observerSetup(1, [port]));
  await vi.waitFor(async () => expect(await peerStore.all()).toHaveLength(1), { timeout: 10_000 });
  const stranger = peerIdFromPrivateKey(await generateKeyPair("Ed25519"));
  await peerStore.merge(stranger, { protocols: ["/written/too-late"] });
  expect(await peerStore.all()).toHaveLength(2);
  await vi.waitFor(async () => expect(await peerStore.has(stranger)).toBe(false), { timeout: 10_000 });
  expect(await peerStore.all()).toHaveLength(1);
  await guest.transport.stop();
  await vi.waitFor(async () => expect(await peerStore.all()).toEqual([]), { timeout: 10_000 });
  await server.transport.stop();
});
