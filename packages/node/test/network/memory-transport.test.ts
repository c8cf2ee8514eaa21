import { type ValidatorIndex, portableCrypto, validatorIndex } from "@selvedge/integrity";
import { DEFAULT_NETWORK_LIMITS } from "../../src/network/limits.ts";
import { MemoryHub } from "../../src/network/memory-transport.ts";
import type { Remote } from "../../src/network/transport.ts";
import { Recorder } from "./recorder.ts";
import { type ClusterNode, transportSuite } from "./transport-suite.ts";

transportSuite("memory", async ({ validators, observers = 0, mode = "direct", limits = {} }) => {
  const hub = new MemoryHub();
  const start = async (self: Remote): Promise<ClusterNode> => {
    const host = new Recorder();
    const transport = hub.createTransport({
      self,
      mode,
      limits: { ...DEFAULT_NETWORK_LIMITS, ...limits },
      sha256: portableCrypto.sha256,
    });
    await transport.start(host);
    return { transport, host };
  };
  const index = (position: number): ValidatorIndex => validatorIndex(position);
  const committee = await Promise.all(
    Array.from({ length: validators }, (_, position) => start({ kind: "validator", index: index(position) })),
  );
  const audience = await Promise.all(
    Array.from({ length: observers }, (_, position) => start({ kind: "observer", id: `observer-${position}` })),
  );
  const all = [...committee, ...audience];
  return {
    validators: committee,
    observers: audience,
    stop: async () => {
      await Promise.all(all.map(({ transport }) => transport.stop()));
    },
  };
});
