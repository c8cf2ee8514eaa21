// Rules U3–U5 as far as they are consensus' (docs/protocol.md §8), and the votes of §7, one by one.

import { createEngine } from "@selvedge/consensus";
import { TestNetwork, TestStore } from "@selvedge/consensus/testing";
import {
  type BlockBody,
  type CommitIndex,
  type DeviceId,
  type Digest,
  type SignedUpdate,
  type UpdateDigest,
  type VerifiedBlock,
  commitIndex,
  digestFromBytes,
  digestOf,
  hasPayload,
  hexFromBytes,
  modelId,
  mustExist,
  signCheckpoint,
  updateKeyOf,
  validatorIndex,
  verifyCheckpoint,
  zeroDigest,
} from "@selvedge/integrity";
import { describe, expect, test } from "vitest";
import { AckedSequences } from "../../src/acked-sequences.ts";
import { expectAgreement, offerLoad, transactionsOutput } from "../support/network.ts";
import { SingleEngine, ofType, refsOf, signedIn } from "../support/single-engine.ts";

function started(options: ConstructorParameters<typeof SingleEngine>[0] = {}): SingleEngine {
  const one = new SingleEngine(options);
  one.feed({ type: "start" });
  return one;
}

function carrying(one: SingleEngine, author: number, body: Partial<BlockBody>): VerifiedBlock {
  const parents = [author, ...[0, 1, 2, 3].filter((each) => each !== author)].flatMap(
    (each) => one.genesis[each] ?? [],
  );
  return one.draw({ author, round: 1, parents, body });
}

function verdict(one: SingleEngine, update: SignedUpdate, accepted = true): void {
  one.feed({ type: "updateChecked", update: update.digest, accepted, score: null });
}

describe("U3", () => {
  test("a header in the DAG is checked, and acked in our next block once the host accepts it", () => {
    const one = started();
    const update = one.chain.update(1, 1);
    const effects = one.receive(1, carrying(one, 1, { updates: [update] }));
    expect(ofType(effects, "checkUpdate")).toMatchObject([{ update: { digest: update.digest }, author: 1 }]);
    verdict(one, update);
    expect(signedIn(one.fire("propose"))?.body.acks).toEqual([{ update: update.digest, score: null }]);
    expect(ofType(one.all, "persist").flatMap(({ acked }) => acked)).toHaveLength(1);
  });

  test("a header that the host refuses is not acked, nor one that is in no block", () => {
    const one = started();
    const [refused, unseen] = [one.chain.update(1, 1), one.chain.update(2, 1)];
    one.receive(1, carrying(one, 1, { updates: [refused] }));
    verdict(one, refused, false);
    verdict(one, unseen);
    one.fire("idle");
    expect(signedIn(one.fire("propose"))?.body.acks).toEqual([]);
  });

  test("of two updates with one key only the first accepted is acked, also after a restart", () => {
    const one = started();
    const rivals = [one.chain.update(1, 1, 0), one.chain.update(1, 1, 1)] as const;
    const row = [carrying(one, 1, { updates: [rivals[0]] }), carrying(one, 2, { updates: [rivals[1]] })];
    expect(ofType(one.receive(1, ...row), "checkUpdate")).toHaveLength(2);
    verdict(one, rivals[1]);
    verdict(one, rivals[0]);
    expect(signedIn(one.fire("propose"))?.body.acks.map(({ update }) => update)).toEqual([rivals[1].digest]);

    const store = new TestStore();
    for (const persist of ofType(one.all, "persist")) store.persist(persist);
    const again = createEngine(one.chain.setupOf(0), store.recover(validatorIndex(0)));
    const asked = ofType(again.handle({ type: "start", wallClockMs: 0 }), "checkUpdate");
    expect(asked).toEqual([]);
    again.handle({ type: "updateChecked", update: rivals[0].digest, accepted: true, score: null, wallClockMs: 0 });
    again.handle({ type: "blocks", blocks: [carrying(one, 3, {})], from: validatorIndex(3), wallClockMs: 0 });
    again.handle({ type: "timer", id: "leader", wallClockMs: 0 });
    const effects = again.handle({ type: "timer", id: "propose", wallClockMs: 0 });
    expect(signedIn(effects)?.ref.round).toBe(2);
    expect(signedIn(effects)?.body.acks).toEqual([]);
  });

  test("the ack record is in the very batch of the block that carries the ack", () => {
    const one = started();
    const update = one.chain.update(1, 1);
    one.receive(1, carrying(one, 1, { updates: [update] }));
    verdict(one, update);
    one.fire("propose");
    const batch = ofType(one.all, "persist").find(({ acked }) => acked.length > 0);
    expect(batch?.sync).toBe(true);
    expect(batch?.blocks.some(({ body }) => body.acks.some((ack) => ack.update === update.digest))).toBe(true);
  });
});

