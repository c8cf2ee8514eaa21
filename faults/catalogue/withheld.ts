// F52: a header is in the chain, its payload nowhere. The hostile member vouches for it again and again.

import { bytesFromHex, mustExist } from "@selvedge/integrity";
import { createNodeSigner } from "@selvedge/node";
import type { Villainy } from "../lib/hostile-fault.ts";
import { honestMove } from "../lib/hostile-validator.ts";
import { makeUpdate, updateState } from "../lib/update-load.ts";

const BLOCKS_WITH_HEADER = 3;

export const WITHHELD: Villainy = {
  id: "F52",
  title: "withheld payload",
  how: "an authorised device's header goes into the hostile member's blocks, with its ack in each of them; nobody is ever given the payload",
  expected: "nothing depends on data that is not available: no receipt, not certified; commits go on",
  devices: 1,
  tactic: async (net) => {
    const { secrets } = mustExist(net.test.devices[0], "a device");
    const signer = createNodeSigner(bytesFromHex(secrets.signing));
    const { update } = await makeUpdate(net, net.daemon(0), { signer, sequence: 1, device: 0 });
    let blocks = 0;
    return {
      move: (turn) => {
        blocks += 1;
        const updates = blocks <= BLOCKS_WITH_HEADER ? [update] : [];
        const acks = [{ update: update.digest, score: null }];
        return honestMove({ ...turn, draft: { ...turn.draft, body: { ...turn.draft.body, updates, acks } } });
      },
      judge: async (checks) => {
        for (const daemon of net.daemons) {
          const state = await updateState(daemon, update.digest);
          const isHeld = state === "receipt" || state === "certified" || state === "applied";
          checks.expect("C11", !isHeld, `${daemon.place.name} takes the withheld update for ${state}`);
        }
      },
    };
  },
};
