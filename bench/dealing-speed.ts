// Prints how large a dealing of the coin's key is, and how long it takes to make, check and open one on this machine, for
// committees of 4 to 31 validators of equal stake. CPU time of one thread.

import { hash } from "node:crypto";
import { createDealingScheme, deal, dealtSecretShares } from "@selvedge/consensus";
import {
  type ChainId,
  type DealingContext,
  type Digest,
  type Scalar,
  dealingSecretOf,
  digestFromBytes,
  encryptionKeyOf,
  epoch,
  mustExist,
} from "@selvedge/integrity";

const SIZES = [4, 7, 16, 31];
const sha256 = (bytes: Uint8Array): Uint8Array => new Uint8Array(hash("sha256", bytes, "buffer"));

for (const size of SIZES) process.stdout.write(`${lineFor(size)}\n`);

function lineFor(size: number): string {
  const secrets = Array.from({ length: size }, (_, index) => dealingSecretOf(new Uint8Array(32).fill(index + 1)));
  const context = contextFor(secrets);
  const scheme = createDealingScheme(sha256);
  const dealt = timed(() => deal({ sha256, context, seed: new Uint8Array(32).fill(9) }));
  if (!dealt.value.ok) throw new Error(dealt.value.error.detail);
  const bytes = dealt.value.value;
  const first = timed(() => scheme.verify(bytes, context));
  const next = timed(() => scheme.verify(bytes, context));
  const encryptionSecret = mustExist(secrets[0], "there are recipients");
  const opened = timed(() =>
    dealtSecretShares({ sha256, recipient: 0, encryptionSecret, dealings: [{ bytes, context }] }),
  );
  if (!first.value.ok || !next.value.ok || !opened.value.ok) throw new Error("an honest dealing does not hold");
  const times = [dealt, first, next, opened].map(({ ms }) => `${ms.toFixed(0)} ms`);
  return `n = ${size}: ${bytes.length} bytes; deal ${times[0]}, check ${times[1]}, further checks ${times[2]}, open ${times[3]}`;
}

function contextFor(secrets: readonly Scalar[]): DealingContext {
  return {
    chainId: digestFromBytes<ChainId>(new Uint8Array(32)),
    epoch: epoch(1),
    proposal: digestFromBytes<Digest>(new Uint8Array(32)),
    dealerPublicKey: new Uint8Array(32).fill(7),
    recipients: secrets.map((secret) => ({ stake: 1, encryptionKey: encryptionKeyOf(secret) })),
  };
}

function timed<Value>(work: () => Value): { readonly value: Value; readonly ms: number } {
  const before = process.cpuUsage();
  const value = work();
  const { user, system } = process.cpuUsage(before);
  return { value, ms: (user + system) / 1000 };
}
