// What a proposal would make of the present members, and why it may not. Pure: the ledger asks when a proposal is output,
// and a host may ask before it signs one.

import {
  COMMITTEE_SIZE_MAX,
  type CommitteeChange,
  DEALING_PARTS_MAX,
  DEALING_PART_BYTES,
  type DealingScheme,
  type MemberIdentity,
  type Rejection,
  type Result,
  assertNever,
  err,
  memberFault,
  ok,
  rejection,
  togetherFault,
} from "@selvedge/integrity";

/** The members in their new order: those who stay keep theirs, who joins comes last. Each change alone must be sound. */
export function changedMembers(
  members: readonly MemberIdentity[],
  changes: readonly CommitteeChange[],
): Result<readonly MemberIdentity[], Rejection> {
  let next: readonly MemberIdentity[] = members;
  for (const change of changes) {
    const changed = applied(next, change);
    if (!changed.ok) return changed;
    next = changed.value;
  }
  const fault = togetherFault(next);
  return fault === undefined ? ok(next) : err(fault);
}

/** Bytes of each dealing of the coin's key for these members; refused if they can have no coin. */
export function dealingSize(members: readonly MemberIdentity[], scheme: DealingScheme): Result<number, Rejection> {
  const size = scheme.sizeOf(members);
  if (!size.ok) return size;
  return size.value <= DEALING_PARTS_MAX * DEALING_PART_BYTES
    ? size
    : err(rejection("DEALING_TOO_LARGE", `a dealing for ${members.length} members would have ${size.value} bytes`));
}

function applied(
  members: readonly MemberIdentity[],
  change: CommitteeChange,
): Result<readonly MemberIdentity[], Rejection> {
  if (change.type === "add") return added(members, change);
  const position = members.findIndex(({ name }) => name === change.name);
  const member = members[position];
  if (member === undefined) {
    return err(rejection("PROPOSAL_MEMBER_UNKNOWN", `${change.name} is no member where the proposal changes it`));
  }
  switch (change.type) {
    case "remove":
      return ok(members.toSpliced(position, 1));
    case "reweigh":
      return replaced(members, position, { ...member, stake: change.stake });
    case "rotateKey": {
      const { publicKey, encryptionKey } = change;
      return replaced(members, position, { ...member, publicKey, encryptionKey });
    }
    default:
      return assertNever(change);
  }
}

function added(
  members: readonly MemberIdentity[],
  { name, stake, publicKey, encryptionKey }: MemberIdentity,
): Result<readonly MemberIdentity[], Rejection> {
  const fault = memberFault({ name, stake, publicKey, encryptionKey });
  if (fault !== undefined) return err(fault);
  if (members.length >= COMMITTEE_SIZE_MAX) {
    return err(rejection("MEMBERS_TOO_MANY", `more than ${COMMITTEE_SIZE_MAX} members`));
  }
  return ok([...members, { name, stake, publicKey, encryptionKey }]);
}

function replaced(
  members: readonly MemberIdentity[],
  position: number,
  member: MemberIdentity,
): Result<readonly MemberIdentity[], Rejection> {
  const fault = memberFault(member);
  return fault === undefined ? ok(members.with(position, member)) : err(fault);
}
