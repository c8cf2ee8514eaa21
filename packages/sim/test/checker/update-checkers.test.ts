// Model updates: availability, receipts kept, certification. Bad streams and their good siblings.

import { type SignedUpdate, digestFromHex, updateKeyOf } from "@selvedge/integrity";
import { describe, expect, test } from "vitest";
import { AvailabilityChecker } from "../../src/checker/availability.ts";
import { BlockIndex } from "../../src/checker/block-index.ts";
import { CertificationModel } from "../../src/checker/certification-model.ts";
import { CertificationChecker } from "../../src/checker/certification.ts";
import type { Violation } from "../../src/checker/checker.ts";
import { ReceiptsKeptChecker } from "../../src/checker/receipts-kept.ts";
import { type Said, block, chain, committedBlocks, contextOf, digest, executed, judge } from "./checker-bench.ts";

const update = chain.update(0, 1);
const rival = chain.update(0, 1, 1);
const key = updateKeyOf(update.header);
const options = { context: contextOf(), isRequired: true };

const acked = (node: number, of: SignedUpdate): Said => ({ type: "acked", node, key, update: of.digest });
const receipt = (of: SignedUpdate, ackers: readonly number[]): Said => ({
  type: "receipt",
  node: 0,
  update: of.digest,
  key,
  ackers,
});
const holds = (node: number, of: SignedUpdate, isHeld = true): Said => ({
  type: "payloadHeld",
  node,
  root: of.header.payloadRoot,
  isHeld,
});
const held = (node: number, isHeld = true): Said => holds(node, update, isHeld);
const proposed: Said = { type: "updateProposed", node: 0, update };

describe("availability", () => {
  const availability = (): AvailabilityChecker => new AvailabilityChecker({ ...options, index: new BlockIndex() });

  test("an ack without the payload breaks it", () => {
    expect(judge(availability(), [proposed, held(0), acked(0, update), acked(1, update)])?.node).toBe(1);
    expect(judge(availability(), [proposed, held(0), held(1), acked(0, update), acked(1, update)])).toBeUndefined();
  });

  test("a receipt for what honest stake of F only holds breaks it", () => {
    const said = [proposed, held(0), receipt(update, [0, 1, 2])];
    expect(judge(availability(), said)?.detail).toContain("held by honest stake 1, due is 2");
    expect(judge(availability(), [proposed, held(0), held(1), receipt(update, [0, 1, 2])])).toBeUndefined();
  });

  test("a payload that is gone at the end breaks it, unless disks lost it", () => {
    const corrupted: number[] = [];
    const context = { ...contextOf(), isHonest: (node: number) => !corrupted.includes(node) };
    const checker = new AvailabilityChecker({ context, index: new BlockIndex(), isRequired: true });
    judge(checker, [proposed, held(0), held(1), receipt(update, [0, 1, 2])]);
    expect(checker.finish(9)).toBeUndefined();
    judge(checker, [held(1, false)]);
    expect(checker.finish(9)).toBeUndefined();
    corrupted.push(0);
    expect(checker.finish(9)?.detail).toContain("at the end");
  });

  test("after a restart only what the node finds on its disk counts", () => {
    const restarted = (found: readonly Said[]): Violation | undefined =>
      judge(availability(), [proposed, held(1), { restart: 1 }, ...found, acked(1, update)]);
    expect(restarted([])?.detail).toContain("without holding");
    expect(restarted([held(1)])).toBeUndefined();
  });

  test("a disk that lost payloads is excused until it has all of them again", () => {
    const drafted = chain.update(1, 1);
    const other = { ...drafted, header: { ...drafted.header, payloadRoot: digestFromHex("11".repeat(32)) } };
    const receipts = [receipt(update, [0, 1, 2]), { type: "updateProposed", node: 0, update: other } as const];
    const said = [proposed, held(1), held(2), ...receipts, holds(1, other), { restart: 2 } as const];
    expect(judge(availability(), [...said, receipt(other, [0, 1, 2])])).toBeUndefined();
    expect(judge(availability(), [...said, held(2), receipt(other, [0, 1, 2])])?.detail).toContain("due is 2");
  });
});

