// One line of a trace: the schema here is the only definition, and docs/schema/trace.schema.json follows from it. A trace
// is JSONL: a header, then what happened in the order in which it happened, then the result if the run ended. Times are
// whole microseconds of virtual time. Digests are cut to their first 16 hex digits.

import { type Static, type TSchema, Type } from "typebox";
import { SCENARIO } from "../scenario/schema.ts";
import { TRACE_OUTPUT_BLOCKS_MAX } from "./limits.ts";

/** Changes with the meaning of a line; a reader refuses others. */
export const TRACE_FORMAT = 1;

/** 64 bits name a block within one run. */
export const DIGEST_CHARS = 16;

export const DETAIL_MAX_CHARS = 1000;
export const NAME_MAX_CHARS = 128;

const strict = <Properties extends Record<string, TSchema>>(properties: Properties) =>
  Type.Object(properties, { additionalProperties: false });
const names = <Name extends string>(...values: Name[]) => Type.Enum(values);

const COUNT = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
const NODE = Type.Integer({ minimum: 0, maximum: 1023 });
const DIGEST = Type.String({ minLength: 1, maxLength: 64 });
const NAME = Type.String({ maxLength: NAME_MAX_CHARS });
const DETAIL = Type.String({ maxLength: DETAIL_MAX_CHARS });
const COUNTS = Type.Record(Type.String({ maxLength: NAME_MAX_CHARS }), Type.Number());
/** Author, round, digest. */
const REF = Type.Tuple([NODE, COUNT, DIGEST]);

const AT = { at: COUNT };
const BY = { at: COUNT, node: NODE };
const MESSAGE = { at: COUNT, id: COUNT, from: NODE, to: NODE, kind: NAME };

const FINDING = strict({
  verdict: NAME,
  class: NAME,
  detail: DETAIL,
  node: Type.Union([NODE, Type.Null()]),
  atMs: Type.Number(),
});

/** By the value of `type`. */
export const TRACE_LINES = {
  /** First line, and only there. `versions`: of the programs that made the run. */
  trace: strict({
    type: Type.Literal("trace"),
    format: Type.Literal(TRACE_FORMAT),
    scenario: SCENARIO,
    versions: Type.Record(NAME, NAME),
  }),
  /** Which chain the blocks are of; before the first block. The leader schedule follows from it. */
  chain: strict({ type: Type.Literal("chain"), ...AT, chainId: DIGEST, epoch: COUNT }),
  /** A block, when somebody first mentions it: signed by an honest node or accepted by one. */
  block: strict({
    type: Type.Literal("block"),
    ...AT,
    author: NODE,
    round: COUNT,
    digest: DIGEST,
    parents: Type.Array(REF, { maxItems: 1024 }),
    bytes: COUNT,
    transactions: COUNT,
    updates: COUNT,
    acks: COUNT,
  }),
  signed: strict({ type: Type.Literal("signed"), ...BY, round: COUNT, digest: DIGEST }),
  accepted: strict({ type: Type.Literal("accepted"), ...BY, author: NODE, round: COUNT, digest: DIGEST }),
  /** Blocks of a commit in output order, when the first node has it; in several lines if they are many. */
  output: strict({
    type: Type.Literal("output"),
    ...AT,
    index: COUNT,
    digest: DIGEST,
    blocks: Type.Array(DIGEST, { maxItems: TRACE_OUTPUT_BLOCKS_MAX }),
  }),
  committed: strict({
    type: Type.Literal("committed"),
    ...BY,
    index: COUNT,
    digest: DIGEST,
    parent: DIGEST,
    slot: NAME,
    /** Author and round. */
    leader: Type.Tuple([NODE, COUNT]),
    blocks: COUNT,
    transactions: COUNT,
  }),
  executed: strict({
    type: Type.Literal("executed"),
    ...BY,
    index: COUNT,
    stateRoot: DIGEST,
    certified: Type.Array(DIGEST),
    /** Model and version number. */
    versions: Type.Array(Type.Tuple([NAME, COUNT])),
  }),
  proposed: strict({ type: Type.Literal("proposed"), ...BY, update: DIGEST }),
  acked: strict({ type: Type.Literal("acked"), ...BY, update: DIGEST, key: DETAIL }),
  receipt: strict({ type: Type.Literal("receipt"), ...BY, update: DIGEST, ackers: Type.Array(NODE) }),
  payload: strict({ type: Type.Literal("payload"), ...BY, root: DIGEST, held: Type.Boolean() }),
  round: strict({ type: Type.Literal("round"), ...BY, round: COUNT }),
  reported: strict({
    type: Type.Literal("reported"),
    ...BY,
    fault: NAME,
    about: Type.Union([NODE, Type.Null()]),
    detail: DETAIL,
  }),
  decided: strict({
    type: Type.Literal("decided"),
    ...BY,
    slot: NAME,
    verdict: NAME,
    block: Type.Union([REF, Type.Null()]),
  }),
  stopped: strict({ type: Type.Literal("stopped"), ...BY, reason: DETAIL }),
  sent: strict({ type: Type.Literal("sent"), ...MESSAGE, bytes: COUNT }),
  delivered: strict({ type: Type.Literal("delivered"), ...MESSAGE }),
  /** Lost, cut off, held or dropped; or its receiver was down. */
  kept: strict({ type: Type.Literal("kept"), ...MESSAGE, why: NAME }),
  /** A fault or a behaviour of the adversary acted; `node` is null if it is about none in particular. */
  acted: strict({ type: Type.Literal("acted"), ...AT, who: NAME, what: DETAIL, node: Type.Union([NODE, Type.Null()]) }),
  lifecycle: strict({
    type: Type.Literal("lifecycle"),
    ...BY,
    state: names("up", "down", "paused", "frozen", "corrupted"),
  }),
  /** Last line; missing if the run was cut short. */
  result: strict({
    type: Type.Literal("result"),
    verdict: names("PASS", "UNSAFE", "STALLED", "CRASHED", "INCONCLUSIVE"),
    findings: Type.Array(FINDING),
    fired: COUNTS,
    exercised: COUNTS,
    adversary: COUNTS,
    recoveryMs: Type.Union([Type.Number(), Type.Null()]),
    commits: COUNT,
    transactionsPerSecond: Type.Number(),
    traceDigest: DIGEST,
  }),
} as const;

export type TraceLineType = keyof typeof TRACE_LINES;

/** A line of this type. */
export type TraceLineOf<Type extends TraceLineType> = Static<(typeof TRACE_LINES)[Type]>;

export type TraceHeader = TraceLineOf<"trace">;

/** Anything that may stand on a line. */
export type TraceLine = { [Type in TraceLineType]: TraceLineOf<Type> }[TraceLineType];

/** Any one line of a trace, as published. */
export const TRACE_LINE: TSchema = Type.Union(Object.values(TRACE_LINES));

export function isTraceLineType(value: unknown): value is TraceLineType {
  return typeof value === "string" && Object.hasOwn(TRACE_LINES, value);
}
