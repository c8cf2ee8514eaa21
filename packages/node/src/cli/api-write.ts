// Hands a transaction to a running node and waits until it is committed there. Answers are untrusted text.

import { Type } from "typebox";
import { Value } from "typebox/value";
import { NodeError } from "../errors.ts";
import type { ApiAddress } from "./api-read.ts";
import { printable } from "./output.ts";

const WAIT_SECONDS = 30;
const ANSWER_TIMEOUT_MS = 40_000;
const ANSWER_MAX_CHARS = 65_536;

const SUBMITTED = Type.Object({ state: Type.String(), commitIndex: Type.Optional(Type.Integer()) });

/** Resolves with the index of the commit, or undefined if it was not committed within half a minute. */
export async function submitTransaction(address: ApiAddress, transaction: Uint8Array): Promise<number | undefined> {
  // Once more if the connection broke: what was taken twice is one transaction, by its digest.
  const text = await posted(address, transaction).catch(() => posted(address, transaction));
  const answer = parsed(text, address);
  if (Value.Check(SUBMITTED, answer)) return answer.commitIndex;
  throw new NodeError("API_ERROR", `${address.url} refuses the transaction: ${printable(text.slice(0, 500))}`);
}

async function posted({ url, token }: ApiAddress, transaction: Uint8Array): Promise<string> {
  try {
    const response = await fetch(`${url}/v1/transactions`, {
      method: "POST",
      headers: {
        "content-type": "application/octet-stream",
        prefer: `wait=${WAIT_SECONDS}`,
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      },
      body: new Uint8Array(transaction),
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
    });
    return (await response.text()).slice(0, ANSWER_MAX_CHARS);
  } catch (cause) {
    throw new NodeError("API_UNREACHABLE", `no answer from ${url}`, { cause });
  }
}

function parsed(text: string, { url }: ApiAddress): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new NodeError("API_ERROR", `${url} does not answer in JSON`, { cause });
  }
}
