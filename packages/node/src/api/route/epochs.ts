// Routes of the committee: who votes now, which change is under way and what it waits for, and the records by which a device
// follows every change from the genesis on.

import { type EpochStart, committeeOfEpoch, epochStartDigest, hexFromBytes } from "@selvedge/integrity";
import type { ApprovedInfo, EpochInfo, ProposalInfo } from "@selvedge/ledger";
import { sha256 } from "../../crypto.ts";
import type { NodeServices } from "../../daemon/services.ts";
import { encodeEpochStep } from "../../epoch/epoch-record.ts";
import { changeSentence } from "../../epoch/epoch-status.ts";
import { notFound } from "../problem.ts";
import { type Answer, type Exchange, JSON_TYPE, type Route, jsonResponse } from "../route.ts";
import { parseCount } from "../values.ts";

type Json = Readonly<Record<string, unknown>>;

export const EPOCH_ROUTES: readonly Route[] = [
  {
    method: "GET",
    path: "/v1/epochs",
    summary: "The present committee, and the change of it that is under way",
    produces: [JSON_TYPE],
    handle: async ({ context: { services } }) => jsonResponse(presentJson(services)),
  },
  {
    method: "GET",
    path: "/v1/epochs/{epoch}",
    summary: "How one epoch started, with the certificate and proof by which a device believes it",
    produces: [JSON_TYPE],
    handle: showEpoch,
  },
];

function presentJson(services: NodeServices): Json {
  const info = services.epochInfo();
  const { start, isEnding, next, open } = info;
  return {
    ...startJson(start),
    change: changeSentence(info),
    isEnding,
    next: next === null ? null : startJson(next),
    open: open.map(proposalJson),
    approved: approvedJson(info),
  };
}

async function showEpoch({ context: { services }, param }: Exchange): Promise<Answer> {
  const epoch = parseCount(param("epoch"), "an epoch");
  if (!epoch.ok) return epoch.error;
  const [start, step] = await Promise.all([services.epochStart(epoch.value), services.epochStep(epoch.value)]);
  if (start === undefined) return notFound("EPOCH_UNKNOWN", "this node has no such epoch");
  return jsonResponse({ ...startJson(start), record: step === undefined ? null : hexFromBytes(encodeEpochStep(step)) });
}

function startJson(start: EpochStart): Json {
  const { quorumStake, totalStake } = committeeOfEpoch(start);
  const { index, digest, timestampMs } = start.base;
  return {
    epoch: start.epoch,
    startDigest: epochStartDigest(start, sha256),
    base: { index, digest, timestampMs },
    coin: start.coin.setup,
    totalStake,
    quorumStake,
    members: start.members.map(({ name, stake, publicKey, encryptionKey, coinPublicShares }) => ({
      name,
      stake,
      publicKey: hexFromBytes(publicKey),
      encryptionKey: hexFromBytes(encryptionKey),
      tickets: coinPublicShares.length,
    })),
  };
}

function proposalJson({ digest, proposal, since, approvals, approvedStake }: ProposalInfo): Json {
  const { proposer, nonce, changes } = proposal;
  return {
    digest,
    proposer,
    nonce,
    since,
    approvals,
    approvedStake,
    changes: changes.map((change) => {
      const { type, name } = change;
      const stake = "stake" in change ? { stake: change.stake } : {};
      const keys =
        "publicKey" in change
          ? { publicKey: hexFromBytes(change.publicKey), encryptionKey: hexFromBytes(change.encryptionKey) }
          : {};
      return { type, name, ...stake, ...keys };
    }),
  };
}

function approvedJson({ approved, markedStake }: EpochInfo): Json | null {
  return approved === null ? null : { ...proposalJson(approved), markedStake, dealings: dealingsJson(approved) };
}

function dealingsJson({ dealings }: ApprovedInfo): Json | null {
  if (dealings === null) return null;
  const { dealers, countedStake, isComplete, sizeBytes } = dealings;
  return { countedStake, isComplete, sizeBytes, dealers: dealers.map(({ dealer, verdict }) => ({ dealer, verdict })) };
}
