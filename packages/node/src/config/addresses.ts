// Whether an address of the configuration can be one at all: its form is the schema's, its host and port are looked at here.

import { isIP } from "node:net";
import type { NodeConfig } from "./schema.ts";

const PORT_MAX = 65_535;
const HOST = /\/ip(?<version>[46])\/(?<host>[^/]+)/u;
const PORT = /\/tcp\/(?<port>\d+)/u;

export interface WrongAddress {
  /** Dotted, as in `p2p.peers.0.address`. */
  readonly key: string;
  readonly reason: string;
}

/** The first address with a host that is no IP address of its version, or with a port that does not exist. */
export function wrongAddress({ p2p }: NodeConfig): WrongAddress | undefined {
  const addresses = [
    ...p2p.listen.map((address, position) => ({ key: `p2p.listen.${position}`, address })),
    ...p2p.peers.map(({ address }, position) => ({ key: `p2p.peers.${position}.address`, address })),
  ];
  for (const { key, address } of addresses) {
    const reason = faultOf(address);
    if (reason !== undefined) return { key, reason };
  }
  return undefined;
}

function faultOf(address: string): string | undefined {
  const { version, host = "" } = HOST.exec(address)?.groups ?? {};
  if (version !== undefined && isIP(host) !== Number(version))
    return `names ${host}, which is no IPv${version} address`;
  const port = PORT.exec(address)?.groups?.["port"];
  return port !== undefined && Number(port) > PORT_MAX ? `names port ${port}, above ${PORT_MAX}` : undefined;
}
