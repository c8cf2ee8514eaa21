// Started by libp2p-transport.test.ts as a process of its own: busy transports are stopped while a peer is dialled and
// a reader is stalled; then nothing may keep the process alive.

import { validatorIndex } from "@selvedge/integrity";
import { startLibp2pCluster } from "./libp2p-cluster.ts";

const cluster = await startLibp2pCluster({ validators: 3 });
const [first, second, third] = cluster.validators;
if (first === undefined || second === undefined || third === undefined) throw new Error("three validators");
second.host.gate = new Promise(() => undefined);
for (let index = 0; index < 50; index += 1) first.transport.pushBlocks(validatorIndex(1), [new Uint8Array(50_000)]);
await second.host.until(() => second.host.blocks.length > 0);
await third.transport.stop();
const startedAtMs = performance.now();
await cluster.stop();
const tookMs = performance.now() - startedAtMs;
process.stdout.write(tookMs < 2_000 ? "stopped\n" : `stopped after ${tookMs} ms\n`);
