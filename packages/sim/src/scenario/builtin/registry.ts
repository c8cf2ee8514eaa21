// All built-in scenarios by name.

import type { BuiltinScenario } from "./base.ts";
import { BLIP, F_CRASHED, LOSSY, PARTITION_20S, RESTART_STORM } from "./faults.ts";
import { EDGE_5G, GOOD_LAN, GOOD_WAN, UPDATES } from "./good.ts";
import { ASYNCHRONOUS, EQUIVOCATORS, LEADER_HIDER, LEADER_SCHEDULER } from "./villains.ts";

/** What `selvedge sim run NAME` and the `base` of a sweep may name. */
export const BUILTIN_SCENARIOS: Readonly<Record<string, BuiltinScenario>> = Object.fromEntries(
  [
    GOOD_LAN,
    GOOD_WAN,
    F_CRASHED,
    LEADER_HIDER,
    LEADER_SCHEDULER,
    EQUIVOCATORS,
    PARTITION_20S,
    BLIP,
    LOSSY,
    RESTART_STORM,
    UPDATES,
    EDGE_5G,
    ASYNCHRONOUS,
  ].map((builtin) => [builtin.scenario.name, builtin]),
);
