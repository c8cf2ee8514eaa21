// Governance as the bytes of ordinary transactions: the tag, then [body, signature] with the digest taken over the body as
// received. Whatever does not begin with the tag is an opaque transaction and none of this file's business.

import { assertNever } from "../assert.ts";
import type { Crypto, Sha256, Signer } from "../crypto/port.ts";
import { type ChainId, type Digest, digestOf, digestToBytes } from "../digest.ts";
import { type Rejection, rejection } from "../fault.ts";
import type {
  AddMember,
  CommitteeChange,
  CommitteeProposal,
  GovernanceTransaction,
  SignedApproval,
  SignedDealingPart,
} from "../governance.ts";
import { type ValidatorIndex, epoch, validatorIndex } from "../ids.ts";
import {
  COMMITTEE_SIZE_MAX,
  DEALING_PARTS_MAX,
  DEALING_PART_BYTES,
  GOVERNANCE_CHANGES_MAX,
  GOVERNANCE_MAX_BYTES,
  NAME_MAX_BYTES,
  STAKE_MAX,
} from "../limits.ts";
import { type Result, err, ok } from "../result.ts";
import { utf8FromText } from "../utf8.ts";
import { FieldReader } from "./fields.ts";
import { type WireValue, decode, encode, isSameBytes, wireInteger } from "./msgpack.ts";

const TAG: Uint8Array = utf8FromText("selvedge/governance/1\u0000");
const KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;
const STAKE_RANGE = { min: 1, max: STAKE_MAX };

/** Position is the wire code. */
const KINDS: readonly GovernanceTransaction["type"][] = ["proposal", "approval", "dealingPart"];
const CHANGES: readonly CommitteeChange["type"][] = ["add", "remove", "reweigh", "rotateKey"];
const FIELD_COUNTS: Readonly<Record<GovernanceTransaction["type"], number>> = {
  proposal: 6,
  approval: 3,
  dealingPart: 5,
};
const CHANGE_FIELD_COUNT = 5;
const WITH_KEYS: ReadonlySet<CommitteeChange["type"]> = new Set(["add", "rotateKey"]);
const WITH_STAKE: ReadonlySet<CommitteeChange["type"]> = new Set(["add", "reweigh"]);

export function isGovernanceTransaction(transaction: Uint8Array): boolean {
  return transaction.length >= TAG.length && isSameBytes(transaction.subarray(0, TAG.length), TAG);
}

/** Who signs, as a member of the present committee. */
export interface GovernanceSigner {
  readonly validator: ValidatorIndex;
  readonly signer: Signer;
}

/** The digest names the proposal in approvals and dealings. */
export function signProposal(
  proposal: Omit<CommitteeProposal, "proposer">,
  { validator, signer }: GovernanceSigner,
  sha256: Sha256,
): { readonly digest: Digest; readonly transaction: Uint8Array } {
  const body = encode(proposalWire({ ...proposal, proposer: validator }));
  return { digest: digestOfBody(body, sha256), transaction: sealed(body, signer, sha256) };
}

export function signApproval(proposal: Digest, { validator, signer }: GovernanceSigner, sha256: Sha256): Uint8Array {
  return sealed(encode([KINDS.indexOf("approval"), digestToBytes(proposal), validator]), signer, sha256);
}

/** One transaction a part, in order. */
export function signDealing(
  dealing: { readonly proposal: Digest; readonly bytes: Uint8Array },
  { validator, signer }: GovernanceSigner,
  sha256: Sha256,
): readonly Uint8Array[] {
  return Array.from({ length: dealingPartCount(dealing.bytes.length) }, (_, part) => {
    const bytes = dealing.bytes.slice(part * DEALING_PART_BYTES, (part + 1) * DEALING_PART_BYTES);
    const kind = KINDS.indexOf("dealingPart");
    return sealed(encode([kind, digestToBytes(dealing.proposal), validator, part, bytes]), signer, sha256);
  });
}

export function dealingPartCount(sizeBytes: number): number {
  return Math.ceil(sizeBytes / DEALING_PART_BYTES);
}

/** Does the member's key sign it? */
export function isGovernanceSigned(
  { digest, signature }: GovernanceTransaction,
  publicKey: Uint8Array,
  crypto: Crypto,
): boolean {
  return crypto.verify(publicKey, digestToBytes(digest), signature);
}

/** Untrusted bytes that begin with the tag: shape, ranges and canonical form; who signed is asked by the ledger. */
export function decodeGovernance(transaction: Uint8Array, sha256: Sha256): Result<GovernanceTransaction, Rejection> {
  if (!isGovernanceTransaction(transaction)) return err(rejection("GOVERNANCE_UNTAGGED", "an opaque transaction"));
  const wire = decode(transaction.subarray(TAG.length), { bytesMax: GOVERNANCE_MAX_BYTES });
  if (!wire.ok) return wire;
  const fields = FieldReader.open(wire.value, { name: "governance transaction", fieldCount: 2 });
  const body = fields.bytesUpTo("body", GOVERNANCE_MAX_BYTES);
  const signature = fields.bytes("signature", SIGNATURE_BYTES);
  const envelope = fields.finish(() => ({ digest: digestOfBody(body, sha256), signature }));
  if (!envelope.ok) return envelope;
  const content = decodeBody(body);
  return content.ok ? ok({ ...content.value, ...envelope.value }) : err(content.error);
}

