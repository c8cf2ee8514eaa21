// The fixed battery that the seeded defects have to get past. The product passes all of it.

import { type BatteryEntry, type Family } from "./battery/base.ts";
import { DIRECTED_BATTERY } from "./battery/directed.ts";
import { RANDOM_BATTERY } from "./battery/random.ts";
import { TWINS_BATTERY } from "./battery/twins.ts";

export type { BatteryEntry, Family };

export const BATTERY: readonly BatteryEntry[] = [...TWINS_BATTERY, ...RANDOM_BATTERY, ...DIRECTED_BATTERY];