describe("U5: a sequence that the ledger has decided", () => {
  const decide = (one: SingleEngine, { header }: SignedUpdate, upTo: number) =>
    one.feed({
      type: "executed",
      index: commitIndex(1),
      stateRoot: zeroDigest(),
      closed: [{ deviceId: header.deviceId, modelId: header.modelId, upTo }],
    });
  const acksOf = (one: SingleEngine): readonly string[] =>
    signedIn(one.fire("propose"))?.body.acks.map(({ update }) => update) ?? [];

  test("is not acked: neither what was due, nor by a verdict that was under way, nor asked about again", () => {
    const one = started();
    const [due, slow, next] = [one.chain.update(1, 1, 0), one.chain.update(1, 1, 1), one.chain.update(1, 2)];
    one.receive(1, carrying(one, 1, { updates: [due] }), carrying(one, 2, { updates: [slow] }));
    verdict(one, due);
    decide(one, due, 1);
    verdict(one, slow);
    const effects = one.receive(3, carrying(one, 3, { updates: [one.chain.update(1, 1, 2), next] }));
    expect(ofType(effects, "checkUpdate").map(({ update }) => update.digest)).toEqual([next.digest]);
    verdict(one, next);
    expect(acksOf(one)).toEqual([next.digest]);
  });

  test("stays so when less is told later", () => {
    const one = started();
    const update = one.chain.update(1, 2);
    decide(one, update, 2);
    decide(one, update, 1);
    expect(ofType(one.receive(1, carrying(one, 1, { updates: [update] })), "checkUpdate")).toEqual([]);
  });

  test("of one device says nothing about another device or the sequence above", () => {
    const one = started();
    const [above, other] = [one.chain.update(1, 2), one.chain.update(2, 1)];
    decide(one, one.chain.update(1, 1), 1);
    const effects = one.receive(1, carrying(one, 1, { updates: [above, other] }));
    expect(ofType(effects, "checkUpdate")).toHaveLength(2);
  });

  test("is not in what an end marker lists", () => {
    const one = started();
    const [decided, open] = [one.chain.update(1, 1), one.chain.update(2, 1)];
    one.receive(1, carrying(one, 1, { updates: [decided, open] }));
    for (const update of [decided, open]) verdict(one, update);
    expect(acksOf(one)).toHaveLength(2);
    decide(one, decided, 1);
    one.feed({ type: "endEpoch" });
    one.receive(2, carrying(one, 2, {}), carrying(one, 3, {}));
    one.fire("leader");
    const marker = signedIn(one.fire("propose"))?.body.control[0];
    expect(hexFromBytes(mustExist(marker, "an end marker").payload)).toContain(hexFromBytes(open.bytes));
    expect(hexFromBytes(mustExist(marker, "an end marker").payload)).not.toContain(hexFromBytes(decided.bytes));
  });

  test("stays so after a restart, acked by us or not", () => {
    const one = started();
    const update = one.chain.update(1, 1);
    const closed = [{ deviceId: update.header.deviceId, modelId: update.header.modelId, upTo: 2 }];
    const acked = [{ key: updateKeyOf(update.header), update: update.digest }];
    const again = new SingleEngine({}, 0, { ...new TestStore().recover(validatorIndex(0)), acked, closed });
    again.feed({ type: "start" });
    const effects = again.receive(1, carrying(one, 1, { updates: [update, one.chain.update(1, 2)] }));
    expect(ofType(effects, "checkUpdate")).toEqual([]);
  });
});

test("acked updates are forgotten with their sequence, and a record that comes late is not taken up", () => {
  const sequences = new AckedSequences();
  const [deviceId, model] = [zeroDigest<DeviceId>(), modelId("m")];
  const record = (sequence: number) => ({
    key: `${deviceId}/${model}/${sequence}`,
    update: digestFromBytes<UpdateDigest>(new Uint8Array(32).fill(sequence)),
  });
  for (const sequence of [1, 2, 3]) sequences.add(record(sequence));
  expect(sequences.close({ deviceId, modelId: model, upTo: 2 })).toEqual([record(1).update, record(2).update]);
  expect([1, 2, 3].map((sequence) => sequences.keyOf(record(sequence).update))).toEqual([
    undefined,
    undefined,
    record(3).key,
  ]);
  sequences.add(record(2));
  expect(sequences.get(record(2).key)).toBeUndefined();
  expect(sequences.keyOf(record(2).update)).toBeUndefined();
});

