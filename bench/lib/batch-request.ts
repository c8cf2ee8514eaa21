// One HTTP request of the load generator: a batch of opaque transactions to one node, answered when all of them are
// committed there. Also makes the transactions, each different from any other.

import { Agent, request } from "node:http";
import { BATCH_TYPE, joinBatch } from "@selvedge/node";
import { trustedJson } from "./json.ts";

/** Run id and number: what makes a transaction unlike any other. */
export const TRANSACTION_MIN_BYTES = 16;
/** As much as a node lets a request wait. */
const WAIT_SECONDS = 30;

export interface BatchAnswer {
  /** State of each transaction, in order: "committed", "pending" or "refused". */
  readonly states: readonly string[];
}

export function createAgent(connectionsMax: number): Agent {
  return new Agent({ keepAlive: true, maxSockets: connectionsMax });
}

export interface TransactionSource {
  readonly txBytes: number;
  /** Different for every run. */
  readonly runId: bigint;
  /** Incompressible bytes, longer than a transaction. */
  readonly noise: Uint8Array;
}

/** The body of a batch: each number becomes one transaction. */
export function batchBody(source: TransactionSource, numbers: readonly number[]): Uint8Array {
  return joinBatch(numbers.map((number) => transactionOf(source, number)));
}

function transactionOf({ txBytes, runId, noise }: TransactionSource, number: number): Uint8Array {
  const from = (number * 61) % (noise.length - txBytes);
  // A copy, though the noise be a Buffer.
  const transaction = new Uint8Array(noise.subarray(from, from + txBytes));
  const view = new DataView(transaction.buffer);
  view.setBigUint64(0, runId);
  view.setBigUint64(8, BigInt(number));
  return transaction;
}

export function postBatch(agent: Agent, target: string, body: Uint8Array): Promise<BatchAnswer> {
  return new Promise((resolve, reject) => {
    const headers = { "content-type": BATCH_TYPE, "content-length": body.length, prefer: `wait=${WAIT_SECONDS}` };
    const outgoing = request(`${target}/v1/transactions/batch`, { method: "POST", agent, headers }, (incoming) => {
      const pieces: Buffer[] = [];
      incoming.on("data", (piece: Buffer) => pieces.push(piece));
      incoming.on("error", reject);
      incoming.on("end", () => {
        try {
          resolve(readAnswer(incoming.statusCode ?? 0, Buffer.concat(pieces).toString("utf8")));
        } catch (error) {
          reject(error);
        }
      });
    });
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

function readAnswer(status: number, text: string): BatchAnswer {
  if (status !== 200 && status !== 202) throw new Error(`HTTP ${status}: ${text.slice(0, 200)}`);
  const answer = trustedJson<{ readonly transactions: readonly { readonly state: string }[] }>(text);
  return { states: answer.transactions.map(({ state }) => state) };
}
