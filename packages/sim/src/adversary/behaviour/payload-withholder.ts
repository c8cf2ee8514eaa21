// Takes updates from devices, puts their headers into blocks, and passes no payload on: neither pushed nor asked for.

import { type BehaviourDefinition } from "../behaviour-definition.ts";
import { carriesPayload } from "../emission.ts";

export const payloadWithholder: BehaviourDefinition = {
  name: "payload-withholder",
  summary: "passes no payload of an update on, neither pushed nor asked for",
  power: "oblivious",
  through: "nodes",
  needs: "selvedge",
  options: [],
  create: () => ({
    onEmit: (_node, emission, world) => {
      if (!carriesPayload(emission)) return undefined;
      world.acted("withheld a payload");
      return [];
    },
  }),
};
