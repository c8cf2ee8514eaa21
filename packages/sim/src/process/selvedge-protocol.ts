// Our protocol as the world runs it, whole or with one family of slots only. Puts facts, processes, messages and the cost
// model together.

import type { SlotFamilies } from "@selvedge/consensus";
import {
  type VerifiedBlock,
  digestFromHex,
  encodeDelta,
  mustExist,
  sequenceNumber,
  signUpdateClaim,
  weightsOf,
} from "@selvedge/integrity";
import { forgeBlock } from "../adversary/forge.ts";
import type { Choices } from "../kernel/decisions.ts";
import type { OutgoingMessage } from "../protocol/message.ts";
import type { DeviceUpdate, Process, ProtocolChain } from "../protocol/protocol.ts";
import type { CostTable } from "../run/run-options.ts";
import type { Scenario } from "../scenario/schema.ts";
import { blockCostUs, ownBlockCostUs } from "./block-cost.ts";
import { BlockTruth } from "./block-truth.ts";
import { bodyFaults } from "./body-fault.ts";
import { sha256 } from "./modelled-crypto.ts";
import { SIM_MODEL, type SelvedgeFacts, createSelvedgeFacts } from "./selvedge-chain.ts";
import { blocksMessage, bytesMessage, isSelvedgeBody } from "./selvedge-message.ts";
import { SelvedgeProcess } from "./selvedge-process.ts";
import { tokenId } from "./token.ts";

/** Flattened transactions of commits that some node has just announced; every node announces the same ones. */
const COMMITS_REMEMBERED = 256;

export function createSelvedgeChain(
  scenario: Scenario,
  families: SlotFamilies,
  costs: CostTable | undefined,
): ProtocolChain {
  const facts = createSelvedgeFacts(scenario, families);
  const extraBytesOf = extraBytes(scenario);
  const transactionsOf = rememberedTransactions();
  const { committee } = facts;
  const truth = new BlockTruth(facts.crypto.sha256);
  let lifeCount = 0;
  return {
    protocol: scenario.protocol.name,
    size: committee.validators.length,
    stakes: committee.validators.map(({ stake }) => stake),
    faultyStakeMax: committee.faultyStakeMax,
    quorumStake: committee.quorumStake,
    committee,
    gcDepth: facts.params.gcDepth,
    createProcess: (index, ports) => {
      lifeCount += 1;
      return new SelvedgeProcess({
        facts,
        life: lifeCount,
        index,
        ports,
        hasLedger: scenario.execution.ledger !== false,
        decodesAlways: scenario.execution.codec === "bytes",
        extraBytesOf,
        transactionsOf,
        ownBlockCostUs: costs === undefined ? () => 0 : (block) => ownBlockCostUs(block, costs),
      });
    },
    receiveCostUs: costs === undefined ? () => 0 : ({ body }) => messageCostUs(body, costs),
    knownLeader: (round, process) =>
      process instanceof SelvedgeProcess ? (process.engine?.leaderOf(Math.max(1, round)) ?? 0) : 0,
    roundOf: (message) => highestRound(blocksIn(message)),
    blocksOf: blocksIn,
    damaged: (message, choices) => damagedMessage(message, choices),
    bodyFault: bodyFaults((block) => truth.holds(block)),
    forgery: {
      forge: (node, draft, timestampMs) => {
        const signer = mustExist(facts.signers[node], "a member has a signer");
        const block = forgeBlock({ setup: facts.setupOf(node), signer, author: node, timestampMs }, draft);
        if (block !== null) truth.noteMade(block);
        return block;
      },
      blocksMessage: (to, blocks) => blocksMessage(to, blocks, { request: null, extraBytesOf }),
      withBlocks: (message, blocks) => withBlocks(message, blocks, extraBytesOf),
      bytesMessage,
    },
    makeUpdate: (draft, gateway) => makeUpdate(facts, draft, gateway),
    traceDigestOf: (process) => (process instanceof SelvedgeProcess ? (process.engine?.traceDigest() ?? "") : ""),
  };
}

