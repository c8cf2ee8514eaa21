// Villains that sign once and lie in what they sign: the blocks are good where they are meant to be, form a chain, and say
// what they were made to say.

import { SCORE_MAX, type SignedUpdate, type VerifiedBlock, score } from "@selvedge/integrity";
import { expect, test } from "vitest";
import type { BehaviourSpec } from "../../../src/scenario/schema.ts";
import { type FakeOptions, FakeWorld } from "../fake-world.ts";

const VILLAIN = 3;

interface Told {
  readonly world: FakeWorld;
  readonly honest: readonly VerifiedBlock[];
  /** The same to everybody. */
  readonly shown: readonly VerifiedBlock[];
}

/** The villain's blocks of some rounds, as its engine made them and as it shows them; the others' blocks reach it first. */
function tell(
  spec: Omit<BehaviourSpec, "nodes">,
  options: FakeOptions & { rounds: number; body?: Parameters<FakeWorld["dag"]>[1]; worldOf?: FakeWorld },
): Told {
  const world = options.worldOf ?? new FakeWorld(options);
  const villain = world.behaviour({ ...spec, nodes: [VILLAIN] });
  const honest: VerifiedBlock[] = [];
  const shown: VerifiedBlock[] = [];
  for (const blocks of world.dag(options.rounds, options.body)) {
    const own = blocks[VILLAIN] as VerifiedBlock;
    const sent = world.pushToAll(villain, VILLAIN, own).map((emission) => emission.blocks[0] as VerifiedBlock);
    expect(new Set(sent.map(({ ref }) => ref.digest)).size).toBe(1);
    honest.push(own);
    shown.push(sent[0] as VerifiedBlock);
    const others = blocks.filter((block) => block !== own);
    villain.onReceive?.(
      VILLAIN,
      { id: 0, from: 0, to: VILLAIN, kind: "blocks", sizeBytes: 1, sentAtMs: 0, blocks: others },
      world.port,
    );
    world.runUntil(world.nowMs + 10);
  }
  return { world, honest, shown };
}

/** Good blocks, each upon the one before. */
function expectLiar({ world, shown }: Told): void {
  for (const [index, block] of shown.entries()) {
    expect(world.refusal(block)).toBeUndefined();
    if (index > 0) expect(block.header.parents[0]).toEqual(shown[index - 1]?.ref);
  }
  expect(world.actCount).toBeGreaterThan(0);
}

test.each(["ahead", "behind", "wild"])("timestamp-liar, %s: wrong by the offset, in a chain of its own", (how) => {
  const told = tell({ name: "timestamp-liar", options: { how, offsetMs: 5000 } }, { rounds: 6 });
  expectLiar(told);
  const offsets = told.shown.map(
    ({ header }, index) => header.timestampMs - (told.honest[index]?.header.timestampMs ?? 0),
  );
  const wanted = { ahead: [5000], behind: [-5000], wild: [-5000, 5000] }[how];
  expect([...new Set(offsets)].sort((left, right) => left - right)).toEqual(wanted);
  expect(told.world.fed.map(({ ref }) => ref.digest)).toEqual(told.shown.map(({ ref }) => ref.digest));
});

test("a liar's chain goes on unbroken after its window, and lies no more", () => {
  const told = tell({ name: "timestamp-liar", toMs: 30, options: { how: "ahead" } }, { rounds: 6 });
  expectLiar(told);
  expect(told.world.acts.get("lied about the time")).toBe(3);
  expect(told.shown.slice(3).map(({ header }) => header.timestampMs)).toEqual(
    told.honest.slice(3).map(({ header }) => header.timestampMs),
  );
  expect(told.shown[5]?.ref).not.toEqual(told.honest[5]?.ref);
});

test("ack-liar: every update heard of is acked once, both of two rivals, in order", () => {
  const source = new FakeWorld();
  const rivals = [source.chain.update(1, 1, 0), source.chain.update(1, 1, 1), source.chain.update(2, 1)];
  const body = (
    author: number,
    round: number,
  ): { updates?: readonly SignedUpdate[]; acks?: { update: SignedUpdate["digest"]; score: null }[] } => {
    if (author === 0 && round === 1) return { updates: rivals };
    // Its engine finds out later that it may ack the first.
    return author === VILLAIN && round === 4
      ? { acks: [{ update: (rivals[0] as SignedUpdate).digest, score: null }] }
      : {};
  };
  const told = tell({ name: "ack-liar" }, { rounds: 5, body, worldOf: source });
  expectLiar(told);
  const acked = told.shown.map((block) => block.body.acks.length);
  expect(acked).toEqual([0, 3, 0, 0, 0]);
});

test("score-liar: acks stay, scores are false", () => {
  const source = new FakeWorld();
  const update = source.chain.update(1, 1);
  const body = (): { acks: { update: SignedUpdate["digest"]; score: ReturnType<typeof score> }[] } => ({
    acks: [{ update: update.digest, score: score(7) }],
  });
  for (const [how, wanted] of [
    ["highest", SCORE_MAX],
    ["lowest", -SCORE_MAX],
  ] as const) {
    const told = tell({ name: "score-liar", options: { how } }, { rounds: 2, body });
    expectLiar(told);
    expect(told.shown.map((block) => block.body.acks)).toEqual([
      [{ update: update.digest, score: wanted }],
      [{ update: update.digest, score: wanted }],
    ]);
  }
  const random = tell({ name: "score-liar" }, { rounds: 8, body });
  expect(new Set(random.shown.map((block) => block.body.acks[0]?.score)).size).toBeGreaterThan(4);
});

