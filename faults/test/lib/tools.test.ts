import { once } from "node:events";
import { type Server, type Socket, connect, createServer } from "node:net";
import {
  buildBlock,
  chainIdOf,
  committeeOf,
  epoch,
  genesisRefs,
  round,
  validatorIndex,
  verifyBlock,
} from "@selvedge/integrity";
import { createNodeCrypto, createNodeSigner, makeTestNetwork, sha256 } from "@selvedge/node";
import { afterEach, expect, test } from "vitest";
import { UsageError, parseFaultArguments } from "../../lib/arguments.ts";
import { CALM, ChaosLink, type Weather } from "../../lib/chaos-link.ts";
import { malleable } from "../../lib/malleable.ts";
import { faultPlan } from "../../lib/plans.ts";
import { Random } from "../../lib/random.ts";
import { pointsOf } from "../../lib/strace.ts";

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

test("of each kind of call there are as many points as the busiest thread made", () => {
  const log = `10 write(1, "a") = 1\n11 write(2, "b") = 1\n11 write(2, "c") = 1\n11 fdatasync(3) = 0\n11 <... write resumed>) = 1\n`;
  expect(pointsOf(log)).toEqual([
    { call: "write", number: 1 },
    { call: "write", number: 2 },
    { call: "fdatasync", number: 1 },
  ]);
});

test("the same seed gives the same choices, another one others", () => {
  const draw = (seed: string): readonly number[] => {
    const random = new Random(seed).child("a");
    return Array.from({ length: 8 }, () => random.below(1000));
  };
  expect(draw("s")).toEqual(draw("s"));
  expect(draw("s")).not.toEqual(draw("t"));
});

test("a count is a whole number from one, and options that mean nothing are refused", () => {
  expect(parseFaultArguments(["F01", "--sample", "abc", "--count", "7"])).toMatchObject({
    names: ["F01"],
    isSample: true,
    seed: "abc",
    count: 7,
  });
  expect(() => parseFaultArguments(["--count", "0"])).toThrow(UsageError);
  expect(() => parseFaultArguments(["--colour"])).toThrow(UsageError);
});

test("a malleable signature is another one for the same digest, and the one rule refuses it", () => {
  const { bundle, validators } = makeTestNetwork(faultPlan(new Random("m"), { validators: 1 }));
  const { genesis } = bundle;
  const chainId = chainIdOf(genesis, sha256);
  const signer = createNodeSigner(Buffer.from(validators[0]?.secrets.signing ?? "", "hex"));
  const block = buildBlock(
    {
      header: {
        version: 1,
        chainId,
        epoch: epoch(0),
        round: round(1),
        author: validatorIndex(0),
        parents: genesisRefs({ chainId, epoch: epoch(0), size: 1 }, sha256),
        coinShare: null,
        commitVotes: [],
        checkpointVotes: [],
        timestampMs: 1,
      },
      body: { acks: [], updates: [], transactions: [], control: [] },
    },
    signer,
    sha256,
  );
  const context = {
    chainId,
    committee: committeeOf(genesis),
    params: genesis.params,
    crypto: createNodeCrypto(),
    hasCoin: true,
  };
  expect(verifyBlock(block.bytes, context).ok).toBe(true);
  const changed = verifyBlock(malleable(block), context);
  expect(changed.ok ? "taken" : changed.error.code).toBe("BLOCK_P7_SIGNATURE");
});

async function echoServer(): Promise<{ readonly server: Server; readonly port: number }> {
  const server = createServer((socket) => socket.on("error", () => undefined).pipe(socket));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  closing.push(() => server.close());
  return { server, port: (server.address() as { port: number }).port };
}

async function dial(port: number): Promise<Socket> {
  const socket = connect(port, "127.0.0.1").on("error", () => undefined);
  closing.push(() => socket.destroy());
  await once(socket, "connect");
  return socket;
}

function closeOf(socket: Socket): Promise<unknown> {
  return new Promise((resolve) => socket.on("close", resolve));
}

test("a link in calm passes bytes both ways; held, it passes nothing and says nothing; then all arrives in order", async () => {
  let weather: Weather = CALM;
  const { port } = await echoServer();
  const link = await ChaosLink.open(port, { weatherOf: () => weather, jitter: () => 0 });
  closing.push(() => link.close());
  const socket = await dial(link.port);
  let received = "";
  socket.on("data", (chunk: Uint8Array) => (received += String(chunk)));
  socket.write("a");
  await once(socket, "data");
  weather = { ...CALM, isHeld: true };
  socket.write("b");
  socket.write("c");
  // Round trips on a free link beside it are the clock: time enough for what was held to arrive, were it not held.
  const free = await ChaosLink.open(port, { weatherOf: () => CALM, jitter: () => 0 });
  closing.push(() => free.close());
  const beside = await dial(free.port);
  for (let trip = 0; trip < 5; trip += 1) {
    beside.write("x");
    await once(beside, "data");
  }
  expect(received).toBe("a");
  expect(socket.destroyed).toBe(false);
  weather = CALM;
  while (received.length < 3) await once(socket, "data");
  expect(received).toBe("abc");
});

test("a cut link ends what is open and refuses what is new", async () => {
  const { port } = await echoServer();
  const link = await ChaosLink.open(port, { weatherOf: () => CALM, jitter: () => 0 });
  closing.push(() => link.close());
  const socket = await dial(link.port);
  socket.write("a");
  await once(socket, "data");
  const closed = closeOf(socket);
  link.isCut = true;
  link.reset();
  await closed;
  const second = connect(link.port, "127.0.0.1").on("error", () => undefined);
  closing.push(() => second.destroy());
  await closeOf(second);
  expect(link.connectionCount).toBe(0);
});
