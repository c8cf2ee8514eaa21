// Checkpoints: what validators sign after executing a commit, and the check of a certificate by somebody who knows no
// more than the committee (docs/protocol.md §7).

import type { CheckpointCertificate, CheckpointSignature, CheckpointStatement } from "../checkpoint.ts";
import { type Committee, StakeTally, isMember, memberOf } from "../committee.ts";
import type { Crypto, Sha256, Signer } from "../crypto/port.ts";
import { type ChainId, type CommitDigest, type Digest, digestOf, digestToBytes } from "../digest.ts";
import { type Rejection, rejection } from "../fault.ts";
import { type ValidatorIndex, commitIndex, epoch, validatorIndex } from "../ids.ts";
import { CHECKPOINT_MAX_BYTES, COMMITTEE_SIZE_MAX } from "../limits.ts";
import { type Result, err, ok } from "../result.ts";
import { FieldReader } from "./fields.ts";
import { type WireValue, decode, encode, wireInteger } from "./msgpack.ts";

const SIGNATURE_BYTES = 64;

/** What a checkpoint signature signs the 32 bytes of. */
export function checkpointDigest(statement: CheckpointStatement, sha256: Sha256): Digest {
  return digestOf(sha256, "checkpoint", encode(statementWire(statement)));
}

export interface CheckpointSigner {
  readonly validator: ValidatorIndex;
  readonly signer: Signer;
}

export function signCheckpoint(
  statement: CheckpointStatement,
  { validator, signer }: CheckpointSigner,
  sha256: Sha256,
): CheckpointSignature {
  return { validator, signature: signer.sign(digestToBytes(checkpointDigest(statement, sha256))) };
}

/** One signature, as it stands in a block's checkpoint vote. */
export function isCheckpointSigned(
  statement: CheckpointStatement,
  { validator, signature }: CheckpointSignature,
  { committee, crypto }: { readonly committee: Committee; readonly crypto: Crypto },
): boolean {
  if (!isMember(committee, validator)) return false;
  const message = digestToBytes(checkpointDigest(statement, crypto.sha256));
  return crypto.verify(memberOf(committee, validator).publicKey, message, signature);
}

export interface CheckpointContext {
  readonly chainId: ChainId;
  readonly committee: Committee;
  readonly crypto: Crypto;
}

/** Trusts the committee and nothing else; the statement may then be believed. */
export function verifyCheckpoint(
  certificate: CheckpointCertificate,
  context: CheckpointContext,
): Result<CheckpointStatement, Rejection> {
  const { statement, signatures } = certificate;
  const { chainId, committee, crypto } = context;
  if (statement.chainId !== chainId) return err(rejection("CHECKPOINT_CHAIN", `of chain ${statement.chainId}`));
  if (statement.epoch !== committee.epoch) return err(rejection("CHECKPOINT_EPOCH", `of epoch ${statement.epoch}`));
  const fault = signersFault(signatures, committee);
  if (fault !== undefined) return err(fault);
  const message = digestToBytes(checkpointDigest(statement, crypto.sha256));
  for (const { validator, signature } of signatures) {
    if (!crypto.verify(memberOf(committee, validator).publicKey, message, signature)) {
      return err(rejection("CHECKPOINT_SIGNATURE", `the signature of validator ${validator} does not hold`));
    }
  }
  return ok(statement);
}

export function encodeCheckpoint({ statement, signatures }: CheckpointCertificate): Uint8Array {
  return encode([
    statementWire(statement),
    signatures.map(({ validator, signature }) => [wireInteger(validator), signature]),
  ]);
}

export function decodeCheckpoint(bytes: Uint8Array): Result<CheckpointCertificate, Rejection> {
  const wire = decode(bytes, { bytesMax: CHECKPOINT_MAX_BYTES });
  if (!wire.ok) return wire;
  const fields = FieldReader.open(wire.value, { name: "checkpoint", fieldCount: 2 });
  const statement = fields.record({ name: "checkpoint statement", fieldCount: 5 }, readStatement);
  const signatures = fields.records(
    { name: "signatures", fieldCount: 2, entriesMax: COMMITTEE_SIZE_MAX },
    readSignature,
  );
  return fields.finish(() => ({ statement, signatures }));
}

/** Ascending, so distinct; members; and a quorum. */
function signersFault(signatures: readonly CheckpointSignature[], committee: Committee): Rejection | undefined {
  const tally = new StakeTally(committee);
  let previous = -1;
  for (const { validator } of signatures) {
    if (!isMember(committee, validator)) {
      return rejection("CHECKPOINT_SIGNER", `validator ${validator} is no member`);
    }
    if (validator <= previous)
      return rejection("CHECKPOINT_ORDER", `validator ${validator} repeats or is out of order`);
    previous = validator;
    tally.add(validator);
  }
  if (tally.hasQuorum) return undefined;
  return rejection("CHECKPOINT_STAKE", `signatures of stake ${tally.stake}, needed is ${committee.quorumStake}`);
}

function statementWire(statement: CheckpointStatement): WireValue {
  return [
    digestToBytes(statement.chainId),
    wireInteger(statement.epoch),
    wireInteger(statement.index),
    digestToBytes(statement.commitDigest),
    digestToBytes(statement.stateRoot),
  ];
}

function readStatement(fields: FieldReader): CheckpointStatement {
  return {
    chainId: fields.digest<ChainId>("chainId"),
    epoch: epoch(fields.count("epoch")),
    index: commitIndex(fields.count("index")),
    commitDigest: fields.digest<CommitDigest>("commitDigest"),
    stateRoot: fields.digest("stateRoot"),
  };
}

function readSignature(fields: FieldReader): CheckpointSignature {
  return {
    validator: validatorIndex(fields.count("validator")),
    signature: fields.bytes("signature", SIGNATURE_BYTES),
  };
}