describe("U4", () => {
  test("acks of stake Q anywhere in the DAG are a receipt, once, and say where they stand", () => {
    const one = started();
    const update = one.chain.update(1, 1);
    const other = one.chain.update(2, 1);
    const acks = [update, other]
      .map(({ digest }) => ({ update: digest, score: null }))
      .sort((left, right) => (left.update < right.update ? -1 : 1));
    const blocks = [1, 2, 3].map((author) =>
      carrying(one, author, { acks: author === 3 ? acks : acks.filter((ack) => ack.update === update.digest) }),
    );
    expect(ofType(one.receive(1, ...blocks.slice(0, 2)), "receipt")).toEqual([]);
    const receipts = ofType(one.receive(1, ...blocks.slice(2)), "receipt");
    expect(receipts.map((receipt) => receipt.update)).toEqual([update.digest]);
    expect(receipts[0]?.acks.map(({ block }) => block.author)).toEqual([1, 2, 3]);
    expect(receipts[0]?.acks[2]?.position).toBe(acks.findIndex((ack) => ack.update === update.digest));
  });

  test("an author that acks twice counts once, and one that acks rivals is reported", () => {
    const one = started();
    const rivals = [one.chain.update(1, 1, 0), one.chain.update(1, 1, 1)] as const;
    const [first, second] = rivals.map(({ digest }) => ({ update: digest, score: null }));
    if (first === undefined || second === undefined) throw new Error("no rivals");
    one.receive(1, carrying(one, 1, { updates: rivals }));
    const acking = carrying(one, 2, { acks: [first] });
    one.receive(2, acking, carrying(one, 3, {}));
    const again = one.draw({
      author: 2,
      round: 2,
      parents: [acking.ref, ...refsOf([carrying(one, 1, { updates: rivals }), carrying(one, 3, {})])],
      body: { acks: [second] },
    });
    one.receive(2, again);
    expect(ofType(one.all, "receipt")).toEqual([]);
    expect(ofType(one.all, "report").map(({ fault }) => fault)).toMatchObject([
      { type: "conflictingAck", author: 2, update: second.update },
    ]);
  });
});

test("U5: content of our blocks that garbage collection passed by is proposed again", () => {
  // Validator 3 hears everybody and is heard by nobody for a while, so its blocks fall behind gcRound.
  let isCutOff = false;
  const network: TestNetwork = new TestNetwork({
    size: 4,
    params: { gcDepth: 6 },
    delay: ({ from, type }) => (isCutOff && from === 3 && type === "push" ? 1500 : 10),
  });
  offerLoad(network, { everyMs: 30, untilMs: 4000 });
  network.start();
  network.runUntil(500);
  isCutOff = true;
  const update = network.chain.update(5, 1);
  const marker = Uint8Array.of(250, 250);
  const acked = network.chain.update(6, 1);
  network.host(0).feed({ type: "localContent", updates: [acked], transactions: [], control: [] });
  network.host(3).feed({ type: "localContent", updates: [update], transactions: [marker], control: [] });
  network.runUntil(1000);
  const inFirst = network.host(3).ownBlocks.filter(({ value }) => value.body.updates.length > 0);
  expect(inFirst).toHaveLength(1);
  network.runUntil(1900);
  isCutOff = false;
  network.runUntil(4500);
  const carriers = network.host(3).ownBlocks.filter(({ value }) => value.body.updates.length > 0);
  expect(carriers.length).toBeGreaterThan(1);
  const ackers = network
    .host(3)
    .ownBlocks.filter(({ value }) => value.body.acks.some(({ update: digest }) => digest === acked.digest));
  expect(ackers.length).toBeGreaterThan(1);
  for (const host of network.hosts) {
    const output = transactionsOutput(host);
    expect(output.filter((text) => text === "250.250")).toHaveLength(1);
    expect(
      host.commits.some(({ value }) =>
        value.blocks.some(({ body }) => body.updates.some(({ digest }) => digest === update.digest)),
      ),
    ).toBe(true);
  }
  expectAgreement(network.hosts);
});

