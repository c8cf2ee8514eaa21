// A node's setup for one epoch: the committee, what lasts through all epochs, and whom to tell that the epoch is over.

import type { NodeSetup } from "../daemon/parts.ts";
import type { EpochAt } from "./epoch-at.ts";
import type { EpochChangePort } from "./epoch-port.ts";
import type { EpochStore } from "./epoch-store.ts";
import type { SharedParts } from "./shared-parts.ts";

export interface EpochSetup extends NodeSetup {
  readonly at: EpochAt;
  readonly shared: SharedParts;
  readonly epochs: EpochStore;
  readonly change: EpochChangePort;
}
