// The identity of one member of a dealt test network, for nodes in tests and in the fault harness that read no key file.

import { type ValidatorIndex, bytesFromHex } from "@selvedge/integrity";
import { createNodeSigner } from "../crypto.ts";
import type { NodeIdentity } from "../daemon/identity.ts";
import type { KeySecrets } from "../keys/keystore.ts";

export function identityOf(secrets: KeySecrets, index: ValidatorIndex): NodeIdentity {
  return {
    validator: { index, signer: createNodeSigner(bytesFromHex(secrets.signing)) },
    networkSecret: bytesFromHex(secrets.network ?? ""),
    coinSecret: bytesFromHex(secrets.coin ?? ""),
  };
}
