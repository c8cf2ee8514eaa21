// How bytes from a peer become a block: P1 to P7, as the node that catches up checks them.

import type { Rejection, Result, VerifiedBlock } from "@selvedge/integrity";

export type VerifyBlock = (bytes: Uint8Array) => Result<VerifiedBlock, Rejection>;
