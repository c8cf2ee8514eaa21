// The daemon: one home folder, one node, one HTTP face, one process. Started by `selvedge start`; a failure that it cannot
// go on from stops it in order and becomes the exit code that tells a supervisor what to do.

import { readFileSync } from "node:fs";
import { InvariantError, StoreError, committeeOf, validatorIndex } from "@selvedge/integrity";
import { openAdminServer } from "../admin/admin-server.ts";
import { exposureFault } from "../api/guard.ts";
import { createApiServer } from "../api/server.ts";
import { homePaths } from "../config/home.ts";
import type { NodeConfig } from "../config/schema.ts";
import { processReport } from "../debug/process-report.ts";
import { EXIT, type ExitCode, NodeError } from "../errors.ts";
import { openScrub } from "../heal/open-scrub.ts";
import { WorkerPool } from "../host/worker-pool.ts";
import { readHomePassword } from "../keys/home-password.ts";
import { readPasswordFile } from "../keys/keystore.ts";
import type { PeerAddress } from "../network/dialer.ts";
import { type TransportSetup, createLibp2pTransport } from "../network/libp2p-transport.ts";
import { DEFAULT_NETWORK_LIMITS, LOOPBACK_NETWORK_LIMITS, type NetworkLimits } from "../network/limits.ts";
import { NetworkError } from "../network/network-error.ts";
import type { NodeLogger } from "../observability/log.ts";
import { prunePolicyOf } from "../prune/policy.ts";
import { DiskWatch } from "../storage/disk-watch.ts";
import { SafetyFile } from "../storage/safety-file.ts";
import { parseTrustRoot } from "../sync/trust-root.ts";
import { readGenesisBundle } from "./home.ts";
import { type NodeIdentity, openIdentity } from "./identity.ts";
import { type RunningNode, startNode } from "./node.ts";
import { openData } from "./open-data.ts";
import type { NodeSetup } from "./parts.ts";
import { checkPeerIndices } from "./peer-indices.ts";
import { damageNoted, noteDamage } from "./store-damage.ts";

export interface DaemonOptions {
  /** Aborted when the daemon is to stop, also while it starts. */
  readonly stopped?: AbortSignal;
  readonly home: string;
  readonly config: NodeConfig;
  readonly logger: NodeLogger;
}

export interface Daemon {
  readonly node: RunningNode;
  readonly apiUrl: string;
  readonly p2pAddresses: readonly string[];
  /** Resolves with the exit code once the node has failed; never otherwise. */
  readonly failed: Promise<ExitCode>;
  /** Orderly stop; idempotent. */
  readonly stop: () => Promise<void>;
}

const VERSION: string = readVersion();

export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  const closers: Closers = [];
  try {
    return await openDaemon(options, closers);
  } catch (error) {
    await closeAll(closers);
    throw await damageNoted(homePaths(options.home).chainData, error);
  }
}

type Closers = (() => Promise<void>)[];

async function openDaemon(options: DaemonOptions, closers: Closers): Promise<Daemon> {
  const { config, logger } = options;
  const failure = Promise.withResolvers<ExitCode>();
  const onFatal = (error: unknown): void => {
    logger.fatal({ err: error }, "the node cannot go on");
    noteDamage(homePaths(options.home).chainData, error).then(
      (code) => failure.resolve(code ?? exitCodeOf(error)),
      () => failure.resolve(exitCodeOf(error)),
    );
  };
  const token = await apiToken(config);
  const nodeSetup = await openNodeSetup(options, closers, onFatal);
  const scrub = openScrub({ ...options, store: nodeSetup.store, onDamage: onFatal });
  const node = await startNode({ ...nodeSetup, lastScrub: () => scrub.last ?? undefined });
  closers.push(node.stop);
  scrub.start(node.metrics);
  closers.push(() => scrub.stop());
  const api = await createApiServer({
    services: node.services,
    metrics: node.metrics,
    logger,
    token,
    host: config.api.host,
    port: config.api.port,
  });
  closers.push(() => api.close());
  const { store } = nodeSetup;
  const admin = await openAdminServer({ home: options.home, store, logger, report: processReport });
  if (admin !== undefined) closers.push(admin.close);
  let stopping: Promise<void> | undefined;
  return {
    node,
    apiUrl: api.url,
    p2pAddresses: node.transport.addresses(),
    failed: failure.promise,
    stop: () => (stopping ??= closeAll(closers)),
  };
}

/** Before anything is opened: who would listen to the world without a token is not first a node of the network. */
async function apiToken({ api }: NodeConfig): Promise<string | null> {
  const token = api.token_file === "" ? null : await readPasswordFile(api.token_file);
  const fault = exposureFault(api.host, token);
  if (fault !== undefined) throw new NodeError("CONFIG_INVALID", fault);
  return token;
}

