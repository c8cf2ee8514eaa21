// What an adversary may put into a message of ours: a body that a process can read, whatever it then makes of it. Anything
// else would show a fault of the simulated node where there is one of the adversary; bytes without sense go as bytes.

import { isCount } from "@selvedge/integrity";
import { isRecord } from "../adversary/adversary-shape.ts";
import type { SelvedgeBody } from "./selvedge-message.ts";

type Check = (value: unknown) => boolean;

/** By type of body, what its members have to be. */
type Shapes = { readonly [Type in SelvedgeBody["type"]]: Readonly<Record<string, readonly [Check, string]>> };

/** Answers what is wrong with a body; undefined if nothing is. */
export function bodyFaults(isBlock: Check): (body: unknown) => string | undefined {
  const shapes = shapesWith(isBlock);
  return (body) => {
    if (!isRecord(body)) return "it is no object";
    const { type } = body;
    if (!isTypeOf(shapes, type)) return `its type must be one of ${Object.keys(shapes).join(", ")}`;
    const wrong = Object.entries(shapes[type]).find(([member, [check]]) => !check(body[member]));
    return wrong && `${wrong[0]} of a body of type ${type} must be ${wrong[1][1]}`;
  };
}

function shapesWith(isBlock: Check): Shapes {
  const blocks: Check = (value) => Array.isArray(value) && value.every(isBlock);
  const asIs = "as it was shown, or forged: it says what its bytes do not";
  const request = [isRequest, "{ life, fetchId }"] as const;
  const life = [isCount, "a whole number"] as const;
  const block = [(value: unknown) => value === null || isBlock(value), `null or a block ${asIs}`] as const;
  return {
    blocks: {
      blocks: [blocks, `a list of blocks, each ${asIs}`],
      request: [(value) => value === null || isRequest(value), "null or { life, fetchId }"],
    },
    fetch: {
      request,
      refs: [(value) => Array.isArray(value) && value.every(isRef), "a list of { round, author, digest }"],
    },
    fetchRange: { request, rounds: [isRange, "{ fromRound, toRound } and perhaps an author"] },
    newestRequest: { life },
    newest: { life, ours: block, theirs: block, vouches: [(value) => typeof value === "boolean", "true or false"] },
    payload: { payload: [isBytes, "a Uint8Array"] },
    payloadRequest: { root: [(value) => typeof value === "string", "a digest"] },
    bytes: { bytes: [isBytes, "a Uint8Array"] },
  };
}

function isTypeOf(shapes: Shapes, type: unknown): type is keyof Shapes {
  return typeof type === "string" && Object.hasOwn(shapes, type);
}

function isRequest(value: unknown): boolean {
  return isRecord(value) && isCount(value["life"]) && isCount(value["fetchId"]);
}

function isRef(value: unknown): boolean {
  return isRecord(value) && isCount(value["round"]) && isCount(value["author"]) && typeof value["digest"] === "string";
}

function isRange(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const { fromRound, toRound, author } = value;
  return isCount(fromRound) && isCount(toRound) && (author === undefined || isCount(author));
}

function isBytes(value: unknown): boolean {
  return value instanceof Uint8Array;
}