test("device-censor: the first device met and one client are left out, the others stay", () => {
  const source = new FakeWorld();
  const [first, second] = [source.chain.update(1, 1), source.chain.update(2, 1)];
  const transactions = [Uint8Array.of(8), Uint8Array.of(9), Uint8Array.of(1, 2, 5)];
  const body = (
    author: number,
    round: number,
  ): Parameters<FakeWorld["dag"]>[1] extends infer _ ? Partial<VerifiedBlock["body"]> : never => {
    if (author === 0 && round === 1) return { updates: [first, second] };
    if (author !== VILLAIN || round !== 2) return {};
    const acks = [first, second].map(({ digest }) => ({ update: digest, score: null }));
    return { acks: acks.sort((left, right) => (left.update < right.update ? -1 : 1)), transactions };
  };
  const told = tell(
    { name: "device-censor", options: { clients: 8, client: 0 } },
    { rounds: 3, body, worldOf: source },
  );
  expectLiar(told);
  expect(told.shown[1]?.body.acks.map(({ update }) => update)).toEqual([second.digest]);
  expect(told.shown[1]?.body.transactions).toEqual([Uint8Array.of(9)]);
  const spared = tell({ name: "device-censor", options: { device: 5, clients: 0 } }, { rounds: 3, body });
  expect(spared.world.actCount).toBe(0);
});

test("header-without-payload: signed headers of a colluding device, one sequence after the other", () => {
  const told = tell({ name: "header-without-payload", options: { everyRounds: 2, device: 5 } }, { rounds: 6 });
  expectLiar(told);
  const updates = told.shown.map((block) => block.body.updates);
  expect(updates.map(({ length }) => length)).toEqual([0, 1, 0, 1, 0, 1]);
  expect(updates.flat().map(({ header }) => header.sequence)).toEqual([1, 2, 3]);
});

test("coin-share-garbage: right in form, so that only the coin finds out", () => {
  for (const what of ["random", "proof"]) {
    const told = tell({ name: "coin-share-garbage", options: { what } }, { rounds: 14, isRealCrypto: true });
    expectLiar(told);
    const [share, honest] = [told.shown[12]?.header.coinShare, told.honest[12]?.header.coinShare];
    expect(share?.proof).not.toEqual(honest?.proof);
    expect(share?.points[0]).toHaveLength(32);
    expect(share?.points[0]?.join() === honest?.points[0]?.join()).toBe(what === "proof");
  }
});

test("leader-shunner: blames every leader but itself, where a quorum is left", () => {
  const told = tell({ name: "leader-shunner" }, { rounds: 6 });
  expectLiar(told);
  for (const [index, block] of told.shown.entries()) {
    const leader = told.world.leaderOf(index);
    const hasParent = block.header.parents.some(({ author }) => author === leader);
    expect(hasParent).toBe(index === 0 || leader === VILLAIN);
  }
});

test("leader-shunner: a quorum is never given up", () => {
  const world = new FakeWorld();
  const villain = world.behaviour({ name: "leader-shunner" });
  const [first = []] = world.dag(1);
  const parents = [3, 0, 1].map((author) => (first[author] as VerifiedBlock).ref);
  const block = world.forge(VILLAIN, { round: 2, parents });
  expect(parents.some(({ author }) => author === world.leaderOf(1))).toBe(true);
  expect(villain.onEmit?.(VILLAIN, world.push(0, [block]), world.port)).toBeUndefined();
  expect(world.actCount).toBe(0);
});

test("a liar leaves alone what its process passes on of itself, and what another forged beside it", () => {
  const world = new FakeWorld();
  const liar = world.behaviour({ name: "timestamp-liar", options: { how: "ahead" } });
  const own = world.dag(3).map((blocks) => blocks[VILLAIN] as VerifiedBlock);
  const show = (blocks: readonly VerifiedBlock[]): readonly VerifiedBlock[] =>
    (liar.onEmit?.(VILLAIN, world.push(0, blocks), world.port) ?? [world.push(0, blocks)]).flatMap(
      (each) => each.blocks,
    );
  const [first, second] = [show(own.slice(0, 1)), show(own.slice(0, 2))];
  expect(second[0]).toBe(first[0]);
  const stranger = world.forge(VILLAIN, { round: 3, parents: world.dag(3)[1]?.map(({ ref }) => ref) ?? [] });
  const foreign = world.forge(VILLAIN, { round: 4, parents: [stranger.ref] });
  expect(show([...second, foreign])).toEqual([...second, foreign]);
  expect(world.acts.get("lied about the time")).toBe(2);
});

test("liars compose: the second lies about what the first made of the chain", () => {
  const world = new FakeWorld();
  const time = world.behaviour({ name: "timestamp-liar", options: { how: "ahead", offsetMs: 500 } });
  const shun = world.behaviour({ name: "leader-shunner" });
  let before: VerifiedBlock | undefined;
  for (const blocks of world.dag(5)) {
    const own = blocks[VILLAIN] as VerifiedBlock;
    const [once] = time.onEmit?.(VILLAIN, world.push(0, [own]), world.port) ?? [];
    const twice = once && (shun.onEmit?.(VILLAIN, once, world.port) ?? [once])[0]?.blocks[0];
    expect(world.refusal(twice as VerifiedBlock)).toBeUndefined();
    expect(twice?.header.timestampMs).toBe(own.header.timestampMs + 500);
    if (before !== undefined) expect(twice?.header.parents[0]).toEqual(before.ref);
    before = twice;
  }
  expect(before?.header.parents).toHaveLength(3);
});
