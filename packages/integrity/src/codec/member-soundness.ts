// What the members of a committee may not be, whether they come from a genesis (genesis-soundness.ts has that one's own
// codes), from the start of an epoch or from a proposal: the ledger and light devices judge by the same lines.

import { isGroupKey } from "../crypto/dealing-key.ts";
import { hexFromBytes } from "../digest.ts";
import type { EpochMember } from "../epoch.ts";
import { type Rejection, rejection } from "../fault.ts";
import { COMMITTEE_SIZE_MAX, STAKE_MAX } from "../limits.ts";
import { isSoundPublicKey } from "./public-key.ts";

/** A member without the coin's shares, which a proposal cannot know. */
export type MemberIdentity = Omit<EpochMember, "coinPublicShares">;

/** Why these are no committee, or undefined if they are one. */
export function membersFault(members: readonly MemberIdentity[]): Rejection | undefined {
  for (const member of members) {
    const fault = memberFault(member);
    if (fault !== undefined) return fault;
  }
  return togetherFault(members);
}

/** What is wrong with them as a whole, each of them being sound. */
export function togetherFault(members: readonly MemberIdentity[]): Rejection | undefined {
  if (members.length === 0) return rejection("MEMBERS_EMPTY", "a committee has members");
  if (members.length > COMMITTEE_SIZE_MAX) {
    return rejection("MEMBERS_TOO_MANY", `${members.length} members, allowed are ${COMMITTEE_SIZE_MAX}`);
  }
  return (
    repeated(
      "name",
      members.map(({ name }) => name),
    ) ??
    repeated(
      "key",
      members.map(({ publicKey }) => hexFromBytes(publicKey)),
    ) ??
    repeated(
      "encryption key",
      members.map(({ encryptionKey }) => hexFromBytes(encryptionKey)),
    )
  );
}

/** What is wrong with one of them by itself. */
export function memberFault({ name, stake, publicKey, encryptionKey }: MemberIdentity): Rejection | undefined {
  if (!Number.isSafeInteger(stake) || stake < 1 || stake > STAKE_MAX) {
    return rejection("MEMBER_STAKE", `the stake of ${name} is not within 1 and ${STAKE_MAX}`);
  }
  if (!isSoundPublicKey(publicKey)) {
    return rejection("MEMBER_KEY", `the public key of ${name} is no point of the curve or has small order`);
  }
  if (!isGroupKey(encryptionKey)) {
    return rejection("MEMBER_ENCRYPTION_KEY", `the encryption key of ${name} is no group element`);
  }
  return undefined;
}

function repeated(what: string, values: readonly string[]): Rejection | undefined {
  const seen = new Set<string>();
  for (const value of values) {
    if (seen.has(value)) return rejection("MEMBER_DUPLICATE", `two members have the ${what} ${value}`);
    seen.add(value);
  }
  return undefined;
}
