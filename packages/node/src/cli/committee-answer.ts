// What a node says of its committee, as the commands read and show it. The node's text is untrusted.

import { type Static, Type } from "typebox";
import { Value } from "typebox/value";
import { NodeError } from "../errors.ts";
import { type ApiAddress, readApi } from "./api-read.ts";
import { printable, table } from "./output.ts";

const TEXT = Type.String({ maxLength: 256 });
const COUNT = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });

const START = {
  epoch: COUNT,
  startDigest: TEXT,
  base: Type.Object({ index: COUNT }),
  coin: TEXT,
  totalStake: COUNT,
  quorumStake: COUNT,
  members: Type.Array(Type.Object({ name: TEXT, stake: COUNT, publicKey: TEXT, encryptionKey: TEXT, tickets: COUNT }), {
    maxItems: 1024,
  }),
};

const PROPOSAL = Type.Object({
  digest: TEXT,
  proposer: COUNT,
  approvals: Type.Array(COUNT, { maxItems: 1024 }),
  approvedStake: COUNT,
  changes: Type.Array(
    Type.Object({
      type: TEXT,
      name: TEXT,
      stake: Type.Optional(COUNT),
      publicKey: Type.Optional(TEXT),
      encryptionKey: Type.Optional(TEXT),
    }),
    { maxItems: 1024 },
  ),
});

const START_ANSWER = Type.Object(START);
const ANSWER = Type.Object({
  ...START,
  change: Type.Union([Type.String({ maxLength: 1024 }), Type.Null()]),
  open: Type.Array(PROPOSAL, { maxItems: 4096 }),
  approved: Type.Union([PROPOSAL, Type.Null()]),
});

export type StartAnswer = Static<typeof START_ANSWER>;
export type CommitteeAnswer = Static<typeof ANSWER>;
export type ProposalAnswer = Static<typeof PROPOSAL>;
type ChangeAnswer = ProposalAnswer["changes"][number];

export async function readCommittee(address: ApiAddress): Promise<CommitteeAnswer> {
  const answer = await readApi(address, "/v1/epochs");
  if (Value.Check(ANSWER, answer)) return answer;
  throw new NodeError("API_ERROR", `${address.url} does not answer as a node of this version`);
}

export async function readEpoch(address: ApiAddress, epoch: number): Promise<StartAnswer> {
  const answer = await readApi(address, `/v1/epochs/${epoch}`);
  if (Value.Check(START_ANSWER, answer)) return answer;
  throw new NodeError("API_ERROR", `${address.url} does not answer as a node of this version`);
}

export function membersTable({ members }: StartAnswer): string {
  const rows = members.map(({ name, stake, publicKey, tickets }, index) => [
    String(index),
    printable(name),
    String(stake),
    String(tickets),
    printable(publicKey),
  ]);
  return table([["INDEX", "NAME", "STAKE", "COIN SHARES", "PUBLIC KEY"], ...rows]);
}

/** What is open or approved, and what each of it still needs. */
export function changesText(answer: CommitteeAnswer): string {
  const { approved, open, change } = answer;
  const under = approved === null ? open : [approved];
  const lines = under.flatMap((proposal) => proposalLines(answer, proposal, approved !== null));
  return [...(change === null ? [] : [`change      ${printable(change)}`]), ...lines]
    .map((line) => `${line}\n`)
    .join("");
}

/** Keys in full: whoever approves compares them with what the member told them. */
function changeLines({ type, name, stake, publicKey, encryptionKey }: ChangeAnswer): readonly string[] {
  return [
    `  wants     ${printable(type)} ${printable(name)}${stake === undefined ? "" : ` (stake ${stake})`}`,
    ...(publicKey === undefined ? [] : [`            public key      ${printable(publicKey)}`]),
    ...(encryptionKey === undefined ? [] : [`            encryption key  ${printable(encryptionKey)}`]),
  ];
}

function proposalLines(
  { members, quorumStake }: CommitteeAnswer,
  { digest, changes, approvals, approvedStake, proposer }: ProposalAnswer,
  isApproved: boolean,
): readonly string[] {
  const nameOf = (index: number): string => printable(members[index]?.name ?? String(index));
  const missing = members.map((_, index) => index).filter((index) => !approvals.includes(index));
  return [
    `proposal    ${printable(digest)}`,
    `  by        ${nameOf(proposer)}`,
    ...(changes.length === 0 ? ["  wants     a fresh key of the coin"] : changes.flatMap(changeLines)),
    `  approved  by ${approvals.map(nameOf).join(", ")}: stake ${approvedStake} of ${quorumStake}`,
    ...(isApproved
      ? []
      : [
          `  missing   stake ${quorumStake - approvedStake} of ${missing.map(nameOf).join(", ")}; each of them runs:`,
          `            selvedge validator approve ${printable(digest)}`,
        ]),
  ];
}
