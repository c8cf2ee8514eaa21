// An observation as a line of the trace. Whatever a process says about itself may be as long as it likes: texts are cut to
// what the schema allows.

import { assertNever } from "@selvedge/integrity";
import type { Observed } from "../protocol/observation.ts";
import { DETAIL_MAX_CHARS, DIGEST_CHARS, NAME_MAX_CHARS, type TraceLine } from "./trace-event.ts";

export function lineOfObserved(observed: Observed): TraceLine {
  const by = { at: observed.atUs, node: observed.node };
  switch (observed.type) {
    case "signed":
      return { type: "signed", ...by, round: observed.round, digest: shortDigest(observed.digest) };
    case "accepted": {
      const { author, round, digest } = observed.block.ref;
      return { type: "accepted", ...by, author, round, digest: shortDigest(digest) };
    }
    case "committed":
      return committedLine(observed);
    case "executed":
      return {
        type: "executed",
        ...by,
        index: observed.index,
        stateRoot: shortDigest(observed.stateRoot),
        certified: observed.certified.map(({ update }) => shortDigest(update)),
        versions: observed.versions.map(({ model, version }) => [shortName(model), version]),
      };
    case "updateProposed":
      return { type: "proposed", ...by, update: shortDigest(observed.update.digest) };
    case "acked":
      return { type: "acked", ...by, update: shortDigest(observed.update), key: shortText(observed.key) };
    case "receipt":
      return { type: "receipt", ...by, update: shortDigest(observed.update), ackers: [...observed.ackers] };
    case "payloadHeld":
      return { type: "payload", ...by, root: shortDigest(observed.root), held: observed.isHeld };
    case "round":
      return { type: "round", ...by, round: observed.round };
    default:
      return lineOfVerdict(observed);
  }
}

function lineOfVerdict(observed: Observed & { readonly type: "reported" | "decided" | "stopped" }): TraceLine {
  const by = { at: observed.atUs, node: observed.node };
  switch (observed.type) {
    case "reported": {
      const { fault, about, detail } = observed;
      return { type: "reported", ...by, fault: shortName(fault), about, detail: shortText(detail) };
    }
    case "decided": {
      const { slot, verdict, block } = observed;
      return {
        type: "decided",
        ...by,
        slot: shortName(slot),
        verdict: shortName(verdict),
        block: block === null ? null : [block.author, block.round, shortDigest(block.digest)],
      };
    }
    case "stopped":
      return { type: "stopped", ...by, reason: shortText(observed.reason) };
    default:
      return assertNever(observed);
  }
}

function committedLine(observed: Observed & { readonly type: "committed" }): TraceLine {
  return {
    type: "committed",
    at: observed.atUs,
    node: observed.node,
    index: observed.index,
    digest: shortDigest(observed.digest),
    parent: shortDigest(observed.parentDigest),
    slot: shortName(observed.slot),
    leader: [observed.leader.author, observed.leader.round],
    blocks: observed.blocks.length,
    transactions: observed.transactions.length,
  };
}

export function shortDigest(digest: string): string {
  return digest === "" ? "-" : digest.slice(0, DIGEST_CHARS);
}

export function shortName(name: string): string {
  return name.slice(0, NAME_MAX_CHARS);
}

export function shortText(text: string): string {
  return text.slice(0, DETAIL_MAX_CHARS);
}
