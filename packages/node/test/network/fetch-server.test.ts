// One request a stream: what a server does with the rest of it, seen from a stream that only notes what is done to it.

import type { Stream } from "@libp2p/interface";
import { round } from "@selvedge/integrity";
import { expect, test } from "vitest";
import { FetchServer } from "../../src/network/fetch-server.ts";
import { framed } from "../../src/network/frame-stream.ts";
import { LOOPBACK_NETWORK_LIMITS } from "../../src/network/limits.ts";
import { Link } from "../../src/network/link.ts";
import { encodeBlockRequest } from "../../src/network/wire.ts";
import { Recorder } from "./recorder.ts";

class NotingStream extends EventTarget {
  readonly noted: string[] = [];
  readonly status = "open";
  readonly writeStatus = "writable";
  readonly readableEnded = false;
  readonly writableNeedsDrain = false;
  readonly readBufferLength = 0;
  readStatus = "readable";

  readonly pause = (): void => void (this.readStatus = "paused");
  readonly resume = (): void => void (this.readStatus = "readable");
  readonly send = (): boolean => true;
  readonly abort = (): void => undefined;
  readonly close = async (): Promise<void> => void this.noted.push("closed");
  readonly closeRead = async (): Promise<void> => {
    this.noted.push("reads no more");
    this.readStatus = "closed";
  };
}

test("F79: once a request is read nothing more is, before it is answered: what follows it takes no memory", async () => {
  const stream = new NotingStream();
  const handler = new Recorder();
  Object.assign(handler, {
    serveBlocks: () => {
      stream.noted.push("serves");
      return Promise.resolve([]);
    },
  });
  const limits = LOOPBACK_NETWORK_LIMITS;
  const server = new FetchServer({ limits, handler, onMisbehaviour: () => stream.noted.push("blamed") });
  const link = new Link({ remote: { kind: "observer", id: "stranger" }, limits, onTrouble: () => undefined });
  const served = server.serve(stream as unknown as Stream, link);
  const request = { type: "rounds", fromRound: round(1), toRound: round(2) } as const;
  const data = framed(encodeBlockRequest(request));
  stream.dispatchEvent(Object.assign(new Event("message"), { data: { subarray: () => data } }));
  await served;
  expect(stream.noted).toEqual(["reads no more", "serves", "closed"]);
});
