// U5: what our blocks carried comes out, in one of them (docs/protocol.md §8, §11).

import { DEFAULT_PROTOCOL_PARAMS, type VerifiedBlock, validatorIndex } from "@selvedge/integrity";
import { expect, test } from "vitest";
import { OwnContent } from "../src/content.ts";
import { SingleEngine } from "./support/single-engine.ts";

const SELF = 0;
const TRANSACTIONS = [Uint8Array.of(1), Uint8Array.of(2)];
const pen = new SingleEngine();
const UPDATE = pen.chain.update(1, 1);

function content(): OwnContent {
  const { sha256 } = pen.chain.crypto;
  const params = DEFAULT_PROTOCOL_PARAMS;
  return new OwnContent({ self: validatorIndex(SELF), sha256, params, uncommittedBytesMax: 1e6 });
}

function carrying(round: number, transactions: readonly Uint8Array[], author = SELF): VerifiedBlock {
  return pen.draw({ author, round, parents: pen.genesis, body: { updates: [UPDATE], transactions } });
}

test("content of a block that garbage collection passed by is proposed again", () => {
  const own = content();
  own.onOwnBlock(carrying(1, TRANSACTIONS));
  own.onGarbageCollected(1);
  expect(own.next()).toMatchObject({ updates: [UPDATE], transactions: TRANSACTIONS });
});

test("what came out in a later block of ours that we had forgotten is not proposed again, before or after it is due", () => {
  const [first, second] = TRANSACTIONS;
  if (first === undefined || second === undefined) throw new Error("no transactions");
  for (const isDueFirst of [false, true]) {
    const own = content();
    own.onOwnBlock(carrying(1, TRANSACTIONS));
    if (isDueFirst) own.onGarbageCollected(1);
    own.onOutput([carrying(9, [first])]);
    if (!isDueFirst) own.onGarbageCollected(1);
    expect(own.next()).toMatchObject({ updates: [], transactions: [second] });
  }
});

test("so it is if both blocks are ours again after a restart", () => {
  const own = content();
  for (const block of [carrying(1, TRANSACTIONS), carrying(9, TRANSACTIONS)]) own.onOwnBlock(block);
  own.onOutput([carrying(9, TRANSACTIONS)]);
  own.onGarbageCollected(1);
  expect(own.next()).toMatchObject({ updates: [], transactions: [] });
});

test("what others' blocks carry is theirs", () => {
  const own = content();
  own.onOwnBlock(carrying(1, TRANSACTIONS));
  own.onOutput([carrying(9, TRANSACTIONS, 1)]);
  own.onGarbageCollected(1);
  expect(own.next().transactions).toEqual(TRANSACTIONS);
});

test("what came out is taken again if the host hands it in anew", () => {
  const own = content();
  own.onOwnBlock(carrying(1, TRANSACTIONS));
  own.onOutput([carrying(9, TRANSACTIONS)]);
  own.onGarbageCollected(1);
  own.add({ updates: [], transactions: TRANSACTIONS, control: [] });
  own.onOwnBlock(carrying(10, TRANSACTIONS));
  own.onGarbageCollected(10);
  expect(own.next().transactions).toEqual(TRANSACTIONS);
});
