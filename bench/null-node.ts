// One node of the null pipeline as a process of its own: the daemon's transport, store and HTTP interface around
// null-pipeline.ts. Started by the benchmark with the path of a plan; answers with a ready line as the daemon does.

import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import {
  type Genesis,
  bytesFromHex,
  chainIdOf,
  committeeOf,
  genesisFromJson,
  memberOf,
  validatorIndex,
} from "@selvedge/integrity";
import {
  DEFAULT_CONFIG,
  LOOPBACK_NETWORK_LIMITS,
  LevelStore,
  NodeMetrics,
  SILENT_LOGGER,
  type Transport,
  createApiServer,
  createLibp2pTransport,
  createNodeCrypto,
  createNodeSigner,
  sha256,
} from "@selvedge/node";
import { trustedJson } from "./lib/json.ts";
import { NullPipeline } from "./lib/null-pipeline.ts";
import { nullServices } from "./lib/null-services.ts";

/** Written by null-network.ts; keys of a test network, so plain text. */
export interface NullNodePlan {
  readonly genesisText: string;
  readonly index: number;
  readonly signingSecret: string;
  readonly networkSecret: string;
  readonly p2pPorts: readonly number[];
  readonly storeFolder: string;
}

const PEERS_POLL_MS = 20;

async function main(): Promise<void> {
  const stopped = stopRequested();
  const plan = readPlan(process.argv[2] ?? "");
  const genesis = readGenesis(plan);
  const committee = committeeOf(genesis);
  const self = memberOf(committee, validatorIndex(plan.index)).index;
  const store = await LevelStore.open({ folder: plan.storeFolder, sha256, create: true });
  const transport = await openTransport(plan, genesis);
  const others = committee.validators.map(({ index }) => index).filter((index) => index !== self);
  const pipeline = new NullPipeline({
    store,
    transport,
    self,
    others,
    quorum: committee.quorumStake,
    batchDelayMs: DEFAULT_CONFIG.consensus.round_delay_min_ms,
    onFailure: fail,
  });
  await transport.start(pipeline.handler);
  const services = nullServices(pipeline, { genesis, chainId: chainIdOf(genesis, sha256) });
  const metrics = new NodeMetrics();
  const api = await createApiServer({
    services,
    metrics,
    logger: SILENT_LOGGER,
    token: null,
    host: "127.0.0.1",
    port: 0,
  });
  await allConnected(transport, others.length);
  process.stdout.write(`${JSON.stringify({ ready: true, api: api.url, pid: process.pid })}\n`);
  await stopped;
  await api.close();
  await transport.stop();
  await store.close();
}

function openTransport(plan: NullNodePlan, genesis: Genesis): Promise<Transport> {
  const signer = createNodeSigner(bytesFromHex(plan.signingSecret));
  return createLibp2pTransport({
    chainId: chainIdOf(genesis, sha256),
    committee: committeeOf(genesis),
    crypto: createNodeCrypto(),
    self: { index: validatorIndex(plan.index), sign: signer.sign },
    networkSecretKey: bytesFromHex(plan.networkSecret),
    listen: [addressOf(plan.p2pPorts[plan.index] ?? 0)],
    peers: plan.p2pPorts.map((port, index) => ({ index: validatorIndex(index), multiaddr: addressOf(port) })),
    mode: "direct",
    limits: LOOPBACK_NETWORK_LIMITS,
    logger: SILENT_LOGGER,
  });
}

async function allConnected(transport: Transport, count: number): Promise<void> {
  while (transport.peers().filter(({ isConnected }) => isConnected).length < count) await delay(PEERS_POLL_MS);
}

function readGenesis({ genesisText }: NullNodePlan): Genesis {
  const genesis = genesisFromJson(genesisText);
  if (!genesis.ok) throw new Error(genesis.error.detail);
  return genesis.value;
}

function readPlan(path: string): NullNodePlan {
  return trustedJson<NullNodePlan>(readFileSync(path, "utf8"));
}

function addressOf(port: number): string {
  return `/ip4/127.0.0.1/tcp/${port}`;
}

function stopRequested(): Promise<void> {
  return new Promise((resolve) => {
    process.on("SIGTERM", () => resolve());
    process.on("disconnect", () => resolve());
  });
}

function fail(error: unknown): void {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exit(1);
}

try {
  await main();
  process.exit(0);
} catch (error) {
  fail(error);
}
