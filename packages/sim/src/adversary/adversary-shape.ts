// Checks what a user's file calls an adversary, and what its hooks answer: code from elsewhere is input like any other.

import type { OutgoingMessage } from "../protocol/message.ts";
import type { Adversary, MessageVerdict } from "./adversary.ts";
import { ADVERSARY_DELAY_MAX_MS, ADVERSARY_MESSAGE_MAX_BYTES } from "./limits.ts";

const HOOKS = ["start", "onMessage", "onEmit", "onReceive"] as const;
const MEMBERS: readonly string[] = ["name", "power", "budget", "nodes", ...HOOKS];
const POWERS: readonly string[] = ["oblivious", "timing", "content", "adaptive"];
const BUDGET: readonly string[] = ["nodes", "stake", "messages", "delayMs"];

/**
 * Its members as they are now, each read once, its budget and nodes with them: what is checked is what counts, whatever a
 * getter says the next time and whatever the file does with its own object later.
 */
export function membersOf(value: unknown): unknown {
  if (!isRecord(value)) return value;
  const members = [...new Set([...Object.keys(value), ...MEMBERS])].map((member) => [member, value[member]] as const);
  return Object.freeze(
    Object.fromEntries(
      members.filter(([, item]) => item !== undefined).map(([member, item]) => [member, frozen(item)]),
    ),
  );
}

function frozen(item: unknown): unknown {
  if (Array.isArray(item)) return Object.freeze(Array.from<unknown>(item));
  return isRecord(item) ? Object.freeze({ ...item }) : item;
}

/** What is wrong with it; undefined if nothing is. */
export function adversaryFault(value: unknown): string | undefined {
  if (!isRecord(value)) return `it is ${shown(value)}, not an object`;
  const stranger = Object.keys(value).find((member) => !MEMBERS.includes(member));
  if (stranger !== undefined) return `it has a member ${stranger}; there are only ${MEMBERS.join(", ")}`;
  if (typeof value["name"] !== "string" || value["name"] === "") return "name must be a text that is not empty";
  if (typeof value["power"] !== "string" || !POWERS.includes(value["power"]))
    return `power must be one of ${POWERS.join(", ")}, not ${shown(value["power"])}`;
  const badHook = HOOKS.find((hook) => value[hook] !== undefined && typeof value[hook] !== "function");
  if (badHook !== undefined) return `${badHook} must be a function`;
  if (HOOKS.every((hook) => value[hook] === undefined)) return `it does nothing: it has none of ${HOOKS.join(", ")}`;
  return budgetFault(value["budget"]) ?? nodesFault(value["nodes"]);
}

export function isAdversary(value: unknown): value is Adversary {
  return adversaryFault(value) === undefined;
}

/** A plain copy of an answer, each member read once; undefined if it is no verdict. */
export function verdictIn(answer: unknown): MessageVerdict | undefined {
  if (!isRecord(answer)) return undefined;
  const { type } = answer;
  if (type === "delay") {
    const { ms } = answer;
    return isAmount(ms) && ms <= ADVERSARY_DELAY_MAX_MS ? { type, ms } : undefined;
  }
  return type === "deliver" || type === "hold" || type === "drop" ? { type } : undefined;
}

/** The same of what a corrupted node is to send. */
export function messageIn(answer: unknown, size: number): OutgoingMessage | undefined {
  if (!isRecord(answer) || !("body" in answer)) return undefined;
  const { to, kind, sizeBytes, body } = answer;
  if (!isNode(to, size) || typeof kind !== "string") return undefined;
  return isWholeUpTo(sizeBytes, ADVERSARY_MESSAGE_MAX_BYTES) ? { to, kind, sizeBytes, body } : undefined;
}

export function isNode(value: unknown, size: number): value is number {
  return isWholeUpTo(value, size - 1);
}

function isWholeUpTo(value: unknown, most: number): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 && value <= most;
}

/** Finite and not negative. */
export function isAmount(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value) && value >= 0;
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

/** Enough of a value to recognise it by, whatever it does when it is looked at. */
export function shown(value: unknown): string {
  try {
    return textOf(value);
  } catch {
    return "something that cannot be read";
  }
}

/** What was thrown: not always an error. */
export function reasonOf(cause: unknown): string {
  const error = errorIn(cause);
  return error === undefined ? shown(cause) : error.message;
}

/** A plain error with its message and stack; undefined if it was none, or one that cannot be read. */
export function errorIn(cause: unknown): Error | undefined {
  try {
    if (!(cause instanceof Error)) return undefined;
    const error = new Error(String(cause.message));
    error.stack = String(cause.stack);
    return error;
  } catch {
    return undefined;
  }
}

function textOf(value: unknown): string {
  if (typeof value === "function") return "a function";
  if (value instanceof Promise) return "a promise (hooks are synchronous)";
  if (typeof value === "object" && value !== null)
    return `an object with ${Object.keys(value).slice(0, 8).join(", ") || "nothing"}`;
  return typeof value === "string" ? JSON.stringify(value.slice(0, 80)) : String(value);
}

function budgetFault(budget: unknown): string | undefined {
  if (budget === undefined) return undefined;
  if (!isRecord(budget)) return "budget must be an object";
  const wrong = Object.entries(budget).find(([name, amount]) => !BUDGET.includes(name) || !isAmount(amount));
  return wrong && `budget.${wrong[0]} must be one of ${BUDGET.join(", ")} and a number that is not negative`;
}

function nodesFault(nodes: unknown): string | undefined {
  if (nodes === undefined) return undefined;
  const isList = Array.isArray(nodes) && nodes.every((node) => isNode(node, Number.MAX_SAFE_INTEGER));
  return isList ? undefined : "nodes must be a list of node numbers";
}
