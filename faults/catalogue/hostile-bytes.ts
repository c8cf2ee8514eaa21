// F69 and F70: a member with its real keys that says hello and then speaks no protocol at all: random bytes, frames that
// promise gigabytes, mutations of real messages, on each of our protocols.

import { setTimeout as delay } from "node:timers/promises";
import { bytesFromHex, chainIdOf, committeeOf, mustExist, validatorIndex } from "@selvedge/integrity";
import { createNodeCrypto, createNodeSigner, sha256 } from "@selvedge/node";
import { RAW_PROTOCOLS, dialRawPeer } from "@selvedge/node/testing";
import type { TestDaemon } from "../lib/daemon.ts";
import type { Checks, Fault } from "../lib/fault.ts";
import type { FaultNetwork } from "../lib/network.ts";
import type { Random } from "../lib/random.ts";
import { RECOVERY_MAX_MS, underLoad } from "../lib/under-load.ts";

const HOSTILE = 3;
const GROWTH_MAX_BYTES = 96 * 2 ** 20;

interface Bytes extends Omit<Fault, "run"> {
  readonly make: (random: Random) => Uint8Array;
}

const BYTES: readonly Bytes[] = [
  {
    id: "F69",
    title: "garbage frames on each protocol",
    how: "after a proper hello: well-framed random bytes and message kinds on every protocol",
    expected: "dropped, scored, disconnected; nothing is thrown out of a parser",
    make: (random) => {
      const body = random.bytes(1 + random.below(20_000));
      // A kind that exists, half of the time, so that more than the first byte is parsed.
      if (random.below(2) === 0) body[0] = 1 + random.below(12);
      const frame = new Uint8Array(4 + body.length);
      new DataView(frame.buffer).setUint32(0, body.length);
      frame.set(body, 4);
      return frame;
    },
  },
  {
    id: "F70",
    title: "lengths of 2^32 − 1 and lists of 2^32 entries",
    how: "after a proper hello: length prefixes far beyond every bound, and lists that promise more than they hold",
    expected: "refused before anything is allocated",
    make: (random) => {
      const frame = random.bytes(64);
      const view = new DataView(frame.buffer);
      view.setUint32(0, random.pick([0xff_ff_ff_ff, 0x7f_ff_ff_ff, 60]));
      view.setUint32(5, 0xff_ff_ff_ff);
      frame[4] = 1 + random.below(8);
      return frame;
    },
  },
];

export const HOSTILE_BYTES: readonly Fault[] = BYTES.map((bytes) => ({
  id: bytes.id,
  title: bytes.title,
  how: bytes.how,
  expected: bytes.expected,
  run: async (context, checks) => {
    await underLoad({ context, checks, network: { validators: 4, absent: [HOSTILE] } }, async (net) => {
      checks.expect("C4", await net.advance(5, { maxMs: RECOVERY_MAX_MS }), "no commits before");
      const before = net.daemons.map((daemon) => daemon.rssBytes());
      for (let round = 0; round < context.count(200, 8); round += 1) {
        const target = context.random.pick(net.daemons);
        if (await attack(net, target, { random: context.random, make: bytes.make })) checks.injections += 1;
      }
      await judge(net, before, checks);
    });
  },
}));

/** False if it was not let in: banned for what it did before. */
async function attack(
  net: FaultNetwork,
  target: TestDaemon,
  { random, make }: { readonly random: Random; readonly make: Bytes["make"] },
): Promise<boolean> {
  const { p2pPort: port } = target.place;
  await using peer = await dialRawPeer({ context: helloContext(net), port, networkSeed: random.bytes(32) });
  if (peer === undefined) return false;
  await peer.send(
    random.pick(RAW_PROTOCOLS),
    Array.from({ length: 4 }, () => make(random)),
  );
  await delay(100);
  return true;
}

function helloContext(net: FaultNetwork): Parameters<typeof dialRawPeer>[0]["context"] {
  const { genesis } = net.test.bundle;
  const { secrets } = mustExist(net.test.validators[HOSTILE], "a member's keys");
  const signer = createNodeSigner(bytesFromHex(secrets.signing));
  return {
    chainId: chainIdOf(genesis, sha256),
    committee: committeeOf(genesis),
    crypto: createNodeCrypto(),
    self: { index: validatorIndex(HOSTILE), sign: signer.sign },
  };
}

async function judge(net: FaultNetwork, before: readonly number[], checks: Checks): Promise<void> {
  checks.expect("C4", await net.advance(10, { maxMs: RECOVERY_MAX_MS }), "no commits under attack");
  for (const [position, daemon] of net.daemons.entries()) {
    const { name } = daemon.place;
    checks.expect("C7", daemon.isUp, `${name} ended: ${JSON.stringify(daemon.lastEnd)}`);
    const grown = daemon.rssBytes() - (before[position] ?? 0);
    checks.expect("C5", grown < GROWTH_MAX_BYTES, `${name} grew by ${grown} bytes`);
    for (const { remote, penalty } of (await daemon.status())?.peers ?? []) {
      if (remote.kind !== "validator" || remote.index === HOSTILE) continue;
      checks.expect("C8", penalty === 0, `${name} accuses honest validator ${remote.index}`);
    }
  }
}