type Unsigned<Transaction> = Omit<Transaction, "digest" | "signature">;
type Content =
  | { readonly type: "proposal"; readonly proposal: CommitteeProposal }
  | Unsigned<SignedApproval>
  | Unsigned<SignedDealingPart>;

function decodeBody(body: Uint8Array): Result<Content, Rejection> {
  const wire = decode(body, { bytesMax: GOVERNANCE_MAX_BYTES });
  if (!wire.ok) return wire;
  const kind = kindOf(wire.value);
  const fields = FieldReader.open(wire.value, { name: kind, fieldCount: FIELD_COUNTS[kind] });
  fields.choice("kind", KINDS, "proposal");
  const content = readContent(fields, kind);
  return fields.finish(() => content);
}

/** Anything that is none of the kinds is read as the first one, and refused there. */
function kindOf(value: unknown): GovernanceTransaction["type"] {
  const code: unknown = Array.isArray(value) ? value[0] : undefined;
  return (typeof code === "number" ? KINDS[code] : undefined) ?? "proposal";
}

function readContent(fields: FieldReader, type: GovernanceTransaction["type"]): Content {
  if (type === "proposal") return { type, proposal: readProposal(fields) };
  const proposal = fields.digest("proposal");
  const validator = readMember(fields);
  if (type === "approval") return { type, proposal, validator };
  return {
    type,
    proposal,
    dealer: validator,
    part: fields.count("part", DEALING_PARTS_MAX - 1),
    bytes: fields.bytesUpTo("bytes", DEALING_PART_BYTES),
  };
}

function readProposal(fields: FieldReader): CommitteeProposal {
  return {
    chainId: fields.digest<ChainId>("chainId"),
    epoch: epoch(fields.count("epoch")),
    proposer: readMember(fields),
    nonce: fields.count("nonce"),
    changes: fields.records(
      { name: "changes", fieldCount: CHANGE_FIELD_COUNT, entriesMax: GOVERNANCE_CHANGES_MAX },
      readChange,
    ),
  };
}

function readMember(fields: FieldReader): ValidatorIndex {
  return validatorIndex(fields.count("validator", COMMITTEE_SIZE_MAX - 1));
}

/** [kind, name, public key, encryption key, stake]; what a kind does not have is nil, keys empty. */
function readChange(fields: FieldReader): CommitteeChange {
  const type = fields.choice("kind", CHANGES, "remove");
  const name = fields.text("name", NAME_MAX_BYTES);
  if (name === "") fields.fail("FIELD_LENGTH", "name: is empty");
  const keyBytes = WITH_KEYS.has(type) ? KEY_BYTES : 0;
  const publicKey = fields.bytes("publicKey", keyBytes);
  const encryptionKey = fields.bytes("encryptionKey", keyBytes);
  const stake = fields.integerOrNull("stake", STAKE_RANGE);
  if (WITH_STAKE.has(type) !== (stake !== null)) fields.fail("FIELD_TYPE", "stake: is missing or out of place");
  return changeOf(type, { name, publicKey, encryptionKey, stake: stake ?? STAKE_RANGE.min });
}

function changeOf(type: CommitteeChange["type"], fields: Omit<AddMember, "type">): CommitteeChange {
  const { name, publicKey, encryptionKey, stake } = fields;
  switch (type) {
    case "add":
      return { type, name, publicKey, encryptionKey, stake };
    case "rotateKey":
      return { type, name, publicKey, encryptionKey };
    case "reweigh":
      return { type, name, stake };
    case "remove":
      return { type, name };
    default:
      return assertNever(type);
  }
}

function proposalWire({ chainId, epoch: number, proposer, nonce, changes }: CommitteeProposal): WireValue {
  return [
    KINDS.indexOf("proposal"),
    digestToBytes(chainId),
    wireInteger(number),
    proposer,
    wireInteger(nonce),
    changes.map(changeWire),
  ];
}

function changeWire(change: CommitteeChange): WireValue {
  const none = new Uint8Array(0);
  const hasKeys = change.type === "add" || change.type === "rotateKey";
  const hasStake = change.type === "add" || change.type === "reweigh";
  return [
    CHANGES.indexOf(change.type),
    change.name,
    hasKeys ? change.publicKey : none,
    hasKeys ? change.encryptionKey : none,
    hasStake ? wireInteger(change.stake) : null,
  ];
}

function digestOfBody(body: Uint8Array, sha256: Sha256): Digest {
  return digestOf(sha256, "governance", body);
}

function sealed(body: Uint8Array, signer: Signer, sha256: Sha256): Uint8Array {
  const record = encode([body, signer.sign(digestToBytes(digestOfBody(body, sha256)))]);
  const transaction = new Uint8Array(TAG.length + record.length);
  transaction.set(TAG);
  transaction.set(record, TAG.length);
  return transaction;
}
