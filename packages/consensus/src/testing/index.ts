// Engines in a small world of virtual time, for tests and for the laboratory.

export { type Message, type NetworkOptions, TestNetwork } from "./network.ts";
export { TestRandom } from "./prng.ts";
export { createStandInCrypto, standInSigner } from "./stand-in-crypto.ts";
export { type LaterEpoch, type TestChain, type TestChainOptions, createTestChain } from "./test-chain.ts";
export { type HostOptions, type HostWorld, TestHost, type Timed } from "./test-host.ts";
export { TestStore } from "./test-store.ts";