function blocksIn({ body }: OutgoingMessage): readonly VerifiedBlock[] {
  return isSelvedgeBody(body) && body.type === "blocks" ? body.blocks : NO_BLOCKS;
}

const NO_BLOCKS: readonly VerifiedBlock[] = [];

function highestRound(blocks: readonly VerifiedBlock[]): number {
  let highest = 0;
  for (const { ref } of blocks) if (ref.round > highest) highest = ref.round;
  return highest;
}

function messageCostUs(body: unknown, costs: CostTable): number {
  if (!isSelvedgeBody(body) || body.type !== "blocks") return 0;
  let micros = 0;
  for (const block of body.blocks) micros += blockCostUs(block, costs);
  return Math.round(micros);
}

function withBlocks(
  message: OutgoingMessage,
  blocks: readonly VerifiedBlock[],
  extraBytesOf: (block: VerifiedBlock) => number,
): OutgoingMessage {
  const { body } = message;
  if (!isSelvedgeBody(body) || body.type !== "blocks") return message;
  return blocksMessage(message.to, blocks, { request: body.request, extraBytesOf });
}

/** One bit flips. Of a push the first block's bytes arrive; anything else no longer decodes and is lost. */
function damagedMessage(message: OutgoingMessage, choices: Choices): OutgoingMessage | undefined {
  const [block] = blocksIn(message);
  if (block === undefined) return undefined;
  const bytes = block.bytes.slice();
  const bit = choices.below(bytes.length * 8);
  bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return bytesMessage(message.to, bytes);
}

function makeUpdate(
  facts: SelvedgeFacts,
  draft: { readonly device: number; readonly sequence: number; readonly variant: number },
  gateway: Process | null,
): DeviceUpdate {
  const signer = mustExist(facts.devices[draft.device], "the workload has this device");
  const [model] = facts.genesis.models;
  const [tensor] = mustExist(model, "the world has one model").tensors;
  const size = tensor?.shape[0] ?? 1;
  const values = Float32Array.from({ length: size }, (_, index) => deltaValue(draft, index));
  const encoded = encodeDelta(weightsOf([{ name: "w", shape: [size], values }]), "f32");
  const payload = encoded.ok ? encoded.value : new Uint8Array(0);
  const base = gateway instanceof SelvedgeProcess ? gateway.newestVersion() : "";
  const signed = signUpdateClaim(
    {
      chainId: facts.chainId,
      modelId: SIM_MODEL,
      baseVersion: digestFromHex(base === "" ? "0".repeat(64) : base),
      sequence: sequenceNumber(draft.sequence),
      payloadRoot: facts.rootOf(payload),
      payloadBytes: payload.length,
      codec: "f32",
      sampleCount: 1,
    },
    signer,
    sha256,
  );
  return { device: draft.device, sequence: draft.sequence, signed, payload };
}

/** Any small numbers that differ between updates. */
function deltaValue(
  { device, sequence, variant }: { device: number; sequence: number; variant: number },
  index: number,
): number {
  return ((device * 31 + sequence * 17 + variant * 7 + index) % 64) / 64 - 0.5;
}

/** Bytes that tokens stand for beyond their own. */
function extraBytes({ workload }: Scenario): (block: VerifiedBlock) => number {
  const scale = workload.transactionsPerToken ?? 1;
  if (scale === 1) return () => 0;
  return ({ body }) => {
    let extra = 0;
    for (const transaction of body.transactions)
      if (tokenId(transaction) !== undefined) extra += scale * workload.transactionBytes - transaction.length;
    return extra;
  };
}

function rememberedTransactions(): (digest: string, blocks: readonly VerifiedBlock[]) => readonly Uint8Array[] {
  const remembered = new Map<string, readonly Uint8Array[]>();
  return (digest, blocks) => {
    const known = remembered.get(digest);
    if (known !== undefined) return known;
    const transactions = blocks.flatMap(({ body }) => body.transactions);
    remembered.set(digest, transactions);
    const [oldest] = remembered.keys();
    if (remembered.size > COMMITS_REMEMBERED && oldest !== undefined) remembered.delete(oldest);
    return transactions;
  };
}
