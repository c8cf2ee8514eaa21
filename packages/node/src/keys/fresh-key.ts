// Secrets for a new key file.

import { randomBytes } from "node:crypto";
import { hexFromBytes } from "@selvedge/integrity";
import { createNodeSigner } from "../crypto.ts";
import type { KeyKind, KeySecrets } from "./keystore.ts";

/** A validator's share of the coin is not made here: it comes from whoever deals the network's coin. */
export function freshKey(kind: KeyKind): { readonly publicKey: string; readonly secrets: KeySecrets } {
  const signing = randomBytes(32);
  const secrets: KeySecrets = {
    signing: hexFromBytes(signing),
    ...(kind === "device" ? {} : { network: hexFromBytes(randomBytes(32)) }),
  };
  return { publicKey: hexFromBytes(createNodeSigner(signing).publicKey), secrets };
}