describe("receipts kept", () => {
  const kept = (): ReceiptsKeptChecker => new ReceiptsKeptChecker({ ...options, index: new BlockIndex() });

  test("two acks of an honest node for one sequence break it, also over a restart", () => {
    expect(judge(kept(), [acked(1, update), { restart: 1 }, acked(1, rival)])?.detail).toContain("of one sequence");
    expect(judge(kept(), [acked(1, update), acked(1, update), acked(2, rival)])).toBeUndefined();
  });

  test("a receipt of less than a quorum breaks it", () => {
    expect(judge(kept(), [receipt(update, [0, 1, 1])])?.detail).toContain("acks of stake 2");
    expect(judge(kept(), [receipt(update, [0, 1, 3])])).toBeUndefined();
  });

  test("receipts for two updates of one sequence break it", () => {
    const said = [receipt(update, [0, 1, 2]), receipt(rival, [1, 2, 3])];
    expect(judge(kept(), said)?.detail).toContain("two updates");
    expect(judge(kept(), [receipt(update, [0, 1, 2]), receipt(update, [1, 2, 3])])).toBeUndefined();
  });

  test("certifying another update than the one with the receipt breaks it", () => {
    const certifies = (of: SignedUpdate): Said => executed(0, 1, { certified: [{ update: of.digest, key }] });
    expect(judge(kept(), [receipt(update, [0, 1, 2]), certifies(rival)])?.detail).toContain("two updates");
    expect(judge(kept(), [receipt(update, [0, 1, 2]), certifies(update)])).toBeUndefined();
  });
});

describe("certification", () => {
  const PARAMS = { stakeOf: () => 1, quorumStake: 3, updateExpiry: 5, sequenceWindow: 2 };
  const certification = (): CertificationChecker => new CertificationChecker(new CertificationModel(PARAMS), true);
  const header = (author: number, of: SignedUpdate): ReturnType<typeof block> => block(1, author, { updates: [of] });
  const ack = (author: number, of: SignedUpdate): ReturnType<typeof block> => block(2, author, { acks: [of.digest] });
  const certifies = (index: number, ...of: readonly SignedUpdate[]): ReturnType<typeof executed> =>
    executed(0, index, { certified: of.map((entry) => ({ update: entry.digest, key: updateKeyOf(entry.header) })) });
  const empty = (index: number): Said => committedBlocks(0, index, [block(index, 0)]);

  test("acks of F+1 certify nothing, those of a quorum do", () => {
    const some = [committedBlocks(0, 1, [header(0, update), ack(1, update), ack(2, update)])];
    expect(judge(certification(), [...some, certifies(1, update)])?.detail).toContain("against U5");
    const checker = certification();
    const more = [certifies(1), committedBlocks(0, 2, [ack(3, update)]), certifies(2, update)];
    expect(judge(checker, [...some, ...more])).toBeUndefined();
    expect(checker.exercised()).toBe(1);
  });

  test("acks before their header count", () => {
    const said = [
      committedBlocks(
        0,
        1,
        [1, 2, 3].map((author) => ack(author, update)),
      ),
      certifies(1),
    ];
    const late = committedBlocks(0, 2, [header(0, update)]);
    expect(judge(certification(), [...said, late, certifies(2)])?.detail).toContain("though it is due");
    expect(judge(certification(), [...said, late, certifies(2, update)])).toBeUndefined();
  });

  test("an update that expired, and what it closed, is never certified", () => {
    const idle = [2, 3, 4, 5, 6].map(empty);
    const acks = committedBlocks(
      0,
      7,
      [1, 2, 3].map((author) => ack(author, update)),
    );
    const said = [committedBlocks(0, 1, [header(0, update)]), ...idle, acks];
    expect(judge(certification(), [...said, certifies(7, update)])?.detail).toContain("against U5");
    expect(judge(certification(), [...said, certifies(7)])).toBeUndefined();
    const other = committedBlocks(0, 8, [header(1, rival), ...[1, 2, 3].map((author) => ack(author, rival))]);
    expect(judge(certification(), [...said, other, certifies(8, rival)])?.detail).toContain("against U5");
  });

  test("a sequence beyond the window does not count before the window moves", () => {
    const far = chain.update(0, 3);
    const said = committedBlocks(0, 1, [header(0, far), ...[1, 2, 3].map((author) => ack(author, far))]);
    expect(judge(certification(), [said, certifies(1, far)])?.detail).toContain("against U5");
  });

  test("versions take certified updates in their order, each once", () => {
    const others = [1, 2, 3].map((device) => chain.update(device, 1));
    const content = others.flatMap((entry, position) => [block(1, position, { updates: [entry] })]);
    const acks = [1, 2, 3].map((author) => block(2, author, { acks: others.map((entry) => entry.digest) }));
    const commit = committedBlocks(0, 1, [...content, ...acks]);
    const ascending = others.map((entry) => entry.digest).toSorted((left, right) => (left < right ? -1 : 1));
    const closes = (version: number, updates: typeof ascending): Said => ({
      ...certifies(1, ...others),
      versions: [{ model: "digits", version, digest: digest(`v${version}`), updates }],
    });
    expect(judge(certification(), [commit, closes(1, ascending.toReversed())])?.detail).toContain("out of turn");
    expect(judge(certification(), [commit, closes(1, [update.digest])])?.detail).toContain("not certified");
    expect(judge(certification(), [commit, closes(1, ascending)])).toBeUndefined();
    const again = [commit, closes(1, ascending.slice(0, 2)), closes(2, ascending.slice(1))];
    expect(judge(certification(), again)?.detail).toContain("out of turn");
  });
});
