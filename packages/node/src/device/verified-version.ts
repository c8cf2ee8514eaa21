// From a gateway's answer to a version that a device may believe: certificate by the genesis' committee → state root →
// version record. Knows only the genesis; each step that does not hold has a code of its own.

import {
  type ChainId,
  type CheckpointCertificate,
  type Committee,
  type Crypto,
  type ModelId,
  type Rejection,
  type Result,
  type VersionNumber,
  bytesFromHex,
  decodeCheckpoint,
  err,
  ok,
  rejection,
  verifyCheckpoint,
  versionNumber,
} from "@selvedge/integrity";
import { type LeafProof, type ProvenVersion, type VersionProof, verifyVersionProof } from "@selvedge/ledger";
import { type Static, Type } from "typebox";
import { Value } from "typebox/value";
import { type GatewayResult, refusedAnswer } from "./gateway-client.ts";

/** What follows from the genesis, and from the changes of the committee that were followed since. */
export interface DeviceTrust {
  readonly chainId: ChainId;
  readonly crypto: Crypto;
  /** Undefined for an epoch that was not followed yet. */
  readonly committeeIn: (epoch: number) => Committee | undefined;
}

export interface WantedVersion {
  readonly model: ModelId;
  readonly version: VersionNumber | "latest";
}

export interface VerifiedVersion extends ProvenVersion {
  /** The certificate that everything rests on. */
  readonly certificate: CheckpointCertificate;
}

const HEX = Type.String({ pattern: "^([0-9a-f]{2})*$" });
const COUNT = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
const LEAF_PROOF = Type.Object({
  leafIndex: COUNT,
  leafCount: COUNT,
  path: Type.Array(Type.String({ pattern: "^[0-9a-f]{64}$" }), { maxItems: 64 }),
});
const PROOF = Type.Object({
  version: COUNT,
  recordBytes: HEX,
  record: LEAF_PROOF,
  modelLeafBytes: HEX,
  modelLeaf: LEAF_PROOF,
  certificate: HEX,
});

export function verifyVersionAnswer(
  answer: unknown,
  wanted: WantedVersion,
  trust: DeviceTrust,
): Result<VerifiedVersion, Rejection> {
  if (!Value.Check(PROOF, answer)) return err(rejection("PROOF_MALFORMED", "the answer is no version proof"));
  const certificate = decodeCheckpoint(bytesFromHex(answer.certificate));
  if (!certificate.ok) return err(rejection("CHECKPOINT_MALFORMED", certificate.error.detail));
  const { epoch } = certificate.value.statement;
  const committee = trust.committeeIn(epoch);
  if (committee === undefined) return err(unknownEpoch(epoch));
  const statement = verifyCheckpoint(certificate.value, { ...trust, committee });
  if (!statement.ok) return statement;
  const proven = verifyVersionProof(trust.crypto.sha256, proofOf(answer, wanted.model), statement.value.stateRoot);
  if (!proven.ok) return proven;
  const fault = wantedFault(proven.value, wanted);
  return fault === undefined ? ok({ ...proven.value, certificate: certificate.value }) : err(fault);
}

const UNKNOWN_EPOCH = /^epoch ([0-9]{1,15}) /u;

export function unknownEpoch(epoch: number): Rejection {
  return rejection("EPOCH_UNKNOWN", `epoch ${epoch} has not been followed yet`);
}

/** Of an EPOCH_UNKNOWN: which one to follow to. */
function epochToFollow({ code, detail }: Rejection): number | undefined {
  const epoch = code === "EPOCH_UNKNOWN" ? UNKNOWN_EPOCH.exec(detail)?.[1] : undefined;
  return epoch === undefined ? undefined : Number(epoch);
}

/** Checks an answer, and once more after the committee was followed to the epoch that the answer is of. */
export async function following<Value>(
  check: () => Result<Value, Rejection>,
  follow: (epoch: number) => Promise<GatewayResult<true>>,
): Promise<GatewayResult<Value>> {
  const first = check();
  const epoch = first.ok ? undefined : epochToFollow(first.error);
  if (epoch === undefined) return first.ok ? first : err(refusedAnswer(first.error));
  const followed = await follow(epoch);
  if (!followed.ok) return followed;
  const second = check();
  return second.ok ? second : err(refusedAnswer(second.error));
}

function proofOf(answer: Static<typeof PROOF>, modelId: ModelId): VersionProof {
  return {
    modelId,
    version: versionNumber(answer.version),
    recordBytes: bytesFromHex(answer.recordBytes),
    record: leafProofOf(answer.record),
    modelLeafBytes: bytesFromHex(answer.modelLeafBytes),
    modelLeaf: leafProofOf(answer.modelLeaf),
  };
}

function leafProofOf({ leafIndex, leafCount, path }: Static<typeof LEAF_PROOF>): LeafProof {
  return { leafIndex, leafCount, path: path.map(bytesFromHex) };
}

function wantedFault({ record, model }: ProvenVersion, wanted: WantedVersion): Rejection | undefined {
  const { version } = record.record;
  if (wanted.version === "latest") {
    if (version === model.currentVersion) return undefined;
    return rejection("VERSION_NOT_LATEST", `version ${version} is not the state's newest, ${model.currentVersion}`);
  }
  return version === wanted.version
    ? undefined
    : rejection("VERSION_NOT_ASKED", `version ${version} was not asked for`);
}
