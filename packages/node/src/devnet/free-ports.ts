// Free TCP ports of loopback for a devnet. From below the range in which systems pick ports for outgoing connections, so
// that a node which was killed finds its port free when it comes back.

import { randomInt } from "node:crypto";
import { createServer } from "node:net";
import { NodeError } from "../errors.ts";

const FIRST_PORT = 20_000;
/** Linux begins to pick at 32768. */
const END_PORT = 32_000;
const TRIES_PER_PORT = 64;

export async function freePorts(count: number): Promise<readonly number[]> {
  const found = new Set<number>();
  for (let tries = 0; found.size < count && tries < count * TRIES_PER_PORT; tries += 1) {
    const port = randomInt(FIRST_PORT, END_PORT);
    if (!found.has(port) && (await isFree(port))) found.add(port);
  }
  if (found.size < count)
    throw new NodeError("PORT_IN_USE", `no ${count} free ports between ${FIRST_PORT} and ${END_PORT}`);
  return [...found];
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ host: "127.0.0.1", port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
