// The door of the package for tools that run nodes from a program: measurements, above all. The command line is main.ts.

export { type ApiServer, type ApiServerOptions, createApiServer } from "./api/server.ts";
export { BATCH_TYPE, joinBatch } from "./api/route/transactions.ts";
export { DEFAULT_CONFIG } from "./config/defaults.ts";
export { type NodeConfig } from "./config/schema.ts";
export { createNodeCrypto, createNodeSigner, sha256 } from "./crypto.ts";
export {
  type EventFeed,
  type NodeEvent,
  type NodeServices,
  type NodeStatus,
  type TransactionView,
} from "./daemon/services.ts";
export { type DevnetTuning } from "./devnet/devnet-home.ts";
export { type Devnet, type DevnetNode, type DevnetOptions, startDevnet } from "./devnet/devnet.ts";
export {
  type NodePosition,
  type RejoinOptions,
  type Rejoining,
  positionOf,
  rejoin,
  rejoinWiped,
} from "./devnet/rejoin.ts";
export { freePorts } from "./devnet/free-ports.ts";
export {
  type MemberKeys,
  type NetworkModel,
  type NetworkPlan,
  type TestNetwork,
  makeTestNetwork,
} from "./devnet/make-network.ts";
export { EXIT, type ExitCode, NodeError } from "./errors.ts";
export { MALLOC_ENVIRONMENT } from "./malloc-environment.ts";
export { type TransportSetup, createLibp2pTransport } from "./network/libp2p-transport.ts";
export { LOOPBACK_NETWORK_LIMITS, type NetworkLimits } from "./network/limits.ts";
export { type NetworkLogger, SILENT_LOGGER } from "./network/logger.ts";
export { type Remote, type Transport, type TransportHandler } from "./network/transport.ts";
export { NodeMetrics } from "./observability/metrics.ts";
export { LevelStore, type LevelStoreOptions } from "./storage/level-store.ts";