describe("§7", () => {
  function committed(one: SingleEngine): { readonly index: CommitIndex; readonly top: readonly VerifiedBlock[] } {
    const rows = one.tower([1, 2, 3], 4);
    for (const row of rows) one.receive(1, ...row);
    const [commit] = ofType(one.all, "commit");
    if (commit === undefined) throw new Error("nothing committed");
    return { index: commit.sealed.commit.index, top: rows[3] ?? [] };
  }

  function voting(
    one: SingleEngine,
    index: CommitIndex,
    roots: readonly Digest[],
    top: readonly VerifiedBlock[],
  ): readonly VerifiedBlock[] {
    const [commit] = ofType(one.all, "commit");
    return roots.map((stateRoot, position) => {
      const author = position + 1;
      const statement = {
        chainId: one.chain.chainId,
        epoch: one.chain.committee.epoch,
        index,
        commitDigest: commit?.sealed.digest ?? zeroDigest(),
        stateRoot,
      } as const;
      const signer = one.chain.signers[author];
      if (signer === undefined) throw new Error("no signer");
      const { signature } = signCheckpoint(
        statement,
        { validator: validatorIndex(author), signer },
        one.chain.crypto.sha256,
      );
      const own = refsOf(top).filter((ref) => ref.author === author);
      const parents = [...own, ...refsOf(top).filter((ref) => ref.author !== author)];
      return one.draw({ author, round: 5, parents, header: { checkpointVotes: [{ index, stateRoot, signature }] } });
    });
  }

  const rootOf = (one: SingleEngine, name: number): Digest =>
    digestOf(one.chain.crypto.sha256, "ledger", Uint8Array.of(name));

  test("after execution our next block votes for the commit and its state root", () => {
    const one = started();
    const { index } = committed(one);
    one.feed({ type: "executed", index, stateRoot: rootOf(one, 1) });
    const block = signedIn(one.fire("propose"));
    expect(block?.header.commitVotes.map((vote) => vote.index)).toContain(index);
    expect(block?.header.checkpointVotes).toMatchObject([{ index, stateRoot: rootOf(one, 1) }]);
    expect(hasPayload(block?.body ?? { acks: [], updates: [], transactions: [], control: [] })).toBe(false);
  });

  test("Q signatures over one root are a certificate that verifies", () => {
    const one = started();
    const { index, top } = committed(one);
    const root = rootOf(one, 1);
    one.receive(1, ...voting(one, index, [root, root, root], top));
    const [checkpoint, ...more] = ofType(one.all, "checkpoint");
    expect(more).toEqual([]);
    if (checkpoint === undefined) throw new Error("no certificate");
    expect(checkpoint.certificate.statement).toMatchObject({ index, stateRoot: root });
    expect(verifyCheckpoint(checkpoint.certificate, one.chain).ok).toBe(true);
  });

  test("a signature that is none counts for nothing and is reported", () => {
    const one = started();
    const { index, top } = committed(one);
    const root = rootOf(one, 1);
    const good = voting(one, index, [root, root], top);
    const vote = { index, stateRoot: root, signature: new Uint8Array(64) };
    const own = refsOf(top).filter((ref) => ref.author === 3);
    const forged = one.draw({
      author: 3,
      round: 5,
      parents: [...own, ...refsOf(top).filter((ref) => ref.author !== 3)],
      header: { checkpointVotes: [vote] },
    });
    one.receive(1, ...good, forged);
    expect(ofType(one.all, "checkpoint")).toEqual([]);
    expect(ofType(one.all, "report").map(({ fault }) => fault)).toEqual([
      { type: "badCheckpointVote", author: 3, index: commitIndex(index) },
    ]);
  });

  test("two roots with more than F stake each are a state divergence", () => {
    const network = new TestNetwork({
      size: 4,
      delay: () => 10,
    });
    offerLoad(network, { everyMs: 20, untilMs: 400 });
    network.start();
    network.runUntil(400);
    expect(network.hosts.flatMap(({ faults }) => faults)).toEqual([]);

    const split = new TestNetwork({
      size: 4,
      delay: () => 10,
      hostOf: (index) => ({
        stateRootOf: ({ sealed }) =>
          digestOf(network.chain.crypto.sha256, "ledger", Uint8Array.of(index % 2, sealed.commit.index)),
      }),
    });
    offerLoad(split, { everyMs: 20, untilMs: 400 });
    split.start();
    split.runUntil(500);
    for (const host of split.hosts) {
      const diverged = host.faults.filter(({ type }) => type === "stateDivergence");
      expect(diverged.length).toBeGreaterThan(0);
      expect(host.checkpoints).toEqual([]);
    }
  });
});

test("U4: an author that acks twice stands in the receipt once", () => {
  const one = started();
  const update = one.chain.update(1, 1);
  const acks = [{ update: update.digest, score: null }];
  const first = [1, 2, 3].map((author) => carrying(one, author, author === 1 ? { updates: [update], acks } : {}));
  const second = [1, 2, 3].map((author) => {
    const below = refsOf(first);
    const own = below.filter((ref) => ref.author === author);
    const others = below.filter((ref) => ref.author !== author);
    return one.draw({ author, round: 2, parents: [...own, ...others], body: { acks } });
  });
  one.receive(1, ...first, ...second);
  const authors = ofType(one.all, "receipt").map((receipt) => receipt.acks.map(({ block }) => block.author));
  expect(authors).toEqual([[1, 2, 3]]);
});