async function openNodeSetup(
  { home, config, logger, stopped }: DaemonOptions,
  closers: Closers,
  onFatal: (error: unknown) => void,
): Promise<NodeSetup> {
  if (config.role === "device")
    throw new NodeError("USAGE", "a device does not run the daemon; see: selvedge device --help");
  const paths = homePaths(home);
  const { genesis } = await readGenesisBundle(paths.genesis, paths.genesisWeights);
  const committee = committeeOf(genesis);
  checkPeerIndices(config, committee.validators.length);
  const password = await readHomePassword(paths, config);
  const identity = await openIdentity({ role: config.role, paths, committee, password });
  const { store, report: storeReport } = await openData({ paths, genesis, role: config.role, logger });
  closers.push(() => store.close());
  store.watch(onFatal);
  const safety = config.role === "observer" ? null : await SafetyFile.open(paths.safety, { create: false });
  if (safety !== null) closers.push(() => safety.close());
  const disk = await DiskWatch.open(paths.chainData);
  closers.push(async () => disk.close());
  const work = new WorkerPool();
  closers.push(() => work[Symbol.asyncDispose]());
  const { consensus } = config;
  return {
    genesis,
    store,
    storeReport,
    safety,
    identity,
    work,
    logger,
    consensus: {
      roundDelayMinMs: consensus.round_delay_min_ms,
      leaderTimeoutMs: consensus.leader_timeout_ms,
      idleRoundDelayMs: consensus.idle_round_delay_ms,
      ownUncommittedBytesMax: consensus.own_uncommitted_bytes_max,
      doppelgangerRounds: config.safety.doppelganger_rounds,
    },
    snapshotEveryCommits: config.storage.snapshot_every_commits,
    sync: { mode: config.sync.mode, trustRoot: parseTrustRoot(config.sync.checkpoint) },
    ...(stopped === undefined ? {} : { stopped }),
    diskRoom: () => disk.room,
    prune: prunePolicyOf(config.prune.keep, genesis.params),
    makeTransport: ({ crypto, committee, chainId, identity: own }) =>
      createLibp2pTransport({ chainId, committee, crypto, logger, ...networkSetup(config, own, committee.epoch) }),
    version: VERSION,
    nowMs: () => Date.now(),
    onFatal,
  };
}

function networkSetup(
  config: NodeConfig,
  { validator, networkSecret }: NodeIdentity,
  epoch: number,
): Pick<TransportSetup, "self" | "networkSecretKey" | "listen" | "peers" | "mode" | "limits"> {
  return {
    self: validator === null ? null : { index: validator.index, sign: validator.signer.sign },
    networkSecretKey: networkSecret,
    listen: config.p2p.listen,
    peers: peerAddresses(config, epoch),
    mode: config.p2p.mode,
    limits: networkLimits(config),
  };
}

/** In reverse order of opening; one that fails does not keep the others open. */
async function closeAll(closers: Closers): Promise<void> {
  const failures: unknown[] = [];
  for (let close = closers.pop(); close !== undefined; close = closers.pop()) {
    try {
      await close();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw new AggregateError(failures, "stopping the node failed");
}

function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof NodeError) return error.exitCode;
  if (error instanceof InvariantError) return EXIT.invariant;
  if (error instanceof NetworkError) return EXIT.unavailable;
  if (error instanceof StoreError) return error.code === "STORE_CORRUPT" ? EXIT.corrupt : EXIT.io;
  return EXIT.unexpected;
}

/** Configured indices are those of the first epoch; later on a peer says itself who it is. */
function peerAddresses(config: NodeConfig, epoch: number): PeerAddress[] {
  return config.p2p.peers.map(({ validator, address }) => ({
    index: validator === undefined || epoch > 0 ? null : validatorIndex(validator),
    multiaddr: address,
  }));
}

/** Nodes that listen on loopback alone share one host, where bounds per host would refuse honest validators. */
function networkLimits(config: NodeConfig): NetworkLimits {
  const isLoopback = config.p2p.listen.every((address) => address.startsWith("/ip4/127."));
  const limits = isLoopback ? LOOPBACK_NETWORK_LIMITS : DEFAULT_NETWORK_LIMITS;
  return { ...limits, connectionsMax: config.p2p.max_connections };
}

function readVersion(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  const parsed: unknown = JSON.parse(text);
  return typeof parsed === "object" && parsed !== null && "version" in parsed ? String(parsed.version) : "0.0.0";
}
