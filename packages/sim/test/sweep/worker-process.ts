// A queue's worker in a process of its own, for tests that kill it: worker-process.ts URL LOST-AFTER-MS.

import { JobPool } from "../../src/sweep/job-pool.ts";
import { QueueConnection, parseQueueAddress } from "../../src/sweep/queue-connection.ts";
import { runQueueWorker } from "../../src/sweep/queue-worker.ts";

const [url = "", lostAfterMs = ""] = process.argv.slice(2);
const note = (line: string): void => void process.stderr.write(`${line}\n`);
const stopped = Promise.withResolvers<void>();
process.on("SIGTERM", () => stopped.resolve());
{
  using connection = await QueueConnection.open(parseQueueAddress(url), note);
  await using pool = new JobPool({ workers: 1, runner: new URL("made-up-runner.ts", import.meta.url).href });
  await runQueueWorker({ connection, pool, note, lostAfterMs: Number(lostAfterMs) }, stopped.promise);
}
process.exit(0);
