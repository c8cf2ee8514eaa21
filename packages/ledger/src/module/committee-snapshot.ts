// The committee's part of a ledger snapshot as bytes. Proposals are kept as the transactions that brought them, so that
// reading them back is the same decoding; signatures and dealings were checked when they were output, and the state root
// tells whether they are the ones.

import {
  COMMITTEE_SIZE_MAX,
  type Committee,
  DEALING_PARTS_MAX,
  DEALING_PART_BYTES,
  type DealtPublicKeys,
  EPOCH_START_MAX_BYTES,
  type EpochStart,
  FieldReader,
  GOVERNANCE_MAX_BYTES,
  type Rejection,
  type Result,
  type Sha256,
  type SignedProposal,
  type ValidatorIndex,
  type WireValue,
  committeeOfEpoch,
  decode,
  decodeGovernance,
  digestToBytes,
  encode,
  encodeEpochStart,
  endMarkersWire,
  err,
  isMember,
  ok,
  readEndMarkers,
  rejection,
  restoreEpochStart,
  validatorIndex,
  wireInteger,
} from "@selvedge/integrity";
import type { CommitteeSnapshot, KeyDealings } from "./committee-state.ts";
import { type DealingsSnapshot, VERDICTS, dealingDigest, keysWire } from "./dealings.ts";
import { type GovernanceOptions, governanceFault } from "./governance.ts";
import { type MemberCounts, type OpenProposal, approvedStakeOf, memberCountsWire } from "./proposals.ts";

const MANY: number = Number.MAX_SAFE_INTEGER;
const FIELD_COUNT = 10;
const KEY_BYTES = 32;
const KEY_SIZE = { min: KEY_BYTES, max: KEY_BYTES };
/** With the tag before the record. */
const TRANSACTION_MAX_BYTES: number = GOVERNANCE_MAX_BYTES + 64;
const DEALING_MAX_BYTES: number = DEALING_PARTS_MAX * DEALING_PART_BYTES;

export function encodeCommittee(snapshot: CommitteeSnapshot): Uint8Array {
  const { start, next, governance, markers, keyDealings } = snapshot;
  const { proposals, dealings, isEnding } = governance;
  return encode([
    // That of epoch 0 follows from the genesis.
    start.epoch === 0 ? null : encodeEpochStart(start),
    next === null ? null : encodeEpochStart(next),
    memberCountsWire(proposals.nonces),
    memberCountsWire(proposals.unsound),
    proposals.open.map(proposalWire),
    proposals.approved === null ? null : proposalWire(proposals.approved),
    dealings === null ? null : dealingsWire(dealings),
    isEnding ? 1 : 0,
    endMarkersWire(markers),
    keyDealings === null ? null : keyDealingsWire(keyDealings),
  ]);
}

/** @param genesis the start of epoch 0 */
export function decodeCommittee(
  bytes: Uint8Array,
  options: GovernanceOptions,
  genesis: EpochStart,
): Result<CommitteeSnapshot, Rejection> {
  const value = decode(bytes, { bytesMax: MANY, itemsMax: MANY });
  if (!value.ok) return value;
  const fields = FieldReader.open(value.value, { name: "committee snapshot", fieldCount: FIELD_COUNT });
  const start = readStart(fields) ?? genesis;
  const read = readCommittee(fields, { sha256: options.crypto.sha256, start, committee: committeeOfEpoch(start) });
  const snapshot = fields.finish(() => read);
  if (!snapshot.ok) return snapshot;
  const fault = committeeFault(options, snapshot.value);
  return fault === undefined ? snapshot : err(fault);
}

interface CommitteeReader {
  readonly sha256: Sha256;
  readonly start: EpochStart;
  readonly committee: Committee;
}

function readCommittee(fields: FieldReader, reader: CommitteeReader): CommitteeSnapshot {
  const { start, committee, sha256 } = reader;
  const size = committee.validators.length;
  const next = readStart(fields) ?? null;
  const nonces = readMemberCounts(fields, "nonces", size);
  const unsound = readMemberCounts(fields, "unsound proposals", size);
  const shape = { name: "proposal", fieldCount: 3 };
  const open = fields.records({ ...shape, entriesMax: MANY }, (entry) => readProposal(entry, reader));
  const approved = fields.recordOrNull(shape, (entry) => readProposal(entry, reader));
  const dealings = fields.recordOrNull({ name: "dealings", fieldCount: 3 }, (entry) => readDealings(entry, size));
  const isEnding = fields.count("isEnding", 1) === 1;
  const markers = readEndMarkers(fields);
  const keyDealings = fields.recordOrNull({ name: "key dealings", fieldCount: 2 }, (entry) =>
    readKeyDealings(entry, sha256),
  );
  const proposals = { nonces, unsound, open: present(open), approved: approved ?? null };
  return { start, next, governance: { proposals, dealings, isEnding }, markers, keyDealings };
}

function readMemberCounts(fields: FieldReader, name: string, size: number): MemberCounts {
  return fields.records(
    { name, fieldCount: 2, entriesMax: size },
    (entry) => [readMember(entry, size), entry.count("count")] as const,
  );
}

