// The catalogue in its order.

import type { Fault } from "../lib/fault.ts";
import { BAD_NETWORKS } from "./bad-network.ts";
import { LYING_SERVER, WIPED } from "./catching-up.ts";
import { EARLY_COIN } from "./coin.ts";
import { POWER_CUT, READ_ONLY } from "./crash-disk.ts";
import { DAMAGED_HOMES } from "./damaged-home.ts";
import { SAME_ROOT, SAME_WORK } from "./determinism.ts";
import { ELSEWHERE_FAULTS } from "./elsewhere.ts";
import { COMMITTEE_CHANGE } from "./epochs.ts";
import { DISK_FULL, FAILING_CALLS, FOLDER_GONE, REPAIR_LIVE, TWO_PROCESSES } from "./failing-disk.ts";
import { HOSTILE_BYTES } from "./hostile-bytes.ts";
import { HOSTILE_MEMBERS } from "./hostile.ts";
import { KILL_AT_WRITES } from "./kill-at-writes.ts";
import { KILLED_COMMANDS } from "./killed-commands.ts";
import { KILLED_DAEMONS } from "./killed-daemons.ts";
import { BIT_FLIPS, HEALING, PLANTED, REPLAY, TWO_HOSTS, UNHANDLED } from "./more.ts";
import { CRASH_LOOP, FILES, MUTE, PAUSE, RANDOM_KILLS, RESTART_ALL, TERM } from "./process.ts";
import { HORIZON, SCHEDULER } from "./simulated.ts";
import { ASYNCHRONY, DRIFT, WALL_CLOCKS } from "./time.ts";

export const CATALOGUE: readonly Fault[] = [
  KILL_AT_WRITES,
  RANDOM_KILLS,
  ...KILLED_COMMANDS,
  ...KILLED_DAEMONS,
  PAUSE,
  TERM,
  UNHANDLED,
  FILES,
  CRASH_LOOP,
  ...DAMAGED_HOMES,
  BIT_FLIPS,
  POWER_CUT,
  DISK_FULL,
  ...FAILING_CALLS,
  READ_ONLY,
  TWO_PROCESSES,
  FOLDER_GONE,
  REPAIR_LIVE,
  WALL_CLOCKS,
  DRIFT,
  ...BAD_NETWORKS,
  SCHEDULER,
  RESTART_ALL,
  ...HOSTILE_MEMBERS,
  ...HOSTILE_BYTES,
  EARLY_COIN,
  MUTE,
  COMMITTEE_CHANGE,
  LYING_SERVER,
  HORIZON,
  TWO_HOSTS,
  REPLAY,
  HEALING,
  WIPED,
  ASYNCHRONY,
  SAME_ROOT,
  SAME_WORK,
  PLANTED,
  ...ELSEWHERE_FAULTS,
];
