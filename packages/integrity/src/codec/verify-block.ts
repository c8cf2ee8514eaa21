// The one way from somebody else's bytes to a VerifiedBlock: rules P1–P7 of docs/protocol.md §2, cheap ones first, each
// with a code of its own. Reads no DAG: whether parents are known is asked later (D1), as is what an ack may vouch for.

import {
  type BlockBody,
  type BlockHeader,
  type BlockRef,
  type SignedBlock,
  type VerifiedBlock,
  compareDigests,
} from "../block.ts";
import { mint } from "../brand.ts";
import { type Committee, StakeTally, isMember, memberOf } from "../committee.ts";
import type { Crypto } from "../crypto/port.ts";
import { type ChainId, type Digest, digestToBytes } from "../digest.ts";
import { type Rejection, rejection } from "../fault.ts";
import { type ProtocolParams, coinShareAt } from "../params.ts";
import { type Result, err, ok } from "../result.ts";
import { bodyRoots, decodeBlock, genesisRef } from "./block-codec.ts";
import { verifyUpdate } from "./update-codec.ts";

export interface BlockContext {
  readonly chainId: ChainId;
  readonly committee: Committee;
  readonly params: ProtocolParams;
  readonly crypto: Crypto;
  /** False if the epoch has no group key: then no block of it ever carries a share. */
  readonly hasCoin: boolean;
  /** Of the epoch's start (§11); absent in the first epoch. */
  readonly startDigest?: Digest | undefined;
  /** Points of a share by validator; where absent, stakes are equal and everybody has one. */
  readonly coinTickets?: readonly number[];
}

export interface BlockRejection extends Rejection {
  /** True: the author itself made the bad block. False: somebody did in its name. Undefined: there is no telling. */
  readonly signatureValid: boolean | undefined;
}

type Check = (block: SignedBlock, context: BlockContext) => Rejection | undefined;

/** Everything that costs no signature check. */
const CHEAP_CHECKS: readonly Check[] = [
  checkRound,
  checkParentAuthors,
  checkParentRounds,
  checkParentStake,
  checkGenesisParents,
  checkHeaderBounds,
  checkCoinShare,
  checkBodyBounds,
  checkAckOrder,
  checkUpdateChains,
  checkRoots,
];

/** A block is good or is not, whoever asks and whenever: no clock, no state, the context is the same for a whole epoch. */
export function verifyBlock(
  received: Uint8Array | SignedBlock,
  context: BlockContext,
): Result<VerifiedBlock, BlockRejection> {
  const decoded = received instanceof Uint8Array ? decodeBlock(received, context.crypto.sha256) : ok(received);
  if (!decoded.ok) return err({ ...decoded.error, signatureValid: undefined });
  const block = decoded.value;
  const stranger = checkOrigin(block.header, context);
  if (stranger !== undefined) return err({ ...stranger, signatureValid: undefined });
  const fault = firstFault(block, context);
  const signatureValid = isSignedByAuthor(block, context);
  if (fault !== undefined) return err({ ...fault, signatureValid });
  // P7
  if (!signatureValid) return err({ ...rejection("BLOCK_P7_SIGNATURE", "not signed by its author"), signatureValid });
  // P6: signed updates stand in a block only if each is valid on its own.
  const forged = firstForgedUpdate(block.body, context);
  if (forged !== undefined) return err({ ...forged, signatureValid });
  return ok(mint<VerifiedBlock>(block));
}