/** Why no state can be made of it. Asked before one is, since a snapshot may come from a peer. */
function committeeFault(options: GovernanceOptions, snapshot: CommitteeSnapshot): Rejection | undefined {
  const { start, next, governance, markers } = snapshot;
  const committee = committeeOfEpoch(start);
  if (next !== null && next.epoch !== start.epoch + 1) return rejection("EPOCH_BASE", "the next epoch is another");
  if (!markers.every(({ author }) => isMember(committee, author))) {
    return rejection("GOVERNANCE_NO_MEMBER", "an end marker is none of a member");
  }
  if (governance.isEnding && governance.proposals.approved === null) {
    return rejection("PROPOSAL_UNKNOWN", "the epoch ends for no change");
  }
  return governanceFault({ ...options, start, committee }, governance);
}

function proposalWire({ transaction, since, approvals }: OpenProposal): WireValue {
  return [transaction, wireInteger(since), approvals];
}

function dealingsWire({ dealers, counted, keys }: DealingsSnapshot): WireValue {
  return [
    dealers.map(({ dealer, verdict, parts }) => [dealer, VERDICTS.indexOf(verdict), parts]),
    counted,
    keys === null ? null : keysWire(keys),
  ];
}

function keyDealingsWire({ proposal, dealings }: KeyDealings): WireValue {
  return [digestToBytes(proposal), dealings.map(({ dealer, bytes }) => [dealer, bytes])];
}

function readStart(fields: FieldReader): EpochStart | undefined {
  const bytes = fields.bytesOrNull("start", EPOCH_START_MAX_BYTES);
  if (bytes === null || !fields.isSound) return undefined;
  const start = restoreEpochStart(bytes);
  if (start.ok) return start.value;
  fields.fail(start.error.code, `start: ${start.error.detail}`);
  return undefined;
}

function readMember(fields: FieldReader, size: number): ValidatorIndex {
  return validatorIndex(fields.count("validator", size - 1));
}

function readMembers(fields: FieldReader, field: string, size: number): readonly ValidatorIndex[] {
  return fields.integerList(field, { entriesMax: size, range: { min: 0, max: size - 1 } }).map(validatorIndex);
}

function readProposal(fields: FieldReader, { sha256, committee }: CommitteeReader): OpenProposal | undefined {
  const transaction = fields.bytesUpTo("transaction", TRANSACTION_MAX_BYTES);
  const since = fields.count("since");
  const approvals = readMembers(fields, "approvals", committee.validators.length);
  if (!fields.isSound) return undefined;
  const signed = proposalOf(transaction, sha256);
  if (!signed.ok) {
    fields.fail(signed.error.code, `transaction: ${signed.error.detail}`);
    return undefined;
  }
  const { digest, proposal, signature } = signed.value;
  const approvedStake = approvedStakeOf(committee, approvals);
  return { digest, proposal, signature, transaction, since, approvals, approvedStake };
}

function proposalOf(transaction: Uint8Array, sha256: Sha256): Result<SignedProposal, Rejection> {
  const decoded = decodeGovernance(transaction, sha256);
  if (!decoded.ok) return decoded;
  return decoded.value.type === "proposal"
    ? ok(decoded.value)
    : err(rejection("GOVERNANCE_MALFORMED", "another transaction in the place of a proposal"));
}

function readDealings(fields: FieldReader, size: number): DealingsSnapshot {
  const partSize = { min: 0, max: DEALING_PART_BYTES };
  return {
    dealers: fields.records({ name: "dealers", fieldCount: 3, entriesMax: size }, (entry) => ({
      dealer: readMember(entry, size),
      verdict: entry.choice("verdict", VERDICTS, "gathering"),
      parts: entry.bytesList("parts", { entriesMax: DEALING_PARTS_MAX, size: partSize }),
    })),
    counted: readMembers(fields, "counted", size),
    keys: fields.recordOrNull({ name: "keys", fieldCount: 2 }, readKeys),
  };
}

/** [group key, [shares of member 0, …]] */
function readKeys(fields: FieldReader): DealtPublicKeys {
  return {
    groupPublicKey: fields.bytes("groupPublicKey", KEY_BYTES),
    publicShares: fields.records(
      { name: "shares of a member", fieldCount: 1, entriesMax: COMMITTEE_SIZE_MAX },
      (entry) => entry.bytesList("publicShares", { entriesMax: MANY, size: KEY_SIZE }),
    ),
  };
}

function readKeyDealings(fields: FieldReader, sha256: Sha256): KeyDealings {
  return {
    proposal: fields.digest("proposal"),
    dealings: fields.records({ name: "counted dealings", fieldCount: 2, entriesMax: COMMITTEE_SIZE_MAX }, (entry) => {
      const dealer = readMember(entry, COMMITTEE_SIZE_MAX);
      const bytes = entry.bytesUpTo("bytes", DEALING_MAX_BYTES);
      return { dealer, bytes, digest: dealingDigest(sha256, bytes) };
    }),
  };
}

function present<Value>(values: readonly (Value | undefined)[]): readonly Value[] {
  return values.filter((value) => value !== undefined);
}
