// The committees of all epochs that this device has followed, from the genesis on: each step is a checkpoint certificate by
// the committee before and the proof that the certified state names the next one. Kept in a file and verified anew, step by
// step, whenever it is opened; no gateway has to be believed.

import {
  type ChainId,
  type Committee,
  type Crypto,
  type EpochStart,
  type Genesis,
  type Rejection,
  type Result,
  bytesFromHex,
  committeeOfEpoch,
  epochStartOf,
  err,
  mustExist,
  ok,
  rejection,
} from "@selvedge/integrity";
import { followEpoch } from "@selvedge/ledger";
import { type Static, Type } from "typebox";
import { Value } from "typebox/value";
import { decodeEpochStep } from "../epoch/epoch-record.ts";
import { NodeError } from "../errors.ts";
import { readTextIfThere, writeFileAtomically } from "../storage/files.ts";
import { type GatewayClient, type GatewayResult, refusedAnswer } from "./gateway-client.ts";

const FILE_MAX_BYTES: number = 64 * 1024 * 1024;
const FILE_MODE = 0o600;
const HEX = /^(?:[0-9a-f]{2})+$/u;
/** Steps followed for one question: more is a gateway that keeps us busy, or a device that was off for years. */
const STEPS_PER_QUESTION_MAX = 1000;

const ANSWER = Type.Object({ record: Type.String({ pattern: "^([0-9a-f]{2})+$" }) });

export interface TrailSetup {
  readonly path: string;
  readonly genesis: Genesis;
  readonly chainId: ChainId;
  readonly crypto: Crypto;
}

export class CommitteeTrail {
  readonly #setup: TrailSetup;
  readonly #starts: EpochStart[];
  readonly #committees: Committee[];
  /** One line a step, as in the file. */
  readonly #lines: string[] = [];
  /** One question at a time. */
  #queue: Promise<unknown> = Promise.resolve();

  private constructor(setup: TrailSetup) {
    this.#setup = setup;
    const first = epochStartOf(setup.genesis);
    this.#starts = [first];
    this.#committees = [committeeOfEpoch(first)];
  }

  /** Rejects with FILE_MALFORMED if the file does not lead on from the genesis. */
  static async open(setup: TrailSetup): Promise<CommitteeTrail> {
    const trail = new CommitteeTrail(setup);
    const text = (await readTextIfThere(setup.path, FILE_MAX_BYTES)) ?? "";
    for (const line of text.split("\n").slice(0, -1)) {
      const step = HEX.test(line) ? trail.#step(line) : undefined;
      if (step?.ok !== true)
        throw new NodeError("FILE_MALFORMED", `${setup.path} does not follow from this network's genesis`);
    }
    return trail;
  }

  /** Of the newest epoch that is known. */
  get committee(): Committee {
    return mustExist(this.#committees.at(-1), "the genesis has a committee");
  }

  committeeIn(epoch: number): Committee | undefined {
    return this.#committees[epoch];
  }

  /** Follows the changes up to an epoch; durable when it resolves. True if the epoch is known then. */
  async follow(
    client: Pick<GatewayClient, "json">,
    { gateway, epoch }: { readonly gateway: string; readonly epoch: number },
    signal: AbortSignal,
  ): Promise<GatewayResult<true>> {
    const followed = this.#queue.then(async () => this.#follow(client, { gateway, epoch }, signal));
    this.#queue = followed.catch(() => undefined);
    return followed;
  }

  async #follow(
    client: Pick<GatewayClient, "json">,
    { gateway, epoch }: { readonly gateway: string; readonly epoch: number },
    signal: AbortSignal,
  ): Promise<GatewayResult<true>> {
    const known = this.#committees.length;
    for (let steps = 0; this.#committees.length <= epoch && steps < STEPS_PER_QUESTION_MAX; steps += 1) {
      const answer = await client.json(gateway, `/v1/epochs/${this.#committees.length}`, signal);
      if (!answer.ok) return answer;
      const step = recordIn(answer.value);
      const followed = step === undefined ? undefined : this.#step(step.record);
      if (followed === undefined)
        return err(refusedAnswer(rejection("PROOF_MALFORMED", "the answer is no epoch record")));
      if (!followed.ok) return err(refusedAnswer(followed.error));
    }
    if (this.#committees.length > known)
      await writeFileAtomically(this.#setup.path, this.#lines.map((line) => `${line}\n`).join(""), FILE_MODE);
    return ok(true);
  }

  #step(hex: string): Result<EpochStart, Rejection> {
    const { chainId, crypto } = this.#setup;
    const step = decodeEpochStep(bytesFromHex(hex));
    if (!step.ok) return step;
    const newest = mustExist(this.#starts.at(-1), "the genesis starts epoch 0");
    const next = followEpoch(newest, step.value, { chainId, crypto });
    if (!next.ok) return next;
    this.#starts.push(next.value);
    this.#committees.push(committeeOfEpoch(next.value));
    this.#lines.push(hex);
    return next;
  }
}

function recordIn(answer: unknown): Static<typeof ANSWER> | undefined {
  return Value.Check(ANSWER, answer) ? answer : undefined;
}
