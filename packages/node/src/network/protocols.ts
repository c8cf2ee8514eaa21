// Names on the wire. A change of any frame's meaning takes a new number.

import type { ChainId } from "@selvedge/integrity";

export const HELLO_PROTOCOL = "/selvedge/hello/1";
export const BLOCKS_PROTOCOL = "/selvedge/blocks/1";
export const PAYLOAD_PROTOCOL = "/selvedge/payload/1";
export const FETCH_PROTOCOL = "/selvedge/fetch/1";

export function blocksTopic(chainId: ChainId): string {
  return `/selvedge/1/${chainId}/blocks`;
}
