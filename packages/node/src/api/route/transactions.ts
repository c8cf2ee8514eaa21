// Routes of opaque transactions: one or a batch in, their state out. "Committed" means durably, on this node.

import { setMaxListeners } from "node:events";
import { type Digest, type Rejection, type Result, err, ok } from "@selvedge/integrity";
import type { NodeServices, TransactionView } from "../../daemon/services.ts";
import { BodyReader } from "../body-reader.ts";
import { type Refusal, badRequest, notFound, refusalOf } from "../problem.ts";
import { type Answer, BYTES_TYPE, type Exchange, JSON_TYPE, type Route, jsonResponse } from "../route.ts";
import { parseDigest, parseWaitSeconds } from "../values.ts";

/** Repeated: length as 4 bytes big-endian, then so many bytes. */
export const BATCH_TYPE = "application/vnd.selvedge.batch";
const LENGTH_BYTES = 4;

export const TRANSACTION_ROUTES: readonly Route[] = [
  {
    method: "POST",
    path: "/v1/transactions",
    summary: "Submits an opaque transaction; deduplicated by digest. 202 while it waits, 200 once it is committed here",
    body: { mediaType: BYTES_TYPE, bytesMax: ({ limits }) => limits.transactionBytesMax },
    produces: [JSON_TYPE],
    handle: submitOne,
  },
  {
    method: "POST",
    path: "/v1/transactions/batch",
    summary: "Submits many transactions at once, each with an answer of its own",
    body: { mediaType: BATCH_TYPE, bytesMax: ({ limits }) => limits.batchBytesMax },
    produces: [JSON_TYPE],
    handle: submitBatch,
  },
  {
    method: "GET",
    path: "/v1/transactions/{digest}",
    summary: "Whether a transaction is committed here",
    produces: [JSON_TYPE],
    handle: showTransaction,
  },
];

interface Submitted {
  readonly digest: Digest;
  readonly view: TransactionView;
}

async function submitOne(exchange: Exchange): Promise<Answer> {
  const { context, incoming } = exchange;
  const body = await new BodyReader(incoming, context.limits, context.limits.transactionBytesMax).whole();
  if (!body.ok) return body.error;
  const submitted = await context.services.submitTransaction(body.value);
  if (!submitted.ok) return refusalOf(submitted.error);
  const waiting = openWait(exchange);
  const { digest } = submitted.value;
  const view = await settled(context.services, submitted.value, waiting.signal);
  return transactionResponse({ digest, view }, waiting);
}

async function submitBatch(exchange: Exchange): Promise<Answer> {
  const { context, incoming } = exchange;
  const body = await new BodyReader(incoming, context.limits, context.limits.batchBytesMax).whole();
  if (!body.ok) return body.error;
  const transactions = splitBatch(body.value, context.limits.batchTransactionsMax);
  if (!transactions.ok) return transactions.error;
  const waiting = openWait(exchange);
  const answers = await Promise.all(
    transactions.value.map(async (bytes) => {
      const submitted = await context.services.submitTransaction(bytes);
      if (!submitted.ok) return { answer: refusedJson(submitted.error), isSettled: true };
      const view = await settled(context.services, submitted.value, waiting.signal);
      return { answer: { digest: submitted.value.digest, ...view }, isSettled: view.state === "committed" };
    }),
  );
  const status = answers.every(({ isSettled }) => isSettled) ? 200 : 202;
  return jsonResponse({ transactions: answers.map(({ answer }) => answer) }, { status, headers: waiting.headers });
}

async function showTransaction(exchange: Exchange): Promise<Answer> {
  const digest = parseDigest(exchange.param("digest"), "digest");
  if (!digest.ok) return digest.error;
  const { services } = exchange.context;
  const view = await services.transactionView(digest.value);
  if (view.state === "unknown") return notFound("TRANSACTION_UNKNOWN", "no such transaction is known here");
  const waiting = openWait(exchange);
  const latest = await settled(services, { digest: digest.value, view }, waiting.signal);
  return jsonResponse({ digest: digest.value, ...latest }, { headers: waiting.headers });
}

interface Waiting {
  /** Undefined if the client does not want to wait. */
  readonly signal: AbortSignal | undefined;
  readonly headers: Readonly<Record<string, string>>;
}

function openWait({ context, request, signal }: Exchange): Waiting {
  const seconds = parseWaitSeconds(request.headers.get("prefer"), context.limits.waitSecondsMax);
  if (seconds === 0) return { signal: undefined, headers: {} };
  const either = AbortSignal.any([signal, AbortSignal.timeout(1000 * seconds)]);
  // One listener for each transaction of a batch.
  setMaxListeners(0, either);
  return { signal: either, headers: { "preference-applied": `wait=${seconds}` } };
}

async function settled(
  services: NodeServices,
  submitted: Submitted,
  signal: AbortSignal | undefined,
): Promise<TransactionView> {
  if (signal === undefined || submitted.view.state === "committed") return submitted.view;
  return services.waitForTransaction(submitted.digest, signal);
}

function transactionResponse({ digest, view }: Submitted, { headers }: Waiting): Response {
  const location = `/v1/transactions/${digest}`;
  const status = view.state === "committed" ? 200 : 202;
  return jsonResponse({ digest, ...view }, { status, headers: { ...headers, location } });
}

function refusedJson(cause: Rejection): Readonly<Record<string, unknown>> {
  const { code, detail, retryable } = refusalOf(cause);
  return { state: "refused", code, detail, retryable };
}

/** The body of a batch: each transaction behind its length. */
export function joinBatch(transactions: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const body = new Uint8Array(transactions.reduce((size, { length }) => size + LENGTH_BYTES + length, 0));
  const view = new DataView(body.buffer);
  let offset = 0;
  for (const transaction of transactions) {
    view.setUint32(offset, transaction.length);
    body.set(transaction, offset + LENGTH_BYTES);
    offset += LENGTH_BYTES + transaction.length;
  }
  return body;
}

function splitBatch(body: Uint8Array, countMax: number): Result<readonly Uint8Array[], Refusal> {
  const view = new DataView(body.buffer, body.byteOffset, body.length);
  const transactions: Uint8Array[] = [];
  let offset = 0;
  while (offset < body.length) {
    if (transactions.length === countMax) return err(batchFault(`more than ${countMax} transactions`));
    if (offset + LENGTH_BYTES > body.length) return err(batchFault("a length is cut off"));
    const end = offset + LENGTH_BYTES + view.getUint32(offset, false);
    if (end > body.length) return err(batchFault("a transaction is cut off"));
    transactions.push(body.slice(offset + LENGTH_BYTES, end));
    offset = end;
  }
  return transactions.length === 0 ? err(batchFault("no transaction")) : ok(transactions);
}

function batchFault(detail: string): Refusal {
  return badRequest("BATCH_MALFORMED", detail);
}
