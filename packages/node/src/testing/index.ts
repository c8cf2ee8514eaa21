// The second door of the package, for test equipment outside of it: the parts that a fault harness puts together in its
// own way (a node over another transport, a hostile peer, a look into a stopped home). Nothing that runs imports it.

export { homePaths, type HomePaths } from "../config/home.ts";
export type { NodeConfig } from "../config/schema.ts";
export { createHome } from "../daemon/home.ts";
export { type DevnetFolder, nodeConfig, openDevnetFolder, prepareNodeHome } from "../devnet/devnet-home.ts";
export type { ChainAnswer, ChainRequest } from "../network/transport.ts";
export { ChainStore } from "../storage/chain-store.ts";
export { verifyHome } from "../verify/verify-home.ts";
export { runBitFlips } from "./bit-flips.ts";
export { RAW_PROTOCOLS, dialRawPeer } from "./raw-peer.ts";
export { UsageError, fromUsersFolder, note, runCommand } from "./command.ts";