function firstFault(block: SignedBlock, context: BlockContext): Rejection | undefined {
  for (const check of CHEAP_CHECKS) {
    const fault = check(block, context);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

/** Without these the author's key is not even known. */
function checkOrigin(header: BlockHeader, { chainId, committee }: BlockContext): Rejection | undefined {
  if (header.chainId !== chainId) return rejection("BLOCK_CHAIN", `of chain ${header.chainId}`);
  if (header.epoch !== committee.epoch) return rejection("BLOCK_EPOCH", `of epoch ${header.epoch}`);
  if (!isMember(committee, header.author)) return rejection("BLOCK_AUTHOR", `validator ${header.author} is no member`);
  return undefined;
}

function checkRound({ header }: SignedBlock): Rejection | undefined {
  // P5: round 0 is that of the genesis references, which nobody signs.
  return header.round >= 1 ? undefined : rejection("BLOCK_ROUND", "blocks begin with round 1");
}

function checkParentAuthors({ header }: SignedBlock, { committee }: BlockContext): Rejection | undefined {
  const [first, ...others] = header.parents;
  // P1
  if (first === undefined || first.author !== header.author) {
    return rejection("BLOCK_P1_FIRST_PARENT", "the first parent is not the author's own");
  }
  if (others.some(({ author }) => author === header.author)) {
    return rejection("BLOCK_P1_OWN_PARENT", "a second parent is the author's own");
  }
  const stranger = header.parents.find(({ author }) => !isMember(committee, author));
  if (stranger !== undefined) return rejection("BLOCK_PARENT_AUTHOR", `validator ${stranger.author} is no member`);
  // P3
  if (new Set(header.parents.map(({ author }) => author)).size !== header.parents.length) {
    return rejection("BLOCK_P3_PARENT_AUTHORS", "two parents are of one author");
  }
  return undefined;
}

function checkParentRounds({ header }: SignedBlock): Rejection | undefined {
  // P2
  const late = header.parents.find(({ round }) => round >= header.round);
  return late && rejection("BLOCK_P2_PARENT_ROUND", `a parent of round ${late.round} under a block of ${header.round}`);
}

function checkParentStake({ header }: SignedBlock, { committee }: BlockContext): Rejection | undefined {
  const tally = new StakeTally(committee);
  for (const parent of header.parents) {
    if (parent.round === header.round - 1) tally.add(parent.author);
  }
  // P4
  if (tally.hasQuorum) return undefined;
  return rejection("BLOCK_P4_PARENT_STAKE", `parents of round ${header.round - 1} have stake ${tally.stake}`);
}

function checkGenesisParents({ header }: SignedBlock, context: BlockContext): Rejection | undefined {
  const isForeign = ({ round, author, digest }: BlockRef): boolean =>
    round === 0 && digest !== genesisRef({ ...context, epoch: header.epoch, author }, context.crypto.sha256).digest;
  // P5
  const foreign = header.parents.find(isForeign);
  return foreign && rejection("BLOCK_P5_GENESIS", `a parent of round 0 by ${foreign.author} is not of this genesis`);
}

// P6
function checkHeaderBounds({ header }: SignedBlock, { params }: BlockContext): Rejection | undefined {
  return (
    tooMany("commitVotes", header.commitVotes.length, params.commitVotesMax) ??
    tooMany("checkpointVotes", header.checkpointVotes.length, params.checkpointVotesMax)
  );
}

// P6
function checkCoinShare({ header }: SignedBlock, context: BlockContext): Rejection | undefined {
  const { params, hasCoin, coinTickets } = context;
  const isDue = hasCoin && coinShareAt(params, header.round) !== undefined;
  const share = header.coinShare;
  if (isDue !== (share !== null)) {
    return rejection(
      "BLOCK_P6_COIN_SHARE",
      `a coin share is ${isDue ? "missing" : "not due"} in round ${header.round}`,
    );
  }
  const tickets = coinTickets === undefined ? 1 : coinTickets[header.author];
  if (share === null || share.points.length === tickets) return undefined;
  return rejection("BLOCK_P6_COIN_SHARE", `${share.points.length} points for ${tickets} tickets`);
}

// P6
function checkBodyBounds({ body }: SignedBlock, { params }: BlockContext): Rejection | undefined {
  const transactionBytes = body.transactions.reduce((sum, { length }) => sum + length, 0);
  return (
    tooMany("acks", body.acks.length, params.acksMax) ??
    tooMany("updates", body.updates.length, params.updatesMax) ??
    tooMany("transactions", body.transactions.length, params.transactionsMax) ??
    tooMany("bytes of transactions", transactionBytes, params.transactionBytesMax) ??
    tooMany("control entries", body.control.length, params.controlMax)
  );
}

// P6
function checkAckOrder({ body }: SignedBlock): Rejection | undefined {
  let previous: string = "";
  for (const { update } of body.acks) {
    if (compareDigests(update, previous) <= 0)
      return rejection("BLOCK_P6_ACK_ORDER", `the ack of ${update} repeats or is out of order`);
    previous = update;
  }
  return undefined;
}

// P6
function checkUpdateChains({ body }: SignedBlock, { chainId }: BlockContext): Rejection | undefined {
  const foreign = body.updates.find(({ header }) => header.chainId !== chainId);
  return foreign && rejection("BLOCK_P6_UPDATE", `update ${foreign.digest} is of another chain`);
}

// P6
function checkRoots({ header, body }: SignedBlock, { crypto }: BlockContext): Rejection | undefined {
  const roots = bodyRoots(body, crypto.sha256);
  for (const name of ["acksRoot", "updatesRoot", "transactionsRoot", "controlRoot"] as const) {
    if (roots[name] !== header[name]) return rejection("BLOCK_P6_BODY_ROOT", `${name} is not that of the body`);
  }
  return undefined;
}

function tooMany(what: string, count: number, max: number): Rejection | undefined {
  return count <= max ? undefined : rejection("BLOCK_P6_SIZE", `${count} ${what}, allowed are ${max}`);
}

function isSignedByAuthor({ header, ref, signature }: SignedBlock, { committee, crypto }: BlockContext): boolean {
  return crypto.verify(memberOf(committee, header.author).publicKey, digestToBytes(ref.digest), signature);
}

function firstForgedUpdate({ updates }: BlockBody, { crypto }: BlockContext): Rejection | undefined {
  const forged = updates.find((update) => !verifyUpdate(update, crypto).ok);
  return forged && rejection("BLOCK_P6_UPDATE", `update ${forged.digest} is not signed by its key`);
}
