// Keeps one configured peer connected: dials, waits for the hello, sleeps while connected, redials with backoff and
// jitter. What failed is logged once per change of reason, not once per attempt.

import type { Connection } from "@libp2p/interface";
import { multiaddr } from "@multiformats/multiaddr";
import type { ValidatorIndex } from "@selvedge/integrity";
import type { Greeter } from "./greeter.ts";
import type { NetworkNode } from "./libp2p-node.ts";
import type { NetworkLimits } from "./limits.ts";
import type { LinkTable } from "./link-table.ts";
import { type Link, keyOf } from "./link.ts";
import type { NetworkLogger } from "./logger.ts";
import { pause, reasonOf } from "./supervise.ts";

/** Where a peer is to be found. An index of null is anybody who follows the chain. */
export interface PeerAddress {
  readonly index: ValidatorIndex | null;
  readonly multiaddr: string;
}

export interface DialerOptions {
  readonly node: NetworkNode;
  readonly greeter: Greeter;
  readonly table: LinkTable;
  readonly limits: NetworkLimits;
  readonly logger: NetworkLogger;
  readonly selfIndex: ValidatorIndex | null;
}

/** Of two validators the lower index dials first; the other waits this long, so that dials rarely cross. */
const POLITENESS_MS = 1_000;

export async function keepConnected(peer: PeerAddress, options: DialerOptions, signal: AbortSignal): Promise<void> {
  const { limits, logger, selfIndex } = options;
  const mustWait = peer.index !== null && selfIndex !== null && selfIndex > peer.index;
  if (mustWait) await pause(POLITENESS_MS, signal);
  let failures = 0;
  let lastReason: string | null = null;
  while (!signal.aborted) {
    const link = connectedLink(peer, options) ?? (await dial(peer, options, signal));
    if (typeof link !== "string") {
      if (lastReason !== null) logger.info({ address: peer.multiaddr, peer: keyOf(link.remote) }, "peer connected");
      failures = 0;
      lastReason = null;
      await link.whenDisconnected(signal);
      await pause(jittered(mustWait ? POLITENESS_MS : limits.redialMinMs), signal);
      continue;
    }
    if (link !== lastReason && !signal.aborted) {
      logger.warn({ address: peer.multiaddr, validator: peer.index, reason: link }, "peer not reachable");
    }
    lastReason = link;
    await pause(jittered(Math.min(limits.redialMinMs * 2 ** failures, limits.redialMaxMs)), signal);
    failures = Math.min(failures + 1, 16);
  }
}

function connectedLink(peer: PeerAddress, { table }: DialerOptions): Link | undefined {
  if (peer.index === null) return undefined;
  const link = table.validator(peer.index);
  return link?.isConnected === true ? link : undefined;
}

/** The link, or why there is none. */
async function dial(peer: PeerAddress, options: DialerOptions, signal: AbortSignal): Promise<Link | string> {
  const { node, greeter, limits } = options;
  let connection: Connection;
  try {
    const timeout = AbortSignal.timeout(limits.dialTimeoutMs);
    connection = await node.dial(multiaddr(peer.multiaddr), { signal: AbortSignal.any([signal, timeout]) });
  } catch (error) {
    return reasonOf(error);
  }
  const outcome = await greeter.outcome(connection);
  if (!outcome.ok) return `${outcome.error.code}: ${outcome.error.detail}`;
  const { remote } = outcome.value;
  const isExpected = peer.index === null || (remote.kind === "validator" && remote.index === peer.index);
  if (isExpected) return outcome.value;
  // A wrong entry in the configuration, or somebody who answers in a validator's place without its key.
  connection.abort(new Error("not the validator that was dialled"));
  return `HELLO_PROOF_INVALID: ${keyOf(remote)} answers in place of validator ${peer.index}`;
}

function jittered(ms: number): number {
  return ms * (0.5 + Math.random());
}
