// A network in one process whose committee changes: nodes are known by their place in the plan, whatever their index in an
// epoch is, and sign governance with the keys that they hold.

import {
  type CommitteeChange,
  type Committee,
  type Digest,
  MemoryDisk,
  type UpdateDigest,
  bytesFromHex,
  dealingSecretOf,
  encryptionKeyOf,
  hexFromBytes,
  mustExist,
  signApproval,
  signDealing,
  signProposal,
} from "@selvedge/integrity";
import { sha256 } from "../../src/crypto.ts";
import { type MemberKey, identityIn, memberKeyOf } from "../../src/daemon/identity.ts";
import type { RunningNode } from "../../src/daemon/node.ts";
import type { NodeSetup } from "../../src/daemon/parts.ts";
import type { NetworkPlan } from "../../src/devnet/make-network.ts";
import { DEFAULT_NETWORK_LIMITS } from "../../src/network/limits.ts";
import type { Remote } from "../../src/network/transport.ts";
import { LocalNetwork } from "../daemon/local-network.ts";
import { submitTinyUpdate, tinyUpdate } from "../tiny-update.ts";

export class EpochNetwork extends LocalNetwork {
  /** By node: the keys that it holds, the first one from the start. */
  readonly keys: MemberKey[][];
  #nonce = 0;

  constructor(validators: number, newcomers: number, plan: Partial<NetworkPlan> = { coin: "none" }) {
    super(validators, 2, newcomers, plan);
    this.keys = Array.from({ length: validators + newcomers }, (_, index) => {
      const dealt = this.network.validators[index];
      const seed = dealt === undefined ? new Uint8Array(32).fill(200 + index) : bytesFromHex(dealt.secrets.signing);
      return [memberKeyOf(seed)];
    });
  }

  override start(index: number, overrides: Partial<NodeSetup> = {}): Promise<RunningNode> {
    this.disks[index] ??= new MemoryDisk();
    const dealt = this.network.validators[index]?.secrets;
    return super.start(index, {
      identity: {
        validator: null,
        networkSecret: new Uint8Array(32),
        coinSecret: dealt?.coin === undefined ? null : bytesFromHex(dealt.coin),
        memberKeys: mustExist(this.keys[index], "a node of the plan"),
      },
      makeTransport: async ({ committee, identity: { validator } }) =>
        this.hub.createTransport({
          name: String(index),
          self:
            validator === null
              ? { kind: "observer", id: String(index) }
              : { kind: "validator", index: validator.index },
          remoteOf: (name) => this.#remoteIn(committee, Number(name)),
          mode: "direct",
          limits: DEFAULT_NETWORK_LIMITS,
          sha256,
        }),
      ...overrides,
    });
  }

  /** The change as node `by` proposes it, approved by the others named. */
  async change(changes: readonly CommitteeChange[], by: number, approvers: readonly number[]): Promise<Digest> {
    const { chainId, epochInfo } = this.at(by).services;
    this.#nonce += 1;
    const draft = { chainId, epoch: epochInfo().start.epoch, nonce: this.#nonce, changes };
    const { digest, transaction } = signProposal(draft, this.#signerOf(by), sha256);
    await this.submit(by, transaction);
    for (const approver of approvers)
      await this.submit(approver, signApproval(digest, this.#signerOf(approver), sha256));
    return digest;
  }

  async submit(by: number, transaction: Uint8Array): Promise<void> {
    const { services } = this.at(by);
    const submitted = await services.submitTransaction(transaction);
    if (!submitted.ok) throw new Error(submitted.error.detail);
    const view = await services.waitForTransaction(submitted.value.digest, AbortSignal.timeout(20_000));
    if (view.state !== "committed") throw new Error(`a transaction of node ${by} is ${view.state}`);
  }

  /** An update of a device handed to a gateway, payload and all. */
  async update(device: number, sequence: number, by: number): Promise<UpdateDigest> {
    const { services } = this.at(by);
    const { secrets } = mustExist(this.network.devices[device], "a device of the plan");
    const made = tinyUpdate({
      chainId: services.chainId,
      model: mustExist(services.models()[0], "the network has one model"),
      chunkBytes: this.genesis.params.payloadChunkBytes,
      secret: secrets.signing,
      value: sequence,
      sequence,
    });
    await submitTinyUpdate(services, made);
    return made.update.digest;
  }

  /** Parts of a dealing that is none, signed by the node's key. */
  async dealBadly(by: number, wanted: { readonly proposal: Digest; readonly sizeBytes: number }): Promise<void> {
    const bytes = new Uint8Array(wanted.sizeBytes).fill(7);
    for (const part of signDealing({ proposal: wanted.proposal, bytes }, this.#signerOf(by), sha256))
      await this.submit(by, part);
  }

  at(index: number): RunningNode {
    return mustExist(this.nodes[index], "the node was started");
  }

  publicsOf(index: number, key = 0): { readonly publicKey: Uint8Array; readonly encryptionKey: Uint8Array } {
    const { signer, signingSeed } = mustExist(this.keys[index]?.[key], "the node holds the key");
    return { publicKey: signer.publicKey, encryptionKey: encryptionKeyOf(dealingSecretOf(signingSeed)) };
  }

  epochOf(index: number): number {
    return this.at(index).services.status().epoch.number;
  }

  #signerOf(index: number) {
    const { start } = this.at(index).services.epochInfo();
    for (const { signer } of mustExist(this.keys[index], "a node of the plan")) {
      const own = start.members.findIndex(
        ({ publicKey }) => hexFromBytes(publicKey) === hexFromBytes(signer.publicKey),
      );
      if (own >= 0)
        return { validator: mustExist(this.at(index).services.status().validator ?? undefined, "a member"), signer };
    }
    throw new Error(`node ${index} is no member`);
  }

  #remoteIn(committee: Committee, index: number): Remote {
    const keys = mustExist(this.keys[index], "a node of the plan");
    const { validator } = identityIn(
      { validator: null, networkSecret: new Uint8Array(), coinSecret: null, memberKeys: keys },
      committee,
    );
    return validator === null ? { kind: "observer", id: String(index) } : { kind: "validator", index: validator.index };
  }
}
