// The baseline as the world runs it: what all validators of a run share, and how each is made. Called by the protocol
// registry.

import {
  createCommittee,
  epoch,
  hexFromBytes,
  portableCrypto,
  portableSigner,
  utf8FromText,
} from "@selvedge/integrity";
import { tokenId } from "../../process/token.ts";
import type { ProcessPorts, Process, ProtocolChain } from "../../protocol/protocol.ts";
import type { CostTable } from "../../run/run-options.ts";
import type { Scenario } from "../../scenario/schema.ts";
import { genesisBlock } from "./codec.ts";
import { DiskRecords } from "./disk-records.ts";
import type { HotStuffSetup } from "./engine-port.ts";
import { MessageDesk, type RawBytes, transactionsIn, viewOf } from "./hotstuff-message.ts";
import { HotStuffProcess } from "./hotstuff-process.ts";
import { TransactionNames } from "./mempool.ts";
import { hotStuffParams } from "./params.ts";
import type { HotStuffMessage } from "./records.ts";
import { Verifier, modelledSignatures, realSignatures, secretOf } from "./signatures.ts";

const { sha256 } = portableCrypto;
const KIB = 1024;

export function createHotStuffChain(scenario: Scenario, costs?: CostTable): ProtocolChain {
  const setup = chainSetup(scenario);
  const { committee } = setup;
  const size = committee.validators.length;
  const desk = new MessageDesk(setup.weightOf);
  const records = new DiskRecords(sha256);
  return {
    protocol: scenario.protocol.name,
    size,
    stakes: committee.validators.map(({ stake }) => stake),
    faultyStakeMax: committee.faultyStakeMax,
    quorumStake: committee.quorumStake,
    committee,
    gcDepth: 0,
    createProcess: (self: number, ports: ProcessPorts): Process =>
      new HotStuffProcess({
        engine: { ...setup, self },
        ports,
        desk,
        records,
        decodesAlways: scenario.execution.codec === "bytes",
        signCostUs: Math.round(costs?.signUs ?? 0),
      }),
    receiveCostUs: ({ body, sizeBytes }) => (costs === undefined ? 0 : costUs(desk.bodyOf(body), sizeBytes, costs)),
    knownLeader: (round) => round % size,
    roundOf: ({ body }) => viewOf(desk.bodyOf(body)),
    blocksOf: () => [],
    damaged: (message, choices) => desk.damaged(message, choices),
    bodyFault: (body) =>
      desk.bodyOf(body) === undefined ? 'it must be one that it was shown, or { type: "bytes", bytes }' : undefined,
    forgery: null,
    makeUpdate: null,
    traceDigestOf: (process) => (process instanceof HotStuffProcess ? traceDigest(process) : ""),
  };
}

function chainSetup({ committee: spec, execution, protocol, workload }: Scenario): Omit<HotStuffSetup, "self"> {
  const members = Array.from({ length: spec.size }, (_, index) => ({
    stake: spec.stakes?.[index] ?? 1,
    // The modelled keys are no points of the curve; nobody looks.
    publicKey:
      execution.crypto === "real"
        ? portableSigner(secretOf(portableCrypto, index)).publicKey
        : secretOf(portableCrypto, index),
  }));
  const committee = createCommittee(epoch(0), members);
  const makeSignatures = execution.crypto === "real" ? realSignatures : modelledSignatures;
  const signatures = makeSignatures(portableCrypto, spec.size);
  const genesis = genesisBlock(sha256, spec.size);
  const perToken = workload.transactionsPerToken ?? 1;
  return {
    committee,
    params: hotStuffParams(protocol.local ?? {}),
    genesis,
    sha256,
    signatures,
    verifier: new Verifier({ committee, signatures, genesis: genesis.digest, sha256 }),
    names: new TransactionNames(sha256),
    transactionsPerToken: perToken,
    weightOf: (transaction) =>
      perToken === 1 || tokenId(transaction) === undefined ? transaction.length : perToken * workload.transactionBytes,
  };
}

/**
 * Signatures of certificates are counted in full with each proposal, and not again with timeouts: those carry what the
 * receiver has mostly checked before.
 */
function costUs(body: HotStuffMessage | RawBytes | undefined, sizeBytes: number, costs: CostTable): number {
  if (body === undefined || body.type === "bytes") return Math.round(costs.verifyUs);
  const hashUs = (costs.hashUsPerKiB * sizeBytes) / KIB;
  const transactionsUs = costs.transactionUs * transactionsIn(body).length;
  switch (body.type) {
    case "proposal": {
      const signatureCount = 1 + body.block.justify.signatures.length + (body.timeouts?.entries.length ?? 0);
      return Math.round(costs.verifyUs * signatureCount + costs.blockUs + hashUs + transactionsUs);
    }
    case "vote":
    case "timeout":
      return Math.round(costs.verifyUs + hashUs);
    case "blocks":
      return Math.round((costs.blockUs + costs.verifyUs) * body.blocks.length + hashUs + transactionsUs);
    default:
      return Math.round(hashUs + transactionsUs);
  }
}

function traceDigest({ engine }: HotStuffProcess): string {
  return hexFromBytes(sha256(utf8FromText(`${engine.view}/${engine.committedHeight}/${engine.committedDigest}`)));
}
