// The devices of the scenario "updates": a process of its own, so that what they cost is on no node's account.

import { UpdatesRun } from "./lib/updates-run.ts";
import type { UpdatesMessage, UpdatesOrder } from "./lib/updates-types.ts";

function tell(message: UpdatesMessage): void {
  process.send?.(message);
}

async function carryOut(order: UpdatesOrder): Promise<void> {
  const run = new UpdatesRun(order);
  tell({ type: "done", result: await run.run((edge) => tell({ type: "window", edge })) });
}

process.on("disconnect", () => process.exit(0));
process.on("message", (order: UpdatesOrder) => {
  carryOut(order).catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exit(1);
  });
});
tell({ type: "ready" });
